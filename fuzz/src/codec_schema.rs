//! Tables of fields on any bytes.

use gabion_codec::cbor::{
    Budget, Document, Field, FieldKey, FieldType, Item, Schema, UnknownFields,
};

const FIELDS: [Field; 6] = [
    Field::required(FieldKey::Number(1), FieldType::Number(-5, 300)),
    Field::optional(FieldKey::Number(2), FieldType::Unsigned),
    Field::optional(FieldKey::Number(-1), FieldType::Bool),
    Field::optional(FieldKey::Number(-2), FieldType::Bytes(1, 4)),
    Field::optional(FieldKey::Text("a"), FieldType::Text(1, 4)),
    Field::optional(FieldKey::Text("b"), FieldType::Array(2)),
];
const STRICT: Schema<6> = Schema::new(UnknownFields::Refuse, FIELDS);
const TOLERANT: Schema<6> = Schema::new(UnknownFields::Ignore, FIELDS);

/// What must hold for every input.
pub fn codec_schema(data: &[u8]) {
    let tolerant = match TOLERANT.parse(data, Budget::SMALL) {
        Ok(record) => record,
        Err(error) => {
            assert!(error.offset <= data.len(), "{error}");
            assert!(STRICT.parse(data, Budget::SMALL).is_err(), "strict takes no more");
            return;
        }
    };
    let document = Document::parse(data, Budget::SMALL).expect("the schema parsed it");
    let Item::Map(entries) = document.root() else { panic!("a map") };
    assert!(
        TOLERANT.decode(entries.clone()).is_ok(),
        "a map inside a document is decoded the same"
    );
    // The table finds what a search by key finds.
    let keys = [(0, 1), (1, 2), (2, -1), (3, -2)];
    for (line, key) in keys {
        assert!(same(tolerant.get(line), entries.get_integer(key)));
    }
    assert!(same(tolerant.get(4), entries.get_text("a")));
    assert!(same(tolerant.get(5), entries.get_text("b")));
    let known = (0..6).filter(|line| tolerant.get(*line).is_some()).count();
    let strict = STRICT.parse(data, Budget::SMALL);
    assert_eq!(strict.is_ok(), known as u64 == entries.len());
    assert!((-5..=300).contains(&tolerant.number(0).expect("a required field")));
}

/// Shown and not compared: a NaN inside would equal nothing.
fn same(found: Option<&Item<'_>>, searched: Option<Item<'_>>) -> bool {
    format!("{found:?}") == format!("{:?}", searched.as_ref())
}
