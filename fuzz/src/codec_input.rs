//! What people and phones enter, on any bytes.

use gabion_codec::Writer;
use gabion_codec::input::{
    CommandLine, DeviceName, ImageVersion, Input, SemVer, SetupPayload, Ssid, Timestamp,
    TopicFilter, TopicName, Validated, WpaSecret,
};

/// What must hold for every input. The first byte chooses the kind.
pub fn codec_input(data: &[u8]) {
    let [kind, input @ ..] = data else { return };
    match kind % 10 {
        0 => same(input, written::<Ssid<'_>>(input)),
        1 => {
            same(input, written::<WpaSecret<'_>>(input));
            let mut key = [0; 32];
            if let Ok(secret) = Validated::<WpaSecret<'_>>::parse(input) {
                assert_eq!(secret.expose_key(&mut key), secret.expose_passphrase().is_none());
            }
        }
        2 => topics(input),
        3 => {
            same(input, written::<DeviceName<'_>>(input));
            if let Ok(name) = Validated::<DeviceName<'_>>::parse(input) {
                assert!(name.as_str().chars().count() <= DeviceName::MAX_CHARS);
                assert!(!name.as_str().chars().any(char::is_control));
            }
        }
        4 => time(input),
        5 => {
            if let Some(written) = written::<ImageVersion>(input) {
                same(&written, self::written::<ImageVersion>(&written));
            }
        }
        6 => {
            same(input, written::<SemVer<'_>>(input));
            if let Ok(version) = Validated::<SemVer<'_>>::parse(input) {
                assert!(version.precedence(&version).is_eq());
            }
        }
        7 => line(input),
        8 => same(input, written::<SetupPayload<'_>>(input)),
        _ => {
            let cut = input.len() / 2;
            let (a, b) = input.split_at(cut);
            let versions = [a, b].map(Validated::<SemVer<'_>>::parse);
            if let [Ok(a), Ok(b)] = versions {
                assert_eq!(a.precedence(&b), b.precedence(&a).reverse());
            }
        }
    }
}

/// What is written; `None` when it was refused, at a place inside.
fn written<'a, T: Input<'a>>(input: &'a [u8]) -> Option<Vec<u8>> {
    match Validated::<T>::parse(input) {
        Ok(value) => {
            let mut buffer = vec![0; input.len() + 64];
            let mut writer = Writer::new(&mut buffer);
            value.emit(&mut writer).expect("there is room");
            Some(writer.finish().to_vec())
        }
        Err(error) => {
            assert!(error.offset <= input.len(), "{error}");
            None
        }
    }
}

fn same(input: &[u8], written: Option<Vec<u8>>) {
    if let Some(written) = written {
        assert_eq!(written, input, "the only way to write it");
    }
}

fn topics(input: &[u8]) {
    same(input, written::<TopicName<'_>>(input));
    same(input, written::<TopicFilter<'_>>(input));
    let (Ok(topic), Ok(filter)) =
        (Validated::<TopicName<'_>>::parse(input), Validated::<TopicFilter<'_>>::parse(input))
    else {
        return;
    };
    // Every topic but a shared subscription's name is a filter that covers itself.
    assert!(filter.matches(&topic));
    let all = Validated::<TopicFilter<'_>>::parse(b"#").expect("a filter");
    assert_eq!(all.matches(&topic), !input.starts_with(b"$"));
}

fn time(input: &[u8]) {
    let Some(first) = written::<Timestamp>(input) else { return };
    same(&first, written::<Timestamp>(&first));
    let [a, b] = [input, &first].map(|text| Validated::<Timestamp>::parse(text).expect("read"));
    assert_eq!(a, b, "the same instant");
    assert!(a.unix_seconds() < 253_402_300_800);
}

fn line(input: &[u8]) {
    let Some(first) = written::<CommandLine<'_>>(input) else { return };
    same(&first, written::<CommandLine<'_>>(&first));
    let [a, b] =
        [input, &first].map(|text| Validated::<CommandLine<'_>>::parse(text).expect("read"));
    assert_eq!(a, b, "the same words");
    assert!(a.arguments().count() < CommandLine::MAX_WORDS);
}
