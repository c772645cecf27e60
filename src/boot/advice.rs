pub(super) fn explain(_run: &mut super::Run) {}
