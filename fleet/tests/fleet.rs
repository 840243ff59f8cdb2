//! `gabion-fleet` from outside: small fleets made, examined, tampered with, and examined again by a second engine and a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of this test, empty.
fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gabion-fleet-{}-{test}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the command in a folder: exit code, stdout, stderr.
fn fleet(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gabion-fleet"))
        .current_dir(folder)
        .args(args)
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), out, err)
}

fn simulate(folder: &Path, name: &str, attack: &str, devices: &str, per_mille: &str) {
    let args =
        ["simulate", "--devices", devices, "--days", "12", "--attack", attack, "--seed", "7"];
    let (code, _, err) =
        fleet(folder, &[&args[..], &["--per-mille", per_mille, "--out", name]].concat());
    assert_eq!((code, err.as_str()), (0, ""));
}

fn findings(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.join("findings.json")).unwrap()).unwrap()
}

fn score<'a>(found: &'a serde_json::Value, rule: &str) -> &'a serde_json::Value {
    found["scores"].as_array().unwrap().iter().find(|score| score["rule"] == rule).unwrap()
}

#[test]
fn each_attack_is_found_by_its_rule() {
    let folder = folder("each");
    for attack in ["guessing", "spraying", "reboots", "updates", "tampering", "clock", "peers"] {
        simulate(&folder, attack, attack, "60", "100");
        let labels = format!("{attack}/labels.json");
        let (code, out, err) =
            fleet(&folder, &["examine", attack, "--out", "out", "--labels", &labels]);
        assert_eq!(code, 1, "{attack}: {out}{err}");
        let found = findings(&folder.join("out"));
        let score = score(&found, attack);
        let (right, missed) = (score["found"].as_u64().unwrap(), score["missed"].as_u64().unwrap());
        // Slow spraying in a fleet of sixty hides among people who mistype.
        assert!(right >= 1 && (missed == 0 || attack == "spraying"), "{attack}: {score}");
    }
}

#[test]
fn a_fleet_to_which_nothing_happened_gives_exit_code_0() {
    let folder = folder("none");
    simulate(&folder, "quiet", "none", "25", "0");
    let (code, out, err) = fleet(&folder, &["examine", "quiet", "--out", "out"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let found = findings(&folder.join("out"));
    assert_eq!(found["devices"], 25);
    assert_eq!(found["bundles"], 50);
    assert!(found["events"].as_u64().unwrap() > 25 * 12 * 3);
    assert_eq!(found["findings"].as_array().unwrap().len(), 0);
    assert!(found.get("scores").is_none());
}

#[test]
fn the_same_seed_makes_the_same_fleet_and_examining_twice_says_the_same() {
    let folder = folder("same");
    for name in ["a", "b"] {
        simulate(&folder, name, "mixed", "30", "50");
        fleet(&folder, &["examine", name, "--out", &format!("out-{name}")]);
    }
    for file in ["devices.ndjson", "labels.json"] {
        let [a, b] = ["a", "b"].map(|name| std::fs::read(folder.join(name).join(file)).unwrap());
        assert!(a == b, "{file}");
    }
    for file in ["findings.json", "report.html"] {
        let [a, b] =
            ["out-a", "out-b"].map(|name| std::fs::read(folder.join(name).join(file)).unwrap());
        assert!(a == b, "{file}");
    }
}

#[test]
fn changed_dropped_replayed_and_foreign_bundles_are_refused_and_the_rest_is_examined() {
    let folder = folder("attacks");
    simulate(&folder, "fleet", "none", "8", "0");
    let mut devices: Vec<PathBuf> = std::fs::read_dir(folder.join("fleet/bundles"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    devices.sort();
    let bundle = |device: usize, n: usize| devices[device].join(format!("{n:04}.log-bundle"));
    let mut bytes = std::fs::read(bundle(0, 0)).unwrap();
    bytes[300] ^= 4;
    std::fs::write(bundle(0, 0), bytes).unwrap();
    std::fs::copy(bundle(2, 1), bundle(1, 1)).unwrap();
    std::fs::copy(bundle(3, 0), devices[3].join("0002.log-bundle")).unwrap();
    let cut = std::fs::read(bundle(4, 1)).unwrap();
    std::fs::write(bundle(4, 1), &cut[..cut.len() - 80]).unwrap();
    std::fs::remove_file(bundle(5, 0)).unwrap();
    let (code, out, err) = fleet(&folder, &["examine", "fleet", "--out", "out"]);
    assert_eq!((code, err.as_str()), (1, ""), "{out}");
    let found = findings(&folder.join("out"));
    let refused = found["refused"].as_array().unwrap();
    let name = |n: usize| devices[n].file_name().unwrap().to_str().unwrap().to_owned();
    let mut who: Vec<String> =
        refused.iter().map(|r| r["device"].as_str().unwrap().to_owned()).collect();
    who.sort();
    // The first bundle of device 5 is missing: the second begins where the ring still reaches, and says from where it was asked.
    let expected = [0, 1, 3, 4].map(name);
    assert_eq!(who, expected, "{refused:?}");
    let reason = |n: usize| {
        let device = refused.iter().find(|r| r["device"] == name(n).as_str()).unwrap();
        device["reason"].as_str().unwrap().to_owned()
    };
    assert!(reason(3).contains("goes back"), "{}", reason(3));
    let tampering =
        found["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "tampering");
    assert_eq!(tampering.count(), 4);
    assert_eq!(found["devices"], 8);
    assert!(found["events"].as_u64().unwrap() > 0);
}

#[test]
fn misuse_is_told_apart_from_findings() {
    let folder = folder("misuse");
    std::fs::create_dir_all(folder.join("empty")).unwrap();
    std::fs::create_dir_all(folder.join("odd")).unwrap();
    std::fs::write(
        folder.join("odd/devices.ndjson"),
        "{\"device\":\"../../etc\",\"key\":\"\",\"seed\":\"\"}\n",
    )
    .unwrap();
    for (args, reason) in [
        (vec!["examine", "missing", "--out", "out"], "cannot read"),
        (vec!["examine", "empty", "--out", "out"], "cannot read"),
        (vec!["examine", "odd", "--out", "out"], "16 hexadecimal digits"),
        (vec!["examine", "empty"], "--out"),
        (vec!["simulate", "--devices", "0", "--days", "1", "--attack", "none", "--out", "x"], "0"),
        (
            vec!["simulate", "--devices", "1", "--days", "1", "--attack", "rain", "--out", "x"],
            "rain",
        ),
        (
            vec!["simulate", "--devices", "1", "--days", "1", "--attack", "none", "--out", "empty"],
            "exists",
        ),
    ] {
        let (code, _, err) = fleet(&folder, &args);
        assert_eq!(code, 2, "{args:?}: {err}");
        assert!(err.contains(reason), "{args:?}: {err}");
    }
}

/// A Python with DuckDB: that of `cargo xtask setup`, or the one that `GABION_PYTHON` names.
fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python");
    let python = std::env::var_os("GABION_PYTHON").map_or(own, PathBuf::from);
    let works = Command::new(&python).args(["-c", "import duckdb"]).output();
    if works.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!(
        "\n*** SKIPPED: no second engine. Run cargo xtask setup, or name a Python with duckdb in GABION_PYTHON.\n"
    );
    None
}

#[test]
fn a_second_engine_finds_the_same_with_the_same_rules() {
    let Some(python) = python() else { return };
    let folder = folder("engine");
    simulate(&folder, "fleet", "mixed", "400", "20");
    let (code, out, err) = fleet(&folder, &["examine", "fleet", "--out", "out"]);
    assert_eq!(code, 1, "{out}{err}");
    let found = findings(&folder.join("out"));
    assert!(found["findings"].as_array().unwrap().len() > 20);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let second = |out: &str| {
        let script = here.join("second_engine.py");
        Command::new(&python)
            .arg(script)
            .arg(here.join("rules"))
            .arg(folder.join(out))
            .output()
            .unwrap()
    };
    let output = second("out");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // And it would notice: one finding less is a difference.
    let mut less = found;
    less["findings"].as_array_mut().unwrap().pop();
    std::fs::write(folder.join("out/findings.json"), less.to_string()).unwrap();
    assert!(!second("out").status.success());
}

/// What is measured inside the page.
const MEASURE: &str = r##"<script>
addEventListener("load", () => {
  const rects = [...document.querySelectorAll("svg rect")];
  const flat = rects.filter(r => { const b = r.getBBox(); return !(b.width >= 0 && b.height >= 0) || [b.x, b.y].some(Number.isNaN); }).length;
  const out = [...document.querySelectorAll("svg")].filter(s => {
    const v = s.viewBox.baseVal;
    return [...s.querySelectorAll("rect")].some(r => { const b = r.getBBox(); return b.x < -0.5 || b.y < -0.5 || b.x + b.width > v.width + 0.5 || b.y + b.height > v.height + 0.5; });
  }).length;
  const black = rects.filter(r => getComputedStyle(r).fill === "rgb(0, 0, 0)").length;
  const scroll = document.documentElement.scrollWidth > innerWidth + 1;
  const rows = document.querySelectorAll("#devices ~ div tr").length;
  document.body.setAttribute("data-measured", [rects.length > 40, rows > 3, flat, out, black, scroll].join(" "));
});
</script></body>"##;

#[test]
fn the_report_needs_nothing_else_and_is_whole_in_a_browser() {
    let folder = folder("report");
    simulate(&folder, "fleet", "mixed", "200", "30");
    let (code, ..) =
        fleet(&folder, &["examine", "fleet", "--out", "out", "--labels", "fleet/labels.json"]);
    assert_eq!(code, 1);
    let html = std::fs::read_to_string(folder.join("out/report.html")).unwrap();
    for outside in ["http:", "https:", "//", "<script", "<img", "<link", "url(", "@import", "{{"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("default-src 'none'"));
    let Some(chromium) = chromium() else { return };
    let page = folder.join("measured.html");
    let (before, after) = html.split_once("<meta http-equiv").unwrap();
    let (_, after) = after.split_once('>').unwrap();
    std::fs::write(&page, format!("{before}{after}").replace("</body>", MEASURE)).unwrap();
    for size in ["--window-size=1280,900", "--window-size=500,900"] {
        let output = Command::new(&chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--virtual-time-budget=2000", "--dump-dom", size])
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let dom = String::from_utf8(output.stdout).unwrap();
        assert!(
            dom.contains("data-measured=\"true true 0 0 0 false\""),
            "{size}: {}",
            measured(&dom)
        );
    }
}

fn measured(dom: &str) -> &str {
    let (_, rest) = dom.split_once("data-measured=\"").unwrap_or(("", "nothing measured"));
    rest.split('"').next().unwrap_or_default()
}

fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GABION_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let names =
        ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"];
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .flat_map(|dir| names.map(|name| dir.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!(
            "\n*** SKIPPED: the report was NOT looked at in a browser. Install Debian's chromium-headless-shell or chromium,\n*** or name a Chromium in GABION_CHROMIUM.\n"
        );
    }
    found
}
