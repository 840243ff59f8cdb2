//! Against servers of others over TCP: OpenSSL's. `openssl` has to be installed; in CI its absence fails the test, elsewhere
//! it is said.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../../gabion-link/tests/mint/mod.rs"]
mod mint;
mod server;
mod tcp;

use gabion_crypto::{AeadKey, Software, SoftwareChaCha};
use gabion_link::ChannelPolicy;
use gabion_link::x509::{PathError, Refusal as PathRefusal};
use gabion_tls::{Aes128GcmSuite, ChaChaSuite, RecordCipher, Refusal, TlsError};
use mint::{CLIENT, Cert, EKU, Ext, Key, dns, purposes};
use server::{BY_CERTIFICATE, BY_KEY, chain, psk};
use tcp::{Client, OpenSsl, hex};

/// Sends a line to `s_server -rev` and gets it back turned round.
fn talk<S: RecordCipher<Key: AeadKey>>(
    server: &OpenSsl,
    suite: &S,
    policy: ChannelPolicy,
    own: Option<(Vec<u8>, Key)>,
) -> Result<String, TlsError> {
    let (_, root) = chain();
    Client { port: server.port, policy, root, own }.ask(suite, b"tab\n")
}

fn turned(answer: Result<String, TlsError>) {
    assert_eq!(answer.as_deref(), Ok("bat\n"));
}

#[test]
fn openssl_with_a_certificate() {
    let (chain, _) = chain();
    let Some(server) = OpenSsl::start("certificate", Some((&chain, Key(3))), &[]) else { return };
    turned(talk(&server, &Aes128GcmSuite(Software), BY_CERTIFICATE, None));
    turned(talk(&server, &ChaChaSuite(SoftwareChaCha), BY_CERTIFICATE, None));
}

#[test]
fn openssl_with_a_key() {
    let key = hex(psk().expose());
    let more = ["-nocert", "-psk_identity", server::IDENTITY, "-psk", &key];
    let Some(server) = OpenSsl::start("key", None, &more) else { return };
    turned(talk(&server, &Aes128GcmSuite(Software), BY_KEY, None));
    turned(talk(&server, &ChaChaSuite(SoftwareChaCha), BY_KEY, None));
    drop(server);
    let other = hex(&[7; 32]);
    let more = ["-nocert", "-psk_identity", server::IDENTITY, "-psk", &other];
    let Some(server) = OpenSsl::start("other-key", None, &more) else { return };
    // It finds our proof wrong and says so, or gives up.
    let result = talk(&server, &Aes128GcmSuite(Software), BY_KEY, None);
    assert!(matches!(result, Err(TlsError::Alert(_) | TlsError::Truncated)), "{result:?}");
}

#[test]
fn openssl_that_asks_for_our_certificate() {
    let (chain, _) = chain();
    let makers = Cert::root("makers", Key(8));
    let own = Cert::leaf(Key(9), &makers).with(Ext::new(EKU, false, purposes(&[CLIENT]))).der();
    let folder = tcp::folder("makers");
    let file = folder.join("makers.pem");
    std::fs::write(&file, tcp::pem("CERTIFICATE", &makers.der())).unwrap();
    let more = ["-Verify", "2", "-verify_return_error", "-CAfile", file.to_str().unwrap()];
    let Some(server) = OpenSsl::start("client", Some((&chain, Key(3))), &more) else { return };
    let suite = Aes128GcmSuite(Software);
    turned(talk(&server, &suite, BY_CERTIFICATE, Some((own.clone(), Key(9)))));
    // Without ours, and with one whose key we lack, it ends the connection.
    for own in [None, Some((own, Key(7)))] {
        let result = talk(&server, &suite, BY_CERTIFICATE, own);
        assert!(matches!(result, Err(TlsError::Alert(_) | TlsError::Truncated)), "{result:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn openssl_that_is_not_who_it_has_to_be() {
    let (mut chain, _) = chain();
    let root = Cert::root("root", Key(1));
    let inter = Cert::inter("inter", Key(2), &root);
    chain[0] = Cert::leaf(Key(3), &inter).names(&[dns("other.example.com")]).der();
    let Some(server) = OpenSsl::start("name", Some((&chain, Key(3))), &[]) else { return };
    let result = talk(&server, &Aes128GcmSuite(Software), BY_CERTIFICATE, None);
    assert!(matches!(
        result,
        Err(TlsError::Refused(Refusal::Certificate(PathError::Refused {
            reason: PathRefusal::WrongName,
            ..
        })))
    ));
}

#[test]
fn openssl_that_speaks_only_tls_1_2_or_another_suite() {
    let (chain, _) = chain();
    let certificate = Some((&chain[..], Key(3)));
    for (name, more) in [
        ("old", ["-quiet", "-tls1_2"]),
        ("suite", ["-ciphersuites", "TLS_AES_256_GCM_SHA384"]),
        ("group", ["-groups", "X25519"]),
    ] {
        let Some(server) = OpenSsl::start(name, certificate, &more) else { return };
        let result = talk(&server, &Aes128GcmSuite(Software), BY_CERTIFICATE, None);
        assert!(matches!(result, Err(TlsError::Alert(_) | TlsError::Refused(_))), "{result:?}");
    }
}
