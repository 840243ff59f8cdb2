//! JSON configuration: lists of what is taken and what is not, in the manner of JSONTestSuite, and limits.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use gabion_codec::CodecErrorKind::*;
use gabion_codec::input::{Json, JsonBudget, JsonItem, Validated};

/// Texts that are taken; `serde_json` must see the same in them.
const ACCEPTED: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "0.0",
    "-0.1",
    "1.5e10",
    "1E-2",
    "1e+2",
    "0e0",
    "123456789012345678901234567890",
    "\"\"",
    "\"a\"",
    " 1 ",
    "\t\n\r 1\r\n",
    "[]",
    "[ ]",
    "[1]",
    "[1,2]",
    "[ 1 , 2 ]",
    "[[],[[]]]",
    "{}",
    "{ }",
    "{\"a\":1}",
    "{\"a\":1,\"b\":2}",
    "{\"a\":{\"a\":1}}",
    "[{\"a\":1},{\"a\":2}]",
    "{\"\":0}",
    "{\"a\":1,\"A\":2}",
    "{\"a\":[],\"b\":{}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0041\"",
    "\"\\u0000\"",
    "\"\\uD834\\uDd1e\"",
    "\"\\uFFFF\"",
    "\"\u{7f}\"",
    "\"ü€😀\"",
    "\"\u{2028}\"",
    "\"a,]}\"",
    "{\"a]\":\"}\"}",
    "[\"\\\"\"]",
    "[\"\\\\\",1]",
    "{\"a\\u0062\":1,\"ac\":2}",
    "[null,true,false]",
    "[-1.0e-1]",
    "\"/\"",
];

/// Texts that are refused, why and where.
const REFUSED: &[(&str, gabion_codec::CodecErrorKind, usize)] = &[
    ("", Truncated, 0),
    (" ", Truncated, 1),
    ("nul", Truncated, 0),
    ("nulL", Unexpected, 0),
    ("True", Unexpected, 0),
    ("NaN", Unexpected, 0),
    ("Infinity", Unexpected, 0),
    ("-Infinity", Unexpected, 1),
    ("undefined", Unexpected, 0),
    ("'a'", Unexpected, 0),
    ("a", Unexpected, 0),
    ("1 2", Trailing, 2),
    ("1,", Trailing, 1),
    ("[]]", Trailing, 2),
    ("{}#", Trailing, 2),
    ("null\0", Trailing, 4),
    ("// c\n1", Unexpected, 0),
    ("[1/**/]", Unexpected, 2),
    ("\u{feff}1", Unexpected, 0),
    ("\u{a0}1", Unexpected, 0),
    ("\u{c}1", Unexpected, 0),
    // numbers
    ("+1", Unexpected, 0),
    ("-", Truncated, 1),
    ("- 1", Unexpected, 1),
    ("--1", Unexpected, 1),
    ("01", NotCanonical, 0),
    ("-01", NotCanonical, 0),
    ("00", NotCanonical, 0),
    (".5", Unexpected, 0),
    ("1.", Truncated, 2),
    ("[1.]", Unexpected, 3),
    ("1.e1", Unexpected, 2),
    ("1e", Truncated, 2),
    ("1e+", Truncated, 3),
    ("1e1.5", Trailing, 3),
    ("1.2.3", Trailing, 3),
    ("0x1", Trailing, 1),
    ("1_000", Trailing, 1),
    ("1a", Trailing, 1),
    ("[1a]", Unexpected, 2),
    // texts
    ("\"", Truncated, 1),
    ("\"a", Truncated, 2),
    ("\"\\", Truncated, 1),
    ("\"\\\"", Truncated, 3),
    ("\"\\a\"", Unexpected, 1),
    ("\"\\x41\"", Unexpected, 1),
    ("\"\\u12\"", Unexpected, 1),
    ("\"\\u 123\"", Unexpected, 1),
    ("\"\\u+123\"", Unexpected, 1),
    ("\"\\U0041\"", Unexpected, 1),
    ("\"\n\"", Forbidden, 1),
    ("\"\t\"", Forbidden, 1),
    ("\"a\0\"", Forbidden, 2),
    ("\"\u{1f}\"", Forbidden, 1),
    ("\"\\ud800\"", NotUtf8, 1),
    ("\"\\udc00\"", NotUtf8, 1),
    ("\"\\ud800\\ud800\"", NotUtf8, 1),
    ("\"\\ud800x\"", NotUtf8, 1),
    ("\"\\udd1e\\ud834\"", NotUtf8, 1),
    // arrays
    ("[", Truncated, 1),
    ("[1", Truncated, 2),
    ("[1,", Truncated, 3),
    ("[1,]", Unexpected, 3),
    ("[,1]", Unexpected, 1),
    ("[1,,2]", Unexpected, 3),
    ("[1 2]", Unexpected, 3),
    ("[1:2]", Unexpected, 2),
    ("[1}", Unexpected, 2),
    ("]", Unexpected, 0),
    ("[\"a\"", Truncated, 4),
    // objects
    ("{", Truncated, 1),
    ("{\"a\"", Truncated, 4),
    ("{\"a\":", Truncated, 5),
    ("{\"a\":1", Truncated, 6),
    ("{\"a\":1,", Truncated, 7),
    ("{\"a\":1,}", Unexpected, 7),
    ("{,}", Unexpected, 1),
    ("{\"a\"}", Unexpected, 4),
    ("{\"a\" 1}", Unexpected, 5),
    ("{\"a\":1 \"b\":2}", Unexpected, 7),
    ("{a:1}", Unexpected, 1),
    ("{1:1}", Unexpected, 1),
    ("{'a':1}", Unexpected, 1),
    ("{null:1}", Unexpected, 1),
    ("{\"a\":1]", Unexpected, 6),
    ("{\"a\"::1}", Unexpected, 5),
    ("{\"a\":1}}", Trailing, 7),
    // names that come again, however they are spelt
    ("{\"a\":1,\"a\":1}", Duplicate, 7),
    ("{\"a\":1,\"b\":2,\"a\":3}", Duplicate, 13),
    ("{\"a\":1,\"\\u0061\":2}", Duplicate, 7),
    ("{\"\\ud83d\\ude00\":1,\"😀\":2}", Duplicate, 18),
    ("[{\"x\":{\"a\":1,\"a\":2}}]", Duplicate, 13),
];

#[test]
fn accepted() {
    for text in ACCEPTED {
        let json =
            Validated::<Json<'_>>::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
        let theirs: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(same(&json.root(), &theirs), "{text}");
    }
}

#[test]
fn refused() {
    for (text, kind, offset) in REFUSED {
        match Validated::<Json<'_>>::parse(text.as_bytes()) {
            Ok(_) => panic!("{text:?} was accepted"),
            Err(error) => assert_eq!((error.kind, error.offset), (*kind, *offset), "{text:?}"),
        }
    }
    for bytes in [
        &[0xff][..],
        b"\"\xc3\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xc0\xaf\"",
        b"\"\xf4\x90\x80\x80\"",
        b"[\xc3\xa4",
    ] {
        assert!(Validated::<Json<'_>>::parse(bytes).is_err(), "{bytes:?}");
    }
}

/// Whether ours means what theirs does, in order.
fn same(ours: &JsonItem<'_>, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (JsonItem::Null, serde_json::Value::Null) => true,
        (JsonItem::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (JsonItem::Number(a), serde_json::Value::Number(b)) => {
            b.as_i64().is_none_or(|b| a.as_i64().is_none_or(|a| a == b))
                && a.as_str().parse::<f64>().ok() == b.as_f64()
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

#[test]
fn budgets() {
    let small = JsonBudget::SMALL;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let parse = |text: &str, budget| Json::parse_within(text.as_bytes(), budget).map(drop);
    let error =
        |text: &str, budget| parse(text, budget).map_err(|error| (error.kind, error.offset));
    assert_eq!(error(&nested(8), small), Ok(()));
    assert_eq!(error(&nested(9), small), Err((OverBudget, 8)));
    // No budget makes the stack of a device the attacker's.
    let deep = JsonBudget { depth: 255, bytes: 1 << 20, ..small };
    assert_eq!(error(&nested(16), deep), Ok(()));
    assert_eq!(error(&nested(100_000), deep), Err((OverBudget, 16)));
    assert_eq!(error(&"{\"a\":".repeat(50_000), deep), Err((OverBudget, 80)));

    let items = format!("[{}0]", "0,".repeat(255));
    assert_eq!(error(&items, small), Err((OverBudget, 511)));
    assert_eq!(error(&items, JsonBudget { items: 257, ..small }), Ok(()));
    let text = |length| format!("\"{}\"", "x".repeat(length));
    assert_eq!(error(&text(256), small), Ok(()));
    assert_eq!(error(&text(257), small), Err((TooLong, 258)));
    assert_eq!(error(&format!("{}1", " ".repeat(4096)), small), Err((TooLong, 4096)));

    // 64 names may be open at one time; closed objects give theirs back.
    let names = |from: u32, count: u32| {
        (from..from + count).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(",")
    };
    assert_eq!(error(&format!("{{{}}}", names(0, 64)), small), Ok(()));
    assert!(matches!(error(&format!("{{{}}}", names(0, 65)), small), Err((OverBudget, _))));
    let many = format!("[{{{}}},{{{}}}]", names(0, 60), names(0, 60));
    assert_eq!(error(&many, small), Ok(()));
}

#[test]
fn meaning() {
    let text = r#" { "name" : "h\u0061ll", "n": -9223372036854775808, "list": [1, [true], {"x": null}], "big": 1e1, "last": 2 } "#;
    let json = Validated::<Json<'_>>::parse(text.as_bytes()).unwrap();
    let JsonItem::Object(root) = json.root() else { panic!() };
    assert_eq!(root.clone().count(), 5);
    assert!(root.get("name").unwrap().is_text("hall"));
    assert_eq!(root.get("name").unwrap().as_str(), None, "it has escapes");
    assert_eq!(root.get("n").unwrap().as_i64(), Some(i64::MIN));
    assert_eq!(root.get("big").unwrap().as_i64(), None, "not written as a whole number");
    assert_eq!(root.get("last").unwrap().as_i64(), Some(2));
    assert!(root.get("x").is_none());
    let Some(JsonItem::Array(list)) = root.get("list") else { panic!() };
    assert_eq!(list.count(), 3);
}
