//! How large a guest can be.

use super::refusal::Refusal;

/// In MiB. A kernel of NixOS unpacked and its initrd are about as large, and the domain builder puts both into the guest's memory.
const LEAST_MEMORY: u32 = 64;
/// In MiB. The hypervisor counts a domain's pages of 4 KiB in 32 bits.
const MOST_MEMORY: u32 = (1 << 24) - 1;
/// HVM_MAX_VCPUS of Xen's public headers (4.17). A PV guest could have more, but the installer runs in an HVM guest.
const MOST_VCPUS: u32 = 128;

/// Checks memory, in MiB, and the number of virtual processors.
///
/// # Errors
///
/// No guest can have them.
pub(crate) fn check(memory: u32, vcpus: u32) -> Result<(), Refusal> {
    if memory < LEAST_MEMORY {
        return Err(Refusal::new(
            format!("the kernel and the initrd of NixOS do not fit into {memory} MiB"),
            format!("give the guest at least {LEAST_MEMORY} MiB, and more for the installer"),
        ));
    }
    if memory > MOST_MEMORY {
        return Err(Refusal::new(
            format!("no guest of Xen has {memory} MiB of memory: its pages are counted in 32 bits"),
            format!("give it up to {MOST_MEMORY} MiB"),
        ));
    }
    match vcpus {
        0 => Err(Refusal::new("a guest needs at least one virtual CPU", "give it some with --vcpus")),
        1..=MOST_VCPUS => Ok(()),
        _ => Err(Refusal::new(
            format!(
                "the HVM guest that the installer runs in, and a PVH guest, cannot have {vcpus} virtual processors: Xen gives them \
                 at most {MOST_VCPUS}"
            ),
            "give it fewer",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn sizes() {
        for (memory, vcpus) in [(64, 1), (2048, 128), ((1 << 24) - 1, 2)] {
            check(memory, vcpus).unwrap();
        }
        for (memory, vcpus) in [(0, 1), (63, 1), (1 << 24, 1), (u32::MAX, 1), (2048, 0), (2048, 129)] {
            assert!(check(memory, vcpus).is_err(), "{memory} {vcpus}");
        }
    }
}
