//! The lines of the test runners are read right, failures above all.

use xtask::totals::Totals;

#[test]
fn libtest_lines() {
    let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
    assert_eq!(Totals::from_libtest(line), Some(Totals { passed: 12, failed: 0, skipped: 1 }));
    let line = "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.20s";
    assert_eq!(Totals::from_libtest(line), Some(Totals { passed: 2, failed: 3, skipped: 0 }));
    assert_eq!(Totals::from_libtest("test result of mine ... ok"), None);
    assert_eq!(Totals::from_libtest("running 3 tests"), None);
}

#[test]
fn nextest_lines() {
    let line = "     Summary [   3.036s] 91 tests run: 91 passed, 0 skipped";
    assert_eq!(Totals::from_nextest(line), Some(Totals { passed: 91, failed: 0, skipped: 0 }));
    let line = "     Summary [   0.1s] 9 tests run: 5 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 1 exec failed, 4 skipped";
    assert_eq!(Totals::from_nextest(line), Some(Totals { passed: 5, failed: 4, skipped: 4 }));
    let line = "     Summary [   0.1s] 3/9 tests run: 2 passed, 1 failed, 0 skipped";
    assert_eq!(Totals::from_nextest(line), Some(Totals { passed: 2, failed: 1, skipped: 0 }));
    assert_eq!(Totals::from_nextest("        PASS [   0.002s] gabion-hal::api reads"), None);
}

#[test]
fn a_run_of_no_tests_is_not_a_success() {
    assert!(!Totals::default().succeeded());
    assert!(Totals { passed: 1, failed: 0, skipped: 0 }.succeeded());
    assert!(!Totals { passed: 9, failed: 1, skipped: 0 }.succeeded());
}

#[test]
fn the_closing_line_is_the_one_that_ci_reads() {
    assert_eq!(Totals { passed: 3, failed: 0, skipped: 2 }.to_string(), "3 passed, 0 failed");
}
