//! Where the room may send what it has to tell. An address is typed by whoever may edit the config, so
//! this guards against a slip and against a receiver that moves: credentials of the machine are to be
//! had at link-local addresses, and nothing of ours may ask there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Metadata services that do not answer at link-local addresses: Azure's, Alibaba's, and AWS's by
/// IPv6 ([IMDS](https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html)).
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Whether nothing may be sent there, whatever name led to it.
pub fn forbidden(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    link_local || ip.is_unspecified() || ip.is_multicast() || METADATA.contains(&ip)
}

/// Why a channel can't have this address. Never quotes it: it may be a password.
pub(super) fn fault(text: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(text) else {
        return Some("its url is not one");
    };
    let loopback = url.host() == Some(Host::Ipv4(Ipv4Addr::LOCALHOST));
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Some("its url must begin with https:// (or http://127.0.0.1 for tests)"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("its url must not hold a user and password");
    }
    host_fault(url.host().as_ref())
}

/// The same for a mail server, which is named without a scheme.
pub(super) fn server_fault(name: &str) -> Option<&'static str> {
    match Host::parse(name) {
        Ok(host) => host_fault(Some(&host)),
        Err(_) => Some("its server is not a host's name"),
    }
}

fn host_fault<S>(host: Option<&Host<S>>) -> Option<&'static str> {
    let ip = match host {
        Some(Host::Ipv4(ip)) => IpAddr::V4(*ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(*ip),
        Some(Host::Domain(_)) => return None,
        None => return Some("it names no host"),
    };
    forbidden(ip).then_some("nothing is sent to link-local and metadata addresses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_the_machine_are_never_asked_for() {
        for url in [
            "https://169.254.169.254/latest/meta-data/",
            "https://2852039166/",
            "https://0xa9fea9fe/",
            "https://[::ffff:169.254.169.254]/",
            "https://[fe80::1]/",
            "https://[fd00:ec2::254]/",
            "https://169.254.170.2/v2/credentials",
            "https://0.0.0.0/",
            "https://168.63.129.16/",
        ] {
            let why = fault(url).unwrap_or_default();
            assert!(why.contains("metadata"), "{url}: {why}");
        }
    }

    #[test]
    fn only_https_goes_out_and_plain_http_to_this_machine_alone() {
        for url in [
            "http://hooks.example/x",
            "http://127.0.0.1@hooks.example/",
            "http://127.0.0.1:80@169.254.169.254/",
            "http://127.0.0.1.hooks.example/",
            "http://localhost/",
            "ftp://hooks.example/",
            "https://user:password@hooks.example/",
            "hooks.example",
            "https://",
        ] {
            assert!(fault(url).is_some(), "{url}");
        }
        for url in [
            "https://hooks.example/T0/B0/x",
            "https://10.0.0.7:8443/hook",
            "http://127.0.0.1:8080/hook",
        ] {
            assert_eq!(fault(url), None, "{url}");
        }
        assert!(server_fault("169.254.169.254").is_some());
        assert!(server_fault("smtp.example.com/x").is_some());
        assert_eq!(server_fault("smtp.example.com"), None);
    }
}
