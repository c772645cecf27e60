//! The address of the guest's network interface: the same in both phases, so that a DHCP server knows the guest again.

use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use crate::escape::escaped;

/// An address in the range that Xen's vendor prefix 00:16:3e has, from the name of the guest and the number of the interface.
pub(crate) fn of_name(name: &str, number: usize) -> String {
    // The first has the address that it had when there was but one.
    let number = if number == 0 { String::new() } else { format!(" {number}") };
    let digest = Sha256::digest(format!("pregrub network interface{number} of {name}"));
    format!("00:16:3e:{:02x}:{:02x}:{:02x}", digest[0] & 0x7f, digest[1], digest[2])
}

/// Checks an address that is given.
pub(crate) fn check(text: &str) -> Result<String, Refusal> {
    let octets: Vec<&str> = text.split(':').collect();
    let hexadecimal = |octet: &&str| octet.len() == 2 && octet.bytes().all(|byte| byte.is_ascii_hexdigit());
    let refused = |why: &str| {
        let reason = format!("`{}` is not an address of a network interface{why}", escaped(text));
        Refusal::new(reason, "write six pairs of hexadecimal digits, such as 00:16:3e:12:34:56")
    };
    if octets.len() != 6 || !octets.iter().all(hexadecimal) {
        return Err(refused(""));
    }
    if octets.iter().all(|octet| *octet == "00") {
        // What libxl takes for "none given" (`xl create -n` of 4.17 drops it), and makes up another for each start.
        return Err(refused(": it stands for none"));
    }
    if octets.iter().all(|octet| octet.eq_ignore_ascii_case("ff")) {
        return Err(refused(": it is the broadcast address"));
    }
    // The lowest bit of the first octet.
    if octets[0].ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f', 'B', 'D', 'F']) {
        return Err(refused(": it is a multicast address"));
    }
    Ok(text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(of_name("web", 0), of_name("web", 0));
        assert_ne!(of_name("web", 0), of_name("mail", 0));
        assert_ne!(of_name("web", 0), of_name("web", 1));
        check(&of_name("web", 1)).unwrap();
        assert_eq!(check("00:16:3E:00:00:01").unwrap(), "00:16:3e:00:00:01");
        for text in ["", "00:16:3e:00:00", "00:16:3e:00:00:0g", "01:16:3e:00:00:00", "0:16:3e:00:00:000"] {
            assert!(check(text).is_err(), "{text}");
        }
        for (text, why) in [
            ("00:00:00:00:00:00", "none"),
            ("FF:ff:ff:ff:ff:ff", "broadcast"),
            ("01:00:5e:00:00:01", "multicast"),
            ("33:33:00:00:00:01", "multicast"),
        ] {
            assert!(check(text).unwrap_err().reason.contains(why), "{text}");
        }
    }
}
