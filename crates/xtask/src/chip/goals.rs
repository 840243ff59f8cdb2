//! The goals that counts can decide, and whether they are met.

use super::bench::{Report, Row};

/// Prints a line for each goal and board: the figure, the goal, and met or missed.
pub(super) fn print(report: &Report) {
    println!("\n{:<4} {:<4} {:<58} {:>12} {:>12}", "goal", "on", "what", "found", "goal");
    let mut boards: Vec<&str> = report.rows.iter().map(|row| row.board.as_str()).collect();
    boards.dedup();
    for board in boards {
        for goal in judge(report, board) {
            let Goal { number, what, found, limit, unit } = goal;
            let word = if found <= limit { "met" } else { "MISSED" };
            let show = |value: f64| match unit {
                "x" => format!("{value:.3} x"),
                _ => format!("{value:.0} {unit}"),
            };
            println!(
                "{number:<4} {board:<4} {what:<58} {:>12} {:>12}  {word}",
                show(found),
                show(limit)
            );
        }
    }
}

struct Goal {
    number: &'static str,
    what: &'static str,
    found: f64,
    limit: f64,
    unit: &'static str,
}

fn judge(report: &Report, board: &str) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut add = |number, what, found: Option<f64>, limit, unit| {
        goals.extend(found.map(|found| Goal { number, what, found, limit, unit }));
    };
    let row = |profile: &str, operation: &str| -> Option<&Row> {
        report
            .rows
            .iter()
            .find(|row| row.board == board && row.profile == profile && row.operation == operation)
    };
    let instructions =
        |operation: &str| row("O3", operation).map(|row| f64::from(row.instructions));
    for (what, operation, aead, flash) in [
        (
            "put of 32 B, beyond AEAD and flash",
            "store put 32 B",
            "store put, bare AEAD",
            "store put, bare flash",
        ),
        (
            "get of 32 B, beyond AEAD and flash",
            "store get 32 B",
            "store get, bare AEAD",
            "store get, bare flash",
        ),
    ] {
        let bare = instructions(aead).zip(instructions(flash)).map(|(aead, flash)| aead + flash);
        let extra = instructions(operation).zip(bare).map(|(all, bare)| all - bare);
        add("N8", what, extra, 1_000.0, "insns");
    }
    let bare = instructions("image bare hash")
        .zip(instructions("image bare signature"))
        .map(|(hash, signature)| hash + signature);
    let image = instructions("image verify");
    let extra = image.zip(bare).map(|(image, bare)| image - bare);
    add("N9", "image verification over hash + verify", extra, 10_000.0, "insns");
    let ratio = image.zip(bare).map(|(image, bare)| image / bare);
    add("N9", "image verification by hash + verify", ratio, 1.02, "x");
    // The sizes that the goal names are those of boot loaders for Cortex-M.
    if board == "m4" {
        let text = row("Os", "image parser and policy").map(|row| f64::from(row.text));
        add("N10", "parser and policy, without crypto, at Os", text, 3_072.0, "B");
        let text = row("Os", "image verify, boot loader").map(|row| f64::from(row.text));
        add(
            "N10",
            "boot loader: verification, small hash, gabion-p256, at Os",
            text,
            12_800.0,
            "B",
        );
    }
    goals
}
