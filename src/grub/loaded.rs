//! What GRUB has in memory to boot: what the last loader that succeeded has left there.
//!
//! A loader that fails later on does not always take it away. Seen with real GRUBs in QEMU (docs/grub.md).

use super::interpreter::Interpreter;
use super::settings::{Platform, Version};

/// The loaders of GRUB that boot the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loader {
    /// `linux`, `linuxefi`.
    Linux,
    /// `linux16`.
    Linux16,
    /// `multiboot`, `multiboot2`, `xen_hypervisor`.
    Multiboot,
    /// `chainloader` and its like.
    Chain,
}

impl Loader {
    pub(super) fn of(command: &str) -> Self {
        match command {
            "linux" | "linuxefi" => Self::Linux,
            "linux16" => Self::Linux16,
            "multiboot" | "multiboot2" | "xen_hypervisor" => Self::Multiboot,
            _ => Self::Chain,
        }
    }

    /// Whether this command adds to what the loader has loaded.
    fn takes(self, command: &str) -> bool {
        match self {
            Self::Linux => matches!(command, "initrd" | "initrdefi" | "devicetree"),
            Self::Linux16 => command == "initrd16",
            Self::Multiboot => matches!(command, "module" | "module2" | "xen_module"),
            Self::Chain => false,
        }
    }
}

/// What is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loaded {
    pub loader: Loader,
    /// Whether its command for an initrd or a module still finds it: with most loaders not after the same one has failed.
    open: bool,
}

impl Interpreter<'_> {
    /// Whether a command for an initrd or a module finds a kernel to which it belongs.
    pub(super) fn has_loaded_for(&self, command: &str) -> bool {
        self.loaded.is_some_and(|loaded| loaded.open && loaded.loader.takes(command))
    }

    /// A loader has succeeded with the command that comes next: it takes the place of what was there.
    pub(super) fn kernel_loads(&mut self, loader: Loader) {
        if loader == Loader::Linux
            && self.settings.platform != Platform::Xen
            && self.loaded.is_some_and(|loaded| loaded.loader == loader)
        {
            self.cannot_tell(if self.has_loader_of_efi() {
                "whether a kernel that is loaded over another one keeps its arguments: 2.12 loses those of one without an EFI stub"
                    .to_owned()
            } else {
                "which arguments the kernel gets: it is loaded over another one, and GRUB loses those that stand in the entry"
                    .to_owned()
            });
        }
        self.forget();
        self.loaded = Some(Loaded { loader, open: true });
    }

    /// Whether `linux` is the loader of EFI that came with 2.12, for which an initrd finds the kernel before the one that failed.
    fn has_loader_of_efi(&self) -> bool {
        self.settings.platform == Platform::Efi && self.settings.version >= Version::V2_12
    }

    /// A loader has failed.
    pub(super) fn kernel_fails(&mut self, loader: Loader) {
        let Some(mut loaded) = self.loaded else { return };
        match loader {
            Loader::Multiboot => {
                self.forget();
                return;
            }
            Loader::Linux16 if loaded.loader == loader => {
                // Seen in QEMU: it hangs at once.
                self.cannot_tell(
                    "`linux16` fails after another one has loaded a kernel: GRUB boots what it has taken apart"
                        .to_owned(),
                );
                return;
            }
            _ if loaded.loader == loader => loaded.open = self.has_loader_of_efi(),
            _ => {}
        }
        self.loaded = Some(loaded);
    }

    /// Nothing is in memory any more.
    fn forget(&mut self) {
        self.loaded = None;
        for command in self.attempts.iter_mut().flat_map(|attempt| &mut attempt.commands) {
            command.in_effect = false;
        }
    }

    /// Whether an initrd is in memory.
    pub(super) fn has_ram_disk(&self) -> bool {
        let mut commands = self.attempts.iter().flat_map(|attempt| &attempt.commands);
        commands.any(|command| command.in_effect && command.is_ram_disk())
    }

    /// An `initrd` takes the place of the one before.
    pub(super) fn replace_ram_disk(&mut self) {
        for command in self.attempts.iter_mut().flat_map(|attempt| &mut attempt.commands) {
            if command.is_ram_disk() {
                command.in_effect = false;
            }
        }
    }
}
