//! GRUB's commands: those that decide what is booted do what GRUB's do, the others do nothing here.

mod condition;
mod entries;
mod environment_block;
mod files;
mod foreign;
mod load;
mod login;
mod names;
mod printing;
mod reading;
mod regexp;
mod search;
mod shell;
mod sources;
mod terminal;

use super::interpreter::{CommandOutcome, Interpreter, Stop};
use super::machine::CommandFailure;
use super::settings::{GrubSettings, Platform, Version};
use super::syntax::Block;

/// What a command comes to, unless the run ends with it.
type Done = Result<CommandOutcome, Stop>;

pub use self::environment_block::parse as environment_block;
pub(super) use self::files::not_read;
pub(super) use self::sources::at_place;

/// Whether GRUB has a command of this name.
pub(super) fn is_known(name: &[u8], settings: &GrubSettings) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let has = |names: &[&str]| names.binary_search(&name).is_ok();
    if name == "blscfg" {
        return settings.version.is_fedora()
            || settings.version >= Version::V2_14 && settings.platform != Platform::Xen;
    }
    has(names::EVERYWHERE)
        || match settings.platform {
            Platform::Pc => has(names::PC_AND_EFI) || has(names::PC_ONLY),
            Platform::Efi => has(names::PC_AND_EFI) || has(names::EFI_ONLY),
            Platform::Xen => has(names::XEN_ONLY),
        }
}

/// Executes a command that GRUB has.
pub(super) fn execute(grub: &mut Interpreter<'_>, name: &[u8], arguments: Vec<Vec<u8>>, block: Option<&Block>) -> Done {
    let arguments = arguments.as_slice();
    let name = std::str::from_utf8(name).unwrap_or_default();
    Ok(match name {
        "set" => shell::set(grub, arguments),
        "unset" => shell::unset(grub, arguments),
        "export" => shell::export(grub, arguments),
        "setparams" => grub.set_parameters(arguments.to_vec()).into(),
        "shift" => shell::shift(grub, arguments).into(),
        "break" | "continue" => shell::leave_loop(grub, arguments, name == "continue").into(),
        "return" => shell::leave_function(grub, arguments).into(),
        "true" => CommandOutcome::Status(0),
        "false" => CommandOutcome::Failed(CommandFailure::test()),
        "test" => condition::test(grub, arguments),
        "[" => condition::bracket(grub, arguments),
        "regexp" => regexp::regexp(grub, arguments),
        "echo" => printing::echo(grub, arguments),
        "eval" => return sources::eval(grub, arguments),
        "source" | "." => return sources::source(grub, arguments),
        "configfile" | "normal" => return sources::configfile(grub, arguments),
        "extract_entries_source" | "extract_entries_configfile" => {
            return sources::extract(grub, arguments, name.ends_with("source"));
        }
        "menuentry" | "submenu" => entries::define(grub, arguments, block, name == "submenu"),
        "load_env" => environment_block::load(grub, arguments),
        "save_env" => environment_block::save(grub, arguments),
        "list_env" => environment_block::list(grub, arguments),
        "search" => search::search(grub, arguments),
        "search.file" => search::search_by(grub, search::SearchKey::File, arguments),
        "search.fs_label" => search::search_by(grub, search::SearchKey::Label, arguments),
        "search.fs_uuid" => search::search_by(grub, search::SearchKey::Uuid, arguments),
        "ls" => files::list(grub, arguments),
        "cat" => files::cat(grub, arguments),
        "loopback" => files::loopback(grub, arguments),
        "probe" => files::probe(grub, arguments),
        "loadfont" => terminal::load_font(grub, arguments),
        "background_image" => terminal::background_image(grub, arguments),
        "background_color" => terminal::background_color(grub, arguments),
        "terminal_output" | "terminal_input" => terminal::choose(grub, arguments, name == "terminal_output"),
        "hashsum" => reading::checksum(grub, arguments, None),
        "md5sum" | "sha1sum" | "sha256sum" | "sha512sum" => {
            reading::checksum(grub, arguments, name.strip_suffix("sum"))
        }
        "crc" => reading::crc(grub, arguments),
        "cmp" => reading::compare(grub, arguments),
        "testload" | "blocklist" | "hexdump" => reading::one_file(grub, arguments),
        "file" => reading::kind(grub, arguments),
        "verify_detached" => reading::verify(grub, arguments),
        "password" => login::password(arguments),
        "password_pbkdf2" => login::hashed_password(arguments),
        "authenticate" => login::authenticate(grub),
        "read" => login::read(grub, arguments),
        "sleep" => shell::sleep(arguments),
        "time" => return shell::time(grub, arguments),
        "gettext" => printing::gettext(grub, arguments),
        "tr" => printing::translate(grub, arguments),
        "insmod" if arguments.is_empty() => shell::one_expected(),
        "rmmod" if arguments.is_empty() => CommandOutcome::Failed(CommandFailure::bad_argument("no module specified")),
        "cryptomount" => foreign::cryptomount(grub, arguments),
        "parttool" => foreign::parttool(grub, arguments),
        _ if foreign::is_menu(name) => foreign::menu(grub, name, arguments),
        _ if foreign::is_loader(name) => foreign::loader(grub, name),
        "boot" => return load::boot(grub),
        "halt" | "reboot" | "exit" | "fwsetup" => return Err(Stop::Left(name.to_owned())),
        "blscfg" if grub.settings.version.is_fedora() => super::fedora_entries::blscfg(grub, arguments),
        "blscfg" => super::boot_loader_specification::blscfg(grub, arguments),
        _ if load::loads(name) => load::load(grub, name, arguments),
        // Nobody holds a key. Without an option it asks whether the terminal could say so.
        "keystatus" if !arguments.is_empty() => CommandOutcome::Status(1),
        // No influence on what is booted, or none that can be seen from a disk.
        _ => CommandOutcome::Status(0),
    })
}
