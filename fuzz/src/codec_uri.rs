//! Addresses of hosts and services on any bytes, against `url` and the standard library.

use core::net::IpAddr;

use gabion_codec::Writer;
use gabion_codec::input::{Authority, Cidr, Contact, HostName, Input, Ip, Uri, Validated};

/// What must hold for every input. The first byte chooses the kind.
pub fn codec_uri(data: &[u8]) {
    let [kind, input @ ..] = data else { return };
    match kind % 5 {
        0 => uri(input),
        1 => ip(input),
        2 => cidr(input),
        3 => host(input),
        _ => {
            let _ = rewritten::<Contact<'_>>(input);
        }
    }
}

/// Reads, writes, and reads again: the same.
fn rewritten<'a, T: Input<'a> + PartialEq + std::fmt::Debug>(
    input: &'a [u8],
) -> Option<(Validated<T>, Vec<u8>)> {
    match Validated::<T>::parse(input) {
        Ok(value) => {
            let mut buffer = vec![0; input.len() + 64];
            let mut writer = Writer::new(&mut buffer);
            value.emit(&mut writer).expect("there is room");
            let written = writer.finish().to_vec();
            Some((value, written))
        }
        Err(error) => {
            assert!(error.offset <= input.len(), "{error}");
            None
        }
    }
}

fn uri(input: &[u8]) {
    let Some((ours, written)) = rewritten::<Uri<'_>>(input) else { return };
    let again = Validated::<Uri<'_>>::parse(&written).expect("what is written is read");
    assert_eq!(again, ours);
    let text = core::str::from_utf8(input).expect("ASCII");
    // What an A-label stands for is looked up there, not here.
    if is_a_label(input) {
        return;
    }
    let theirs = url::Url::parse(text).expect("theirs is as lenient");
    assert_eq!(theirs.scheme(), ours.scheme());
    assert_eq!((theirs.username(), theirs.password(), theirs.fragment()), ("", None, None));
    match (theirs.host().expect("a host"), ours.host()) {
        (url::Host::Ipv4(theirs), Authority::Ip(ours)) => assert_eq!(IpAddr::V4(theirs), ours),
        (url::Host::Ipv6(theirs), Authority::Ip(ours)) => assert_eq!(IpAddr::V6(theirs), ours),
        (url::Host::Domain(theirs), Authority::Name(ours)) => {
            assert!(theirs.eq_ignore_ascii_case(ours.as_str()));
        }
        // Schemes that theirs does not know have hosts that it does not read.
        (url::Host::Domain(theirs), Authority::Ip(ours)) => assert_eq!(theirs, ours.to_string()),
        (theirs, ours) => panic!("{theirs} is not {ours:?}"),
    }
    // Nothing is left that a normaliser would change.
    let path = if ours.path().is_empty() && ours.scheme().ends_with('s') {
        theirs.path().trim_end_matches('/')
    } else {
        theirs.path()
    };
    assert_eq!(path, ours.path());
    assert_eq!(
        theirs.query().map(|query| query.replace("%27", "'")),
        ours.query().map(|query| query.replace("%27", "'"))
    );
}

fn ip(input: &[u8]) {
    let theirs: Option<IpAddr> =
        core::str::from_utf8(input).ok().and_then(|text| text.parse().ok());
    let ours = rewritten::<Ip>(input);
    assert_eq!(ours.as_ref().map(|(ours, _)| ours.address()), theirs, "the same verdict");
    if let (Some((_, written)), Some(theirs)) = (ours, theirs) {
        assert_eq!(written, theirs.to_string().as_bytes());
    }
}

fn cidr(input: &[u8]) {
    let Some((ours, written)) = rewritten::<Cidr>(input) else { return };
    assert_eq!(Validated::<Cidr>::parse(&written), Ok(ours));
    assert!(ours.contains(ours.base()));
    let all = ours.prefix() == 0;
    assert_eq!(
        ours.contains(IpAddr::from([0; 4])),
        ours.base().is_ipv4() && (all || ours.base() == IpAddr::from([0; 4]))
    );
}

fn host(input: &[u8]) {
    let Some((ours, written)) = rewritten::<HostName<'_>>(input) else { return };
    assert_eq!(written, input);
    assert!(ours.labels().all(|label| matches!(label.len(), 1..=63)));
    // What is a name here is no address anywhere.
    if !is_a_label(input) {
        let parsed = url::Host::parse(ours.as_str()).expect("theirs is as lenient");
        assert!(matches!(parsed, url::Host::Domain(_)));
    }
}

fn is_a_label(input: &[u8]) -> bool {
    input.windows(4).any(|part| part.eq_ignore_ascii_case(b"xn--"))
}
