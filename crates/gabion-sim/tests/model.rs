//! The reference model names each way in which a store can go wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use gabion_sim::{Case, Cut, Fault, KvModel, KvOp, KvState, Place, Report, kv_judge};

fn state(text: &str) -> KvState {
    let pairs = text.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(key, value)| (key.into(), value.into())).collect()
}

fn name(old: &str, new: &str, seen: &str) -> String {
    kv_judge(&state(old), &state(new), &state(seen)).err().map_or_else(String::new, |e| e.0)
}

#[test]
fn old_and_new_are_right_and_everything_else_has_a_name() {
    assert_eq!(name("a=1", "a=2", "a=1"), "");
    assert_eq!(name("a=1", "a=2", "a=2"), "");
    assert_eq!(name("a=1", "a=2", ""), "lost acknowledged write");
    assert_eq!(name("a=1 b=1", "a=2 b=1", "a=2"), "lost acknowledged write");
    assert_eq!(name("a=1", "a=2", "a=3"), "wrong value");
    assert_eq!(name("a=1", "", ""), "");
    assert_eq!(name("a=1", "", "a=0"), "wrong value");
    assert_eq!(name("", "a=1", "b=1"), "resurrected");
    assert_eq!(name("", "", "a=1"), "resurrected");
    assert_eq!(name("a=1 b=1", "a=2 b=2", "a=1 b=2"), "torn batch");
    assert_eq!(name("a=1", "b=1", ""), "torn batch");
    assert_eq!(name("a=1", "b=1", "a=1 b=1"), "torn batch");
}

#[test]
fn a_model_allows_what_is_pending_and_nothing_that_is_not() {
    let put = |key: &str, value: &str| KvOp::Put(key.into(), value.into());
    let mut model = KvModel::new();
    model.begin(put("a", "1"));
    model.acknowledge();
    assert_eq!(*model.state(), state("a=1"));
    assert!(model.clone().check(&state("")).is_err());

    model.begin(KvOp::Batch(vec![put("b", "2"), KvOp::Remove(b"a".to_vec())]));
    model.clone().check(&state("a=1")).unwrap();
    assert_eq!(model.clone().check(&state("a=1 b=2")).unwrap_err().0, "torn batch");
    model.check(&state("b=2")).unwrap();
    assert!(model.check(&state("a=1")).is_err(), "what was seen once stays");

    model.begin(KvOp::Clear);
    model.acknowledge();
    model.check(&state("")).unwrap();
    assert_eq!(KvModel::with(state("x=1")).state().len(), 1);
}

#[test]
fn a_case_reads_back_as_it_was_printed() {
    let cuts = vec![Cut::new(5, Fault::TornWord, 7), Cut::new(0, Fault::EraseTorn, 1).unstable()];
    let case = Case { place: Place::Op(3), cuts };
    assert_eq!(case.to_string(), "3:5/torn-word/7,0/erase-torn/1/unstable");
    assert_eq!(Case::parse(&case.to_string()), Some(case));
    for place in [Place::Open, Place::Session] {
        let case = Case { place, cuts: vec![Cut::clean(2)] };
        assert_eq!(Case::parse(&case.to_string()), Some(case));
    }
    for text in ["", "3", "3:", "x:1/clean/0", "3:1/dirty/0", "3:1/clean", "3:1/clean/0/odd"] {
        assert_eq!(Case::parse(text), None, "{text}");
    }
    for fault in Fault::ALL {
        assert_eq!(Fault::by_name(fault.name()), Some(fault));
    }
}

#[test]
fn reports_add_up() {
    let mut sum = Report { cuts: 2, ..Report::default() };
    let mut other = Report { cuts: 3, ..Report::default() };
    other.violations.insert("resurrected".into(), 4);
    sum.merge(other);
    assert_eq!((sum.cuts, sum.violation_count(), sum.count("resurrected")), (5, 4, 4));
    sum.assert_caught();
}

#[test]
#[should_panic(expected = "no power cut was tried")]
fn a_report_of_nothing_is_not_clean() {
    Report::default().assert_clean();
}

#[test]
#[should_panic(expected = "missed a planted bug")]
fn a_clean_report_has_caught_nothing() {
    Report { cuts: 1, ..Report::default() }.assert_caught();
}
