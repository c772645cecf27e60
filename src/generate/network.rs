//! The guest's network interfaces: one for each bridge, with an address of its own.

use super::mac;
use super::refusal::Refusal;
use crate::escape::escaped;

/// A network interface of the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    /// The host's bridge that it is on.
    pub bridge: String,
    /// Its address.
    pub mac: String,
}

/// The interfaces on these bridges. The addresses that are given go to the first of them, the others get one that is worked out
/// from the guest's name.
///
/// # Errors
///
/// A bridge or an address is none, or one address would be that of two.
pub(crate) fn interfaces(name: &str, bridges: &[String], macs: &[String]) -> Result<Vec<Interface>, Refusal> {
    if macs.len() > bridges.len() {
        return Err(Refusal::new(
            format!("there are more addresses ({}) than network interfaces ({})", macs.len(), bridges.len()),
            "give a --bridge for each --mac",
        ));
    }
    let mut interfaces: Vec<Interface> = Vec::new();
    for (number, bridge) in bridges.iter().enumerate() {
        check_bridge(bridge)?;
        let mac = macs.get(number).map_or_else(|| Ok(mac::of_name(name, number)), |mac| mac::check(mac))?;
        if interfaces.iter().any(|other| other.mac == mac) {
            let reason = format!("two network interfaces of the guest would have the address {mac}");
            return Err(Refusal::new(reason, "give each --mac once"));
        }
        interfaces.push(Interface { bridge: bridge.clone(), mac });
    }
    Ok(interfaces)
}

fn check_bridge(bridge: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_graphic() && !"/,=\"'\\:".contains(c);
    // IFNAMSIZ of Linux, less the NUL.
    if bridge.is_empty() || bridge.len() > 15 || !bridge.chars().all(plain) {
        return Err(Refusal::new(
            format!("`{}` is not a name of a bridge", escaped(bridge)),
            "name one of the host's, of up to 15 characters, such as xenbr0",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bridges: &[&str], macs: &[&str]) -> Result<Vec<Interface>, Refusal> {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        interfaces("web", &own(bridges), &own(macs))
    }

    #[test]
    fn each_has_its_own_address() {
        let three = of(&["xenbr0", "xenbr1", "xenbr0"], &["00:16:3E:00:00:01"]).unwrap();
        assert_eq!(three[0].mac, "00:16:3e:00:00:01");
        assert!(three[1].mac != three[2].mac && three[2].bridge == "xenbr0");
        assert_eq!(of(&[], &[]).unwrap(), []);
        assert_eq!(of(&["a"], &[]).unwrap()[0].mac, of(&["b", "c"], &[]).unwrap()[0].mac);
        assert!(of(&["a"], &["00:16:3e:00:00:01", "00:16:3e:00:00:02"]).is_err());
        assert!(of(&["a", "b"], &["00:16:3e:00:00:0A", "00:16:3e:00:00:0a"]).is_err());
        assert!(of(&["a/b"], &[]).is_err());
    }
}
