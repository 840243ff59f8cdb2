//! Whether a batch of secrets looks drawn evenly and independently.

use gabion_provision::LabelSecret;

pub(crate) const ALPHABET: &[u8] = b"23456789CDFHJKMNPQRTVWX";
const SYMBOLS: usize = ALPHABET.len();
const PLACES: usize = LabelSecret::RANDOM_SYMBOLS;

/// Counts of symbols at each place, and of neighbouring pairs. Memory does not grow with the batch.
pub(crate) struct Statistics {
    places: [[u64; SYMBOLS]; PLACES],
    pairs: [[u64; SYMBOLS]; SYMBOLS],
}

impl Default for Statistics {
    fn default() -> Self {
        Self { places: [[0; SYMBOLS]; PLACES], pairs: [[0; SYMBOLS]; SYMBOLS] }
    }
}

impl Statistics {
    pub(crate) fn add(&mut self, symbols: &[u8]) {
        let value = |symbol: &u8| ALPHABET.iter().position(|s| s == symbol).unwrap_or_default();
        for (place, symbol) in self.places.iter_mut().zip(symbols) {
            place[value(symbol)] += 1;
        }
        // Pairs that do not overlap, so that they are independent of each other.
        for pair in symbols.chunks_exact(2) {
            self.pairs[value(&pair[0])][value(&pair[1])] += 1;
        }
    }

    pub(crate) fn worst_place(&self) -> f64 {
        let deviations = self.places.iter().map(|counts| deviation(counts.iter().copied()));
        deviations.fold(0.0, |worst, d| if d.abs() > f64::abs(worst) { d } else { worst })
    }

    pub(crate) fn neighbours(&self) -> f64 {
        deviation(self.pairs.iter().flatten().copied())
    }
}

/// How far counts are from even: Pearson's chi-squared as standard deviations of a normal distribution (Wilson and Hilferty).
/// 0 when there are too few counts to say anything.
fn deviation(counts: impl Iterator<Item = u64> + Clone) -> f64 {
    let total: u64 = counts.clone().sum();
    let cells = counts.clone().count() as f64;
    let expected = total as f64 / cells;
    if expected < 5.0 {
        return 0.0;
    }
    let chi2: f64 = counts.map(|n| (n as f64 - expected).powi(2) / expected).sum();
    let freedom = cells - 1.0;
    let spread = 2.0 / (9.0 * freedom);
    ((chi2 / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_with_modulo_bias_is_found() {
        // The mistake that 256 = 11 · 23 + 3 invites: three symbols are likelier by a twelfth.
        let (mut biased, mut good) = (Statistics::default(), Statistics::default());
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        for _ in 0..100_000 {
            let secret: Vec<u8> = (0..PLACES).map(|_| ALPHABET[next() % 256 % SYMBOLS]).collect();
            biased.add(&secret);
            let secret: Vec<u8> = (0..PLACES).map(|_| ALPHABET[next() % SYMBOLS]).collect();
            good.add(&secret);
        }
        assert!(biased.worst_place() > 6.0, "{}", biased.worst_place());
        assert!(good.worst_place().abs() < 6.0, "{}", good.worst_place());
        assert!(good.neighbours().abs() < 6.0, "{}", good.neighbours());
    }

    #[test]
    fn dependent_neighbours_are_found() {
        let mut dependent = Statistics::default();
        for round in 0..100_000_usize {
            let symbols: Vec<u8> = (0..PLACES)
                .map(|place| ALPHABET[(round * 7 + place * (round % 3)) % SYMBOLS])
                .collect();
            dependent.add(&symbols);
        }
        assert!(dependent.neighbours() > 6.0);
    }
}
