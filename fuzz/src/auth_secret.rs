//! New secrets of people on any bytes, against any fact.

use gabion_auth::{Entered, judge};

/// What must hold for every input. The first byte says where the fact ends and the secret begins.
pub fn auth_secret(data: &[u8]) {
    let [cut, rest @ ..] = data else { return };
    let (fact, secret) = rest.split_at(usize::from(*cut).min(rest.len()));
    let mut typed = secret.to_vec();
    let entered = Entered::take(&mut typed);
    assert!(typed.iter().all(|byte| *byte == 0), "what was typed is wiped");
    let Ok(entered) = entered else {
        assert!(secret.len() > Entered::MAX);
        return;
    };
    if judge(&entered, &[fact]).is_err() {
        return;
    }
    // What is accepted is text of at least ten characters that does not hold the fact.
    let text = core::str::from_utf8(secret).expect("text");
    assert!(text.chars().count() >= 10);
    assert!(!text.chars().any(char::is_control));
    let plain = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    if fact.is_ascii() && text.is_ascii() {
        let (fact, secret) = (plain(fact), plain(secret));
        let holds = fact.len() >= 4 && secret.windows(fact.len()).any(|part| part == fact);
        assert!(!holds, "the secret holds the fact");
    }
    // Alone, without any fact, it is good as well.
    assert!(judge(&entered, &[]).is_ok());
}
