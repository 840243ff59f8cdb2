//! Every published vector for P-256, accept and reject sets apart.

use gabion_p256::SmallP256;
use gabion_vectors::check_p256_verify;

/// The figures are those of the software provider: both ran the same cases with the same verdicts.
#[test]
fn wycheproof_and_rfc_6979() {
    let tally = check_p256_verify(&SmallP256).unwrap();
    assert_eq!((tally.accepted, tally.rejected), (839, 2915));
    assert_eq!((tally.refused_by_encoding, tally.inexpressible), (543, 0));
}
