//! Labels on any bytes, as a camera or a keyboard gives them.

use gabion_provision::{Label, LabelSecret, audit};

/// What must hold for every input.
pub fn provision_label(data: &[u8]) {
    let mut scanned = data.to_vec();
    if let Ok(label) = Label::parse(&mut scanned) {
        // One label has one payload: nothing is accepted that is not written back the same.
        assert_eq!(label.payload().expose().as_bytes(), data);
    }
    assert!(scanned.iter().all(|byte| *byte == 0), "a scanned label is wiped");

    let mut typed = data.to_vec();
    if let Ok(secret) = LabelSecret::parse(&mut typed) {
        let canonical: Vec<u8> = data
            .iter()
            .filter(|byte| !matches!(byte, b' ' | b'-'))
            .map(u8::to_ascii_uppercase)
            .collect();
        assert_eq!(secret.expose()[..], canonical[..]);
        let mut printed = secret.grouped().to_string().into_bytes();
        let again = LabelSecret::parse(&mut printed).expect("what is printed reads back");
        assert_eq!(again.expose(), secret.expose());
    }
    assert!(typed.iter().all(|byte| *byte == 0), "a typed secret is wiped");

    // A secret that is its own public fact is always found out.
    if data.len() >= 5 && data.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        assert!(audit(data, &[data]).is_err());
    }
    let (one, other) = data.split_at(data.len() / 2);
    let _ = audit(one, &[other]);
}
