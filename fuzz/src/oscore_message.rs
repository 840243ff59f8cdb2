//! CoAP messages of any bytes, plain and protected.

use gabion_crypto::{AesCcm8, CryptoError, HmacSha256, Secret, Software};
use gabion_flash::block_on;
use gabion_oscore::coap::{MessageView, MessageWriter};
use gabion_oscore::{Context, Id, Material, OSCORE_STATE, Session, Steps};
use gabion_profile::{Class, Parameter};
use gabion_storage::{Change, Storage, StorageError};

/// A cipher that a fuzzer can hit: content as it is, tags that end in an even byte are right.
struct Lenient;

impl HmacSha256 for Lenient {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        Software.hmac_sha256(key, parts)
    }
}

impl AesCcm8 for Lenient {
    fn aes_ccm8_seal(
        &self,
        _: &Secret<[u8; 16]>,
        _: &[u8; 13],
        _: &[u8],
        _: &mut [u8],
    ) -> Result<[u8; 8], CryptoError> {
        Ok([0; 8])
    }

    fn aes_ccm8_unseal(
        &self,
        _: &Secret<[u8; 16]>,
        _: &[u8; 13],
        _: &[u8],
        _: &mut [u8],
        tag: &[u8; 8],
    ) -> Result<(), CryptoError> {
        if tag[7].is_multiple_of(2) { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

#[derive(Default)]
struct Memory(Option<Vec<u8>>);

impl Storage for Memory {
    type FlashError = ();

    async fn read(
        &mut self,
        _: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<()>> {
        let Some(value) = &self.0 else { return Ok(None) };
        out[..value.len()].copy_from_slice(value);
        Ok(Some(value.len()))
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<()>> {
        self.0 = changes[0].value().map(<[u8]>::to_vec);
        Ok(())
    }

    async fn erase_class(&mut self, _: Class) -> Result<(), StorageError<()>> {
        Ok(())
    }
}

/// What is accepted has one encoding, and what was protected comes out once.
pub fn oscore_message(data: &[u8]) {
    if let Ok(message) = MessageView::parse(data) {
        let mut out = vec![0; data.len()];
        let mut writer =
            MessageWriter::new(&mut out, message.header(), message.token()).expect("it fits");
        for option in message.options() {
            writer.option(option.number, option.value).expect("it fits");
        }
        // Lengths may be said in too many bytes (RFC 7252 leaves that open); what is written never does.
        let length = writer.payload(message.payload()).expect("it fits");
        let again = MessageView::parse(&out[..length]).expect("what is written can be read");
        assert!(again.options().eq(message.options()));
        assert_eq!(again.payload(), message.payload());
    }

    let material = Material {
        secret: &[7; 16],
        salt: &[],
        context: None,
        sender: Id::new(&[1]).expect("short"),
        recipient: Id::new(&[]).expect("short"),
    };
    let context = Context::derive(Lenient, &material).expect("good material");
    let mut memory = Memory::default();
    let made = Session::begin(context, &mut memory, &OSCORE_STATE, Steps::DEFAULT);
    let mut session = block_on(made).expect("memory does not fail");
    let mut out = vec![0; 2 * data.len()];
    let first = block_on(session.unprotect_request(&mut memory, data, &mut out));
    if let Ok((length, _request)) = first {
        assert!(length <= data.len());
        assert!(MessageView::parse(&out[..length]).is_ok());
        let again = block_on(session.unprotect_request(&mut memory, data, &mut out));
        assert!(again.is_err(), "accepted twice");
    }
    let mut sealed = [0; 128];
    let request = [0x40, 1, 0, 1];
    let asked = block_on(session.protect_request(&mut memory, &request, &mut sealed));
    let (_, exchange) = asked.expect("a number is left");
    if let Ok(length) = session.unprotect_response::<()>(exchange, data, &mut out) {
        assert!(MessageView::parse(&out[..length]).is_ok());
    }
}
