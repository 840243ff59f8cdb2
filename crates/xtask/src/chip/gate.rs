//! The gate: a figure may grow by so much over the baseline, and no more (N16).

use anyhow::{Result, bail};

use super::bench::{Report, Row};

/// Compares the rows of some boards with those of the baseline.
///
/// # Errors
///
/// When a figure grew too much, when an operation of the baseline is gone or a new one is not in it, or when the baseline
/// was made with another compiler and so tells nothing.
pub(super) fn hold(baseline: &Report, now: &Report, boards: &[&str]) -> Result<()> {
    if baseline.compiler != now.compiler {
        bail!(
            "the baseline was counted with {}, this run with {}: count the old commit with `cargo xtask bench --save` \
             and compare with that",
            baseline.compiler,
            now.compiler
        );
    }
    let problems = compare(baseline, now, boards);
    if problems.is_empty() {
        println!("\ngate: every figure within +1 % instructions, +2 % text, +64 B stack");
        return Ok(());
    }
    bail!("the gate does not hold:\n  {}", problems.join("\n  "))
}

fn compare(baseline: &Report, now: &Report, boards: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    let old: Vec<_> =
        baseline.rows.iter().filter(|row| boards.contains(&row.board.as_str())).collect();
    for row in &old {
        match now.rows.iter().find(|new| new.key() == row.key()) {
            Some(new) => judge(row, new, &mut problems),
            None => problems.push(format!("{}: no longer counted", name(row))),
        }
    }
    for new in &now.rows {
        if !old.iter().any(|row| row.key() == new.key()) {
            problems.push(format!("{}: not in the baseline", name(new)));
        }
    }
    problems
}

fn judge(old: &Row, new: &Row, problems: &mut Vec<String>) {
    // On Arm a count is exact within 8: an operation of few instructions gets that much besides its percent.
    let figures = [
        ("instructions", old.instructions, new.instructions, old.instructions / 100 + 8),
        ("bytes of text", old.text, new.text, old.text / 50),
        ("bytes of stack", old.stack, new.stack, 64),
    ];
    for (what, before, after, room) in figures {
        if after > before.saturating_add(room) {
            problems.push(format!("{}: {before} -> {after} {what}", name(new)));
        }
    }
}

fn name(row: &Row) -> String {
    format!("{} on {} at {}", row.operation, row.board, row.profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(figures: [u32; 3]) -> Report {
        let [instructions, text, stack] = figures;
        let row = Row {
            board: "m4".into(),
            profile: "O3".into(),
            binary: "b".into(),
            operation: "o".into(),
            instructions,
            stack,
            text,
        };
        Report { compiler: "c".into(), rows: vec![row] }
    }

    fn holds(before: [u32; 3], after: [u32; 3]) -> bool {
        hold(&report(before), &report(after), &["m4"]).is_ok()
    }

    #[test]
    fn small_growth_passes_and_larger_growth_fails() {
        let before = [100_000, 10_000, 1_000];
        assert!(holds(before, before));
        assert!(holds(before, [101_008, 10_200, 1_064]));
        assert!(!holds(before, [101_009, 10_000, 1_000]));
        assert!(!holds(before, [100_000, 10_201, 1_000]));
        assert!(!holds(before, [100_000, 10_000, 1_065]));
        assert!(holds(before, [1, 1, 1]), "a gain is no fault");
    }

    #[test]
    fn what_is_missing_or_new_fails() {
        let (full, mut empty) = (report([1, 1, 1]), report([1, 1, 1]));
        empty.rows.clear();
        assert!(hold(&full, &empty, &["m4"]).is_err());
        assert!(hold(&empty, &full, &["m4"]).is_err());
        assert!(hold(&full, &empty, &["rv"]).is_ok(), "another board's rows are not asked for");
    }

    #[test]
    fn another_compiler_is_no_comparison() {
        let mut other = report([1, 1, 1]);
        other.compiler = "d".into();
        assert!(hold(&report([1, 1, 1]), &other, &["m4"]).is_err());
    }
}
