//! Files of the commands. One that cannot be read or written is misuse, not a verdict.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;

/// Reads a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a file of text.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("{} is not UTF-8", path.display()))
}

/// Reads the front of a file, at most so many bytes; `-` is standard input.
pub(crate) fn read_at_most(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let mut content = Vec::new();
    let done = if path == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut content)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut content))
    };
    done.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(content)
}

/// Writes to a file, or to standard output. Where nobody reads that any more, the exit code still tells.
pub(crate) fn write(out: Option<&Path>, content: &[u8]) -> anyhow::Result<()> {
    match out {
        Some(path) => std::fs::write(path, content)
            .with_context(|| format!("cannot write {}", path.display())),
        None => {
            let mut out = std::io::stdout();
            let _ = out.write_all(content).and_then(|()| out.flush());
            Ok(())
        }
    }
}
