//! Finds duplicates among any number of fingerprints in bounded memory: they are spread over files by their low bits, and each
//! file is sorted on its own.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Fingerprints that are sorted in memory at a time: 1 MiB.
const PER_BUCKET: u64 = 65_536;
const MOST_BUCKETS: u64 = 512;

pub(crate) struct Spill {
    folder: PathBuf,
    buckets: Vec<BufWriter<File>>,
}

impl Spill {
    pub(crate) fn new(folder: &Path, count: u64) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let number = count.div_ceil(PER_BUCKET).clamp(1, MOST_BUCKETS);
        let open = |number| {
            let path = folder.join(format!("{number}"));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file =
                options.open(&path).with_context(|| format!("cannot make {}", path.display()))?;
            Ok(BufWriter::with_capacity(16 * 1024, file))
        };
        let buckets = (0..number).map(open).collect::<anyhow::Result<_>>()?;
        Ok(Self { folder: folder.to_owned(), buckets })
    }

    pub(crate) fn push(&mut self, fingerprint: u128) -> std::io::Result<()> {
        let bucket = (fingerprint % self.buckets.len() as u128) as usize;
        self.buckets[bucket].write_all(&fingerprint.to_le_bytes())
    }

    /// Counts the fingerprints that occurred before, and removes the files.
    pub(crate) fn duplicates(mut self) -> anyhow::Result<u64> {
        let mut duplicates = 0;
        let count = self.buckets.len();
        for bucket in &mut self.buckets {
            bucket.flush()?;
        }
        self.buckets.clear();
        for number in 0..count {
            let mut bytes = Vec::new();
            let path = self.folder.join(format!("{number}"));
            File::open(&path)?.read_to_end(&mut bytes)?;
            let (chunks, _) = bytes.as_chunks::<16>();
            let mut fingerprints: Vec<u128> =
                chunks.iter().map(|chunk| u128::from_le_bytes(*chunk)).collect();
            fingerprints.sort_unstable();
            duplicates += fingerprints.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
            fs::remove_file(&path)?;
        }
        Ok(duplicates)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // Best effort: what is left holds nothing that can be used.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repetition_counts_once() {
        let folder = std::env::temp_dir().join(format!("gabion-spill-{}", std::process::id()));
        let mut spill = Spill::new(&folder, 200_000).unwrap();
        for fingerprint in (0..1000_u128).chain([5, 5, 999]) {
            spill.push(fingerprint).unwrap();
        }
        assert_eq!(spill.duplicates().unwrap(), 3);
        assert!(!folder.exists());
    }
}
