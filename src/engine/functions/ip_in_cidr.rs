//! `ip_in_cidr(ip, cidr)`.

use std::net::IpAddr;

use super::text::Value;

/// Whether the address lies in the network; NULL if either is none. A bare address is a network of one.
pub(super) fn evaluate<'a>(arguments: &[&'a str]) -> Value<'a> {
    Value::Truth(is_within(arguments[0].trim(), arguments[1].trim()))
}

fn is_within(ip: &str, cidr: &str) -> Option<bool> {
    let ip = ip.parse::<IpAddr>().ok()?.to_canonical();
    let (network, length) = match cidr.split_once('/') {
        Some((network, length)) => (network, Some(length.parse::<u32>().ok()?)),
        None => (cidr, None),
    };
    let (ip, network, width) = match (ip, network.parse::<IpAddr>().ok()?.to_canonical()) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            (u128::from(ip.to_bits()), u128::from(network.to_bits()), 32)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => (ip.to_bits(), network.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return Some(false),
    };
    let length = length.unwrap_or(width);
    if length > width {
        return None;
    }
    Some((ip ^ network).checked_shr(width - length).unwrap_or(0) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_both_families() {
        let cases = [
            ("192.0.2.77", "192.0.2.0/24", Some(true)),
            ("192.0.3.77", "192.0.2.0/24", Some(false)),
            ("192.0.2.77", "0.0.0.0/0", Some(true)),
            ("192.0.2.77", "192.0.2.77", Some(true)),
            ("2001:db8::1", "2001:db8::/32", Some(true)),
            ("2001:db9::1", "2001:db8::/32", Some(false)),
            ("2001:db8::1", "::/0", Some(true)),
            ("::ffff:192.0.2.1", "192.0.2.0/24", Some(true)),
            ("192.0.2.1", "2001:db8::/32", Some(false)),
            ("192.0.2.1", "192.0.2.0/33", None),
            ("nowhere", "192.0.2.0/24", None),
        ];
        for (ip, cidr, expected) in cases {
            assert_eq!(is_within(ip, cidr), expected, "{ip} in {cidr}");
        }
    }
}
