//! Texts for people, in every language of the catalogue.

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];
}

/// A phrase in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    english: &'static str,
    german: &'static str,
}

impl Words {
    /// Takes the phrase.
    ///
    /// # Panics
    ///
    /// At compile time, when one of the languages is missing.
    #[must_use]
    pub const fn new(english: &'static str, german: &'static str) -> Self {
        assert!(
            !english.is_empty() && !german.is_empty(),
            "a phrase stands there in every language"
        );
        Self { english, german }
    }

    /// Returns the phrase in one language.
    #[must_use]
    pub const fn say(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::German => self.german,
        }
    }
}
