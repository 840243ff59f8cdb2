//! Deterministic CBOR on any bytes: refused at a place inside, or written back the same, by us and by `ciborium`.

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
            if is_common(&document.root()) {
                let theirs: ciborium::Value =
                    ciborium::from_reader(data).expect("theirs is as lenient");
                let mut again = Vec::new();
                ciborium::into_writer(&theirs, &mut again).expect("memory");
                assert_eq!(again, data, "theirs writes it the same");
            }
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

/// Whether `ciborium` has a value for all of it: it has none for undefined and simple values, and makes numbers of some bignums.
fn is_common(item: &Item<'_>) -> bool {
    match item {
        Item::Undefined | Item::Simple(_) | Item::Tag(2 | 3, _) => false,
        Item::Tag(_, items) | Item::Array(items) => items.clone().all(|item| is_common(&item)),
        Item::Map(entries) => entries.clone().all(|(k, v)| is_common(&k) && is_common(&v)),
        _ => true,
    }
}
