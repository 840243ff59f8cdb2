//! JSON configuration on any bytes, against `serde_json`: what is accepted means the same there.

use gabion_codec::input::{Json, JsonBudget, JsonItem, Validated};

/// What must hold for every input.
pub fn codec_json(data: &[u8]) {
    let json = match Validated::<Json<'_>>::parse(data) {
        Ok(json) => json,
        Err(error) => {
            assert!(error.offset <= data.len(), "{error}");
            return;
        }
    };
    // A larger budget changes no verdict to a refusal.
    let large = JsonBudget { bytes: 1 << 16, depth: 16, items: 1 << 12, text: 1 << 12 };
    assert!(Json::parse_within(data, large).is_ok());
    // Numbers that f64 cannot hold are theirs to refuse.
    match serde_json::from_slice(data) {
        Ok(theirs) => assert!(same(&json.root(), &theirs), "another meaning"),
        Err(error) => assert!(error.to_string().starts_with("number out of range"), "{error}"),
    }
}

fn same(ours: &JsonItem<'_>, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (JsonItem::Null, serde_json::Value::Null) => true,
        (JsonItem::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (JsonItem::Number(a), serde_json::Value::Number(b)) => {
            a.as_i64().is_none_or(|a| b.as_i64() == Some(a) || a == 0)
        }
        (JsonItem::Text(a), serde_json::Value::String(b)) => a.chars().eq(b.chars()),
        (JsonItem::Array(a), serde_json::Value::Array(b)) => {
            a.clone().count() == b.len() && a.clone().zip(b).all(|(a, b)| same(&a, b))
        }
        (JsonItem::Object(a), serde_json::Value::Object(b)) => {
            a.clone().count() == b.len()
                && b.iter().all(|(name, b)| a.get(name).is_some_and(|a| same(&a, b)))
        }
        _ => false,
    }
}
