//! Finds planted secrets in flash and RAM.

use core::fmt;

use crate::medium::Medium;

/// Shortest part of a secret that counts as a leak, in bytes.
const FRAGMENT: usize = 8;

/// Secrets to look for.
#[derive(Clone, Debug, Default)]
pub struct LeakScan {
    secrets: Vec<(String, Vec<u8>)>,
}

/// A part of a planted secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Name of the secret.
    pub secret: String,
    /// Where the part starts.
    pub address: usize,
    /// Which byte of the secret it starts with.
    pub from: usize,
    /// Length of the part; the length of the secret if all of it was found.
    pub len: usize,
    /// Whether the bits were found inverted.
    pub inverted: bool,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret, address, from, len, inverted } = self;
        let how = if *inverted { " (inverted)" } else { "" };
        write!(f, "{secret}[{from}..{}] at {address:#x}{how}", from + len)
    }
}

impl LeakScan {
    /// Makes a scan without secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Plants a secret. One that is shorter than 8 bytes counts only as a whole.
    ///
    /// # Panics
    ///
    /// If the secret is shorter than 4 bytes or is the same byte over and over: it would be found
    /// by chance.
    pub fn plant(&mut self, name: &str, secret: &[u8]) -> &mut Self {
        assert!(secret.len() >= 4, "a secret of less than 4 bytes is found by chance");
        assert!(secret.iter().any(|byte| *byte != secret[0]), "such a secret is found by chance");
        self.secrets.push((name.to_owned(), secret.to_vec()));
        self
    }

    /// Finds every part of at least 8 bytes of every secret, as it is and with its bits inverted.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for (name, secret) in &self.secrets {
            for inverted in [false, true] {
                let flip = if inverted { 0xFF } else { 0 };
                let needle: Vec<u8> = secret.iter().map(|byte| byte ^ flip).collect();
                find(bytes, &needle, |address, from, len| {
                    leaks.push(Leak { secret: name.clone(), address, from, len, inverted });
                });
            }
        }
        leaks
    }

    /// Finds them in the cells of a flash.
    pub fn scan_medium(&self, medium: &Medium) -> Vec<Leak> {
        self.scan(medium.bytes())
    }
}

fn find(bytes: &[u8], secret: &[u8], mut found: impl FnMut(usize, usize, usize)) {
    let least = FRAGMENT.min(secret.len());
    let mut at = 0;
    while at + least <= bytes.len() {
        let best = (0..=secret.len() - least)
            .map(|from| (common_prefix(&bytes[at..], &secret[from..]), from))
            .max_by_key(|(len, from)| (*len, core::cmp::Reverse(*from)));
        match best {
            // A run of one byte value (padding inside a secret) is no sign of a leak.
            Some((len, from)) if len >= least && !is_run(&secret[from..from + len]) => {
                found(at, from, len);
                at += len;
            }
            _ => at += 1,
        }
    }
}

fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(l, r)| l == r).count()
}

fn is_run(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == bytes[0])
}
