//! What the strategies make is accepted, and what is accepted is written so that it is accepted again.
#![cfg(feature = "proptest")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use gabion_codec::Writer;
use gabion_codec::input::{
    Contact, DeviceName, HostName, ImageVersion, Input, Ip, Json, RequestHead, Ssid, Timestamp,
    TopicName, Uri, Validated, WpaSecret,
};
use gabion_testkit::strategies;
use proptest::prelude::*;

fn written<'a, T: Input<'a>>(input: &'a [u8]) -> Result<Vec<u8>, TestCaseError> {
    let value = Validated::<T>::parse(input).map_err(|error| {
        TestCaseError::fail(format!("{error}: {:?}", input.escape_ascii().to_string()))
    })?;
    let mut buffer = [0; 8192];
    let mut writer = Writer::new(&mut buffer);
    value.emit(&mut writer).unwrap();
    Ok(writer.finish().to_vec())
}

macro_rules! accepted {
    ($($name:ident: $kind:ty;)*) => {$(
        proptest! {
            #[test]
            fn $name(input in strategies::$name()) {
                let first = written::<$kind>(input.as_ref())?;
                prop_assert_eq!(&written::<$kind>(&first)?, &first);
            }
        }
    )*};
}

accepted! {
    ssid: Ssid<'_>;
    wpa_secret: WpaSecret<'_>;
    host_name: HostName<'_>;
    ip: Ip;
    uri: Uri<'_>;
    topic_name: TopicName<'_>;
    device_name: DeviceName<'_>;
    contact: Contact<'_>;
    timestamp: Timestamp;
    image_version: ImageVersion;
    json: Json<'_>;
    request_head: RequestHead<'_>;
}

proptest! {
    #[test]
    fn nearly_right(input in strategies::nearly(strategies::request_head())) {
        if let Err(error) = Validated::<RequestHead<'_>>::parse(&input) {
            prop_assert!(error.offset <= input.len());
        }
    }
}
