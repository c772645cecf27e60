//! The password of menu.lst: `password secret`, `password --md5 $1$...`.

use md5::{Digest, Md5};

use super::Session;
use super::keys::{self, Key};
use super::terminal::MenuStop;

/// More than that is not read.
const LONGEST: usize = 1023;

impl Session<'_> {
    /// `p`: asks for the password, and unlocks editing if it is the right one.
    pub(super) fn ask_password(&mut self) -> Result<(), MenuStop> {
        self.help.add((6, 1), "Password: ", false)?;
        // Where curses takes the text: over the last letters of the word, which nobody sees.
        self.help.move_to((6, 8));
        self.screen.copy(&mut self.help);
        self.update();
        let mut typed = Vec::new();
        loop {
            match keys::next(self.tty, None)? {
                None => return Err(MenuStop::Gone),
                Some(Key::Char(b'\r' | b'\n') | Key::Enter) => break,
                Some(Key::Char(0x08 | 0x7f)) => drop(typed.pop()),
                Some(Key::Char(0x15)) => typed.clear(),
                Some(Key::Char(byte)) if typed.len() < LONGEST => typed.push(byte),
                Some(_) => {}
            }
        }
        let wanted = self.config.password.as_ref().map(|text| text.as_bytes()).unwrap_or_default();
        if opens(wanted, &typed) {
            self.locked = false;
        } else {
            self.help.add((6, 1), "Password: ", false)?;
            self.help.add((7, 0), "Failed!", false)?;
        }
        Ok(())
    }
}

/// Whether what was typed is the password that the configuration sets.
fn opens(wanted: &[u8], typed: &[u8]) -> bool {
    let mut words = wanted.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    match (words.next(), words.next()) {
        (Some(b"--md5"), Some(hash)) => md5_crypt(typed, hash).is_some_and(|own| own == hash),
        (Some(b"--md5") | None, _) => false,
        (Some(password), _) => password == typed,
    }
}

/// Alphabet of crypt(3), by value.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The bytes of the digest that make up four characters each, and the last byte, which makes two.
const GROUPS: [[usize; 3]; 5] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];

/// crypt(3) with MD5, as the `md5crypt` command of GRUB writes it, with the salt of `hash`: `$1$salt$...`. Nothing where it is
/// a hash of another kind.
fn md5_crypt(password: &[u8], hash: &[u8]) -> Option<Vec<u8>> {
    let salt = hash.strip_prefix(b"$1$")?.split(|&byte| byte == b'$').next()?;
    let salt = &salt[..salt.len().min(8)];
    let inner = Md5::new().chain_update(password).chain_update(salt).chain_update(password).finalize();
    let mut digest = Md5::new().chain_update(password).chain_update(b"$1$").chain_update(salt);
    let mut left = password.len();
    while left > 0 {
        digest.update(&inner[..left.min(16)]);
        left = left.saturating_sub(16);
    }
    let mut bits = password.len();
    while bits > 0 {
        digest.update(if bits & 1 == 1 { &[0][..] } else { &password[..1] });
        bits >>= 1;
    }
    let mut sum = digest.finalize();
    for round in 0..1000 {
        let mut digest = Md5::new();
        let odd = round % 2 == 1;
        digest.update(if odd { password } else { &sum[..] });
        if round % 3 != 0 {
            digest.update(salt);
        }
        if round % 7 != 0 {
            digest.update(password);
        }
        digest.update(if odd { &sum[..] } else { password });
        sum = digest.finalize();
    }
    let mut out = [b"$1$", salt, b"$"].concat();
    let mut push = |mut value: u32, characters: usize| {
        for _ in 0..characters {
            out.push(ALPHABET[(value & 63) as usize]);
            value >>= 6;
        }
    };
    for [high, middle, low] in GROUPS {
        push(u32::from(sum[high]) << 16 | u32::from(sum[middle]) << 8 | u32::from(sum[low]), 4);
    }
    push(u32::from(sum[11]), 2);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: `openssl passwd -1 -salt SALT PASSWORD`.
    #[test]
    fn md5_crypt_is_that_of_the_c_library() {
        for (password, hash) in [
            ("secret", "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"),
            ("x", "$1$$LP5.V3ajGqHDdXW6XwZQy."),
            ("", "$1$a$8CfZSfErbeskipdhZHtvu."),
            ("a", "$1$ab$NM4FR4Dl/CzoTSJTd3YJ3."),
            ("a much longer password than sixteen bytes", "$1$12345678$yLppq.aqtfjKiej5RWDLq/"),
            ("0123456789abcdef", "$1$x.y/$W9ys9duYFubGz0txEIzKE/"),
        ] {
            assert!(opens(format!("--md5 {hash} rest").as_bytes(), password.as_bytes()), "{hash}");
            assert!(!opens(format!("--md5 {hash}").as_bytes(), b"another"), "{hash}");
        }
    }

    // Expected values: pygrub 4.17 under Python 2.7.
    #[test]
    fn the_first_word_is_the_password() {
        for (wanted, typed, right) in [
            ("secret", "secret", true),
            ("secret", "secret ", false),
            ("secret extra", "secret", true),
            ("\"secret\"", "secret", false),
            ("--encrypted x", "x", false),
            ("--md5 plain", "plain", false),
            ("--md5", "", false),
            ("", "", false),
        ] {
            assert_eq!(opens(wanted.as_bytes(), typed.as_bytes()), right, "{wanted} {typed}");
        }
    }
}
