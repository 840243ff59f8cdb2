//! Words that people should not need to know, looked for in what they read.

/// Returns the words of a text, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-')
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
}

/// Tells whether a word is in a list. Entries of up to four letters are matched as whole words (in the plural too), the others as the
/// beginning of a word.
pub fn is_among(word: &str, jargon: &[&str]) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    jargon.iter().any(|jargon| match jargon.len() {
        0..=4 => word == *jargon || singular == *jargon,
        _ => word.starts_with(jargon),
    })
}
