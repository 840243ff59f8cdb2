//! Finds planted secrets in flash and RAM.

use core::fmt;
use std::collections::{BTreeSet, HashMap};

use crate::medium::Medium;

/// Shortest part of a secret that counts as a leak, in bytes.
const FRAGMENT: usize = 8;

/// Secrets to look for.
///
/// ```
/// let mut scan = gabion_sim::LeakScan::new();
/// scan.plant("Wi-Fi key", b"correct horse battery staple");
/// let leaks = scan.scan(b"....horse battery....");
/// assert_eq!(leaks[0].to_string(), "Wi-Fi key[8..21] at 0x4");
/// ```
#[derive(Clone, Debug, Default)]
pub struct LeakScan {
    /// Name, bytes to look for, and whether these are the secret's bits inverted.
    needles: Vec<(String, Vec<u8>, bool)>,
    /// Needle and position of each part of the shortest length, by its content.
    parts: HashMap<Vec<u8>, Vec<(usize, usize)>>,
    /// Lengths of the parts, shortest first: 8, and less for secrets that are shorter.
    lens: BTreeSet<usize>,
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
        for inverted in [false, true] {
            let flip = if inverted { 0xFF } else { 0 };
            let needle: Vec<u8> = secret.iter().map(|byte| byte ^ flip).collect();
            let index = self.needles.len();
            let len = FRAGMENT.min(needle.len());
            self.lens.insert(len);
            // A run of one byte value (padding inside a secret) is no sign of a leak.
            let parts = needle.windows(len).enumerate().filter(|(_, part)| !is_run(part));
            for (from, part) in parts {
                self.parts.entry(part.to_vec()).or_default().push((index, from));
            }
            self.needles.push((name.to_owned(), needle, inverted));
        }
        self
    }

    /// Finds every part of at least 8 bytes of every secret, as it is and with its bits inverted.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Leak> {
        let mut leaks = Vec::new();
        // Up to where each needle's last find reaches, so that it is told once.
        let mut told = vec![0; self.needles.len()];
        for address in 0..bytes.len() {
            for len in &self.lens {
                let Some(part) = bytes.get(address..address + len) else { continue };
                for (needle, from) in self.parts.get(part).into_iter().flatten() {
                    if address < told[*needle] {
                        continue;
                    }
                    let (name, secret, inverted) = &self.needles[*needle];
                    let len = common_prefix(&bytes[address..], &secret[*from..]);
                    told[*needle] = address + len;
                    leaks.push(Leak {
                        secret: name.clone(),
                        address,
                        from: *from,
                        len,
                        inverted: *inverted,
                    });
                }
            }
        }
        leaks
    }

    /// Finds them in the cells of a flash.
    pub fn scan_medium(&self, medium: &Medium) -> Vec<Leak> {
        self.scan(medium.bytes())
    }
}

fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(l, r)| l == r).count()
}

fn is_run(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == bytes[0])
}
