use crate::boot::Verdict;
use crate::flavour::{Build, folded};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds targets that boot with some of the pygrubs that are asked, and not with others: `pregrub check --release all`, or several
    /// `--release` and `--flavour`.
    ///
    /// ## Why is this bad?
    ///
    /// A guest moves: to a host with another release of Xen, or from Debian to XCP-ng. What boots on one host does not boot on the
    /// other.
    ///
    /// ## Example
    ///
    /// ```text
    /// if [ "$grub_platform" = "xen" ]; then
    ///   menuentry "Linux" {
    ///     linux /vmlinuz
    ///   }
    /// fi
    /// ```
    ///
    /// XCP-ng's pygrub leaves `if` blocks out, and has no entry then; every other one boots it.
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Linux" {
    ///   linux /vmlinuz
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// The recorded results of every release and flavour (corpus/conformance).
    "PG120" "differs-by-release" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let outcomes = context.outcomes();
    let asked: Vec<Build> = outcomes.iter().map(|(build, _)| *build).collect();
    let of = |kinds: &[Verdict]| -> Vec<Build> {
        outcomes.iter().filter(|(_, verdict)| kinds.contains(verdict)).map(|(build, _)| *build).collect()
    };
    let (fine, fails, unknown) =
        (of(&[Verdict::Boots, Verdict::Selects]), of(&[Verdict::Fails]), of(&[Verdict::Unknown]));
    if fine.is_empty() || fails.is_empty() && unknown.is_empty() {
        return;
    }
    let mut message = format!("this boots with {}", folded(&asked, &fine));
    if !fails.is_empty() {
        message.push_str(&format!(", and does not with {}", folded(&asked, &fails)));
    }
    if !unknown.is_empty() {
        message.push_str(&format!("; unknown with {}", folded(&asked, &unknown)));
    }
    let other = fails.first().or(unknown.first()).map(|build| build.name()).unwrap_or_default();
    report.add(Diagnostic::new(message).help(format!("pregrub check --release {other} says why")));
}
