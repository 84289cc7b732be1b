//! Addresses of the public internet, and a resolver that knows no others.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address is one that a stranger may be connected to: not private, not loopback, not
/// link-local (where clouds keep credentials), nor of any other special purpose.
///
/// The ranges are those of the IANA registries of special-purpose addresses (RFC 6890).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let last_v4 = || {
        let [.., a, b, c, d] = address.octets();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // An IPv4 address in another form: mapped, or through NAT64.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => last_v4(),
        // 6to4 carries an IPv4 address, Teredo hides one; documentation and benchmarking.
        [0x2002, ..] | [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Of what is left, only this is global unicast.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// Resolves names as the system does, and leaves out what is not public; but for some names, which
/// may stand for any address.
#[derive(Debug, Clone)]
pub(crate) struct PublicOnly {
    but_for: Vec<String>,
}

impl PublicOnly {
    /// `but_for` are the administrator's: a proxy is where the administrator has put it.
    pub(crate) fn but_for(but_for: Vec<String>) -> Self {
        Self { but_for }
    }

    /// Whether a name may stand for any address.
    pub(crate) fn excepts(&self, name: &str) -> bool {
        let is_it = |excepted: &String| excepted.eq_ignore_ascii_case(name);
        self.but_for.iter().any(is_it)
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let is_excepted = self.excepts(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let mut found: Vec<SocketAddr> = found.collect();
            if !is_excepted {
                found = public(found)?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The public ones; an error if there are others only.
fn public(found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    let public: Vec<SocketAddr> = found
        .into_iter()
        .filter(|found| is_public(found.ip()))
        .collect();
    if public.is_empty() {
        return Err(
            "the name stands for no public address, and a tenant's document may name no other"
                .into(),
        );
    }
    Ok(public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_not_public() {
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2002:7f00:1::",
            "2001:db8::1",
            "3fff::1",
            "3fff:fff::1",
            "2001::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "172.32.0.1",
            "20.190.128.1",
            "2603:1030::1",
            "3fff:1000::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_name_for_private_addresses_is_no_name() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        assert!(public(vec![at("127.0.0.1"), at("169.254.169.254")]).is_err());
        assert_eq!(
            public(vec![at("10.0.0.1"), at("1.1.1.1")]).unwrap(),
            [at("1.1.1.1")]
        );
    }

    #[tokio::test]
    async fn localhost_is_not_resolved_unless_it_is_the_administrators() {
        let name = || "localhost".parse::<Name>().unwrap();
        for but_for in [vec![], vec!["localhost.example".to_owned()]] {
            let resolver = PublicOnly::but_for(but_for);
            let error = resolver.resolve(name()).await.err().unwrap();
            assert!(error.to_string().contains("no public address"), "{error}");
        }
        let resolver = PublicOnly::but_for(vec!["LOCALHOST".to_owned()]);
        let found = resolver.resolve(name()).await.unwrap();
        assert!(found.into_iter().all(|found| found.ip().is_loopback()));
    }
}
