//! Deterministic CBOR on any bytes: refused at a place inside, or written back the same.

use gabion_codec::cbor::{Budget, Document, Encoder, Item};
use gabion_codec::{CodecError, Sign1View};

const BUDGET: Budget = Budget { bytes: 4096, items: 1024, depth: 12 };

/// What must hold for every input.
pub fn codec_cbor(data: &[u8]) {
    match Document::parse(data, BUDGET) {
        Ok(document) => {
            let mut buffer = vec![0; data.len()];
            let mut encoder = Encoder::new(&mut buffer);
            emit(&document.root(), &mut encoder).expect("what was read can be written");
            assert_eq!(encoder.finish(BUDGET), Ok(data), "the only encoding");
        }
        Err(error) => assert!(error.offset <= data.len(), "{error}"),
    }
    // The envelope of a signature is CBOR too: its parser takes nothing that this one refuses.
    if data.len() <= BUDGET.bytes && Sign1View::parse(data).is_ok() {
        assert!(Document::parse(data, BUDGET).is_ok());
    }
}

fn emit(item: &Item<'_>, to: &mut Encoder<'_>) -> Result<(), CodecError> {
    match item {
        Item::Unsigned(number) => to.unsigned(*number),
        Item::Negative(number) => to.negative(*number),
        Item::Bytes(bytes) => to.bytes(bytes),
        Item::Text(text) => to.text(text),
        Item::Array(items) => {
            to.array(items.clone().count() as u64)?;
            items.clone().try_for_each(|item| emit(&item, to))
        }
        Item::Map(entries) => {
            to.map(entries.clone().count() as u64)?;
            entries.clone().try_for_each(|(key, value)| {
                emit(&key, to)?;
                emit(&value, to)
            })
        }
        Item::Tag(tag, content) => {
            to.tag(*tag)?;
            content.clone().try_for_each(|item| emit(&item, to))
        }
        Item::Bool(value) => to.bool(*value),
        Item::Null => to.null(),
        Item::Undefined => to.undefined(),
        Item::Simple(value) => to.simple(*value),
        Item::Float(number) => to.float(*number),
    }
}
