//! The HTML in a real browser: everything is there, nothing overflows on a desk or a phone, and it prints.
//!
//! Needs a Chromium: Debian's `chromium` or `chromium-headless-shell`, or any that `GABION_CHROMIUM` names. Without one, the tests
//! say loudly that they were skipped.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr
)]

#[macro_use]
mod ics_support;

use std::path::{Path, PathBuf};
use std::process::Command;

use gabion_cli::conformance::Edition;
use gabion_cli::conformance::render::{self, Format};
use gabion_cli::conformance::sheet::{Kind, sheet};
use gabion_cli::conformance::statement::Statement;
use ics_device::PROFILE;
use ics_support::{folder, image, lamp_answers, passed};

fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GABION_CHROMIUM") {
        let named = PathBuf::from(named);
        assert!(named.exists(), "GABION_CHROMIUM names {}, which is not there", named.display());
        return Some(named);
    }
    let names =
        ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"];
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .flat_map(|dir| names.map(|name| dir.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!(
            "\n*** SKIPPED: the HTML was NOT looked at in a browser. Install Debian's chromium-headless-shell or chromium,\n*** or name a Chromium in GABION_CHROMIUM.\n"
        );
    }
    found
}

fn browse(chromium: &Path, args: &[&str], page: &Path) -> Vec<u8> {
    let mut command = Command::new(chromium);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--virtual-time-budget=2000",
    ]);
    let out = command.args(args).arg(format!("file://{}", page.display())).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// What is measured inside the page.
const MEASURE: &str = r#"<script>
addEventListener("load", () => {
  const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length;
  const rows = document.querySelectorAll("tr[id^='p-']").length;
  const tables = document.querySelectorAll("h3[id^='ixit-']").length;
  const dead = [...document.querySelectorAll("nav a")].filter(a => !document.querySelector(a.getAttribute("href"))).length;
  const record = JSON.parse(document.getElementById("gabion-record").textContent).gabion_statement;
  const small = [...document.querySelectorAll("td,p,dd")].filter(e => parseFloat(getComputedStyle(e).fontSize) < 11).length;
  const scroll = document.documentElement.scrollWidth > innerWidth + 1;
  document.body.setAttribute("data-measured", [rows, tables, wide, dead, record, small, scroll, innerWidth].join(" "));
});
</script></body>"#;

#[test]
fn statement_and_sheets_are_whole_in_a_browser() {
    let Some(chromium) = chromium() else { return };
    let folder = folder("browser");
    let lamp = image(section!(PROFILE));
    for (edition, rows) in [(Edition::V2, 67), (Edition::V3, 78)] {
        let made = Statement::make(&lamp, &lamp_answers(), Some(&passed(&lamp)), edition);
        let html = render::statement(&made, Format::Html);
        for other in ["http://", "https://", "url(", "@import", "<img", "<link", " src="] {
            let own = html.replace("https://example.invalid", "");
            assert!(!own.contains(other), "self-contained pages hold no {other}");
        }
        let mut pages = vec![("statement".to_owned(), html, rows, 29)];
        for (name, kind) in [("psti", Kind::Psti), ("en18031", Kind::En18031), ("cra", Kind::Cra)] {
            if let Ok(sheet) = sheet(&made, kind) {
                pages.push((name.to_owned(), render::sheet(&sheet, Format::Html), 0, 0));
            }
        }
        for (name, html, rows, tables) in pages {
            let page = folder.join(format!("{name}-{}.html", edition.as_str()));
            std::fs::write(&page, html.replace("</body>", MEASURE)).unwrap();
            for width in [1200, 500] {
                let size = format!("--window-size={width},900");
                let dom =
                    String::from_utf8(browse(&chromium, &[&size, "--dump-dom"], &page)).unwrap();
                let measured = dom
                    .split("data-measured=\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next())
                    .unwrap();
                let expected = format!("{rows} {tables} 0 0 1 0 false {width}");
                assert_eq!(measured, expected, "{name} {}", edition.as_str());
            }
            let pdf = page.with_extension("pdf");
            let print = format!("--print-to-pdf={}", pdf.display());
            browse(&chromium, &[&print, "--no-pdf-header-footer"], &page);
            let bytes = std::fs::read(&pdf).unwrap();
            assert!(bytes.starts_with(b"%PDF") && bytes.len() > 10_000, "{name} prints");
        }
    }
}
