//! The key schedule (RFC 8446 §7.1), on SHA-256.

use gabion_crypto::{HmacSha256, Secret, Sha256};

/// A secret of the schedule.
pub(crate) type Key = Secret<[u8; 32]>;

/// Traffic secrets of both directions.
pub(crate) struct Traffic {
    pub(crate) client: Key,
    pub(crate) server: Key,
}

/// HKDF-Expand-Label for outputs of one hash block: the first `length` bytes of the result count.
fn expand_label(
    hmac: &impl HmacSha256,
    secret: &Key,
    label: &[u8],
    context: &[u8],
    length: u8,
) -> Key {
    // "tls13 " and the longest label have 18 bytes, contexts 0 or 32.
    let label_length = u8::try_from(label.len()).unwrap_or(u8::MAX).saturating_add(6);
    let context_length = u8::try_from(context.len()).unwrap_or(u8::MAX);
    Secret::new(hmac.hmac_sha256(
        secret.expose(),
        &[&[0, length, label_length], b"tls13 ", label, &[context_length], context, &[1]],
    ))
}

/// From the early secret on, downwards: each step consumes the one before.
pub(crate) struct Early(Key);
pub(crate) struct Handshake(Key);

impl Early {
    /// Starts, with a pre-shared key or without.
    pub(crate) fn new(hmac: &impl HmacSha256, psk: Option<&Key>) -> Self {
        let zero = [0; 32];
        let input = psk.map_or(&zero, Secret::expose);
        Self(Secret::new(hmac.hmac_sha256(&zero, &[input])))
    }

    /// Proves to the server that the client has the external key, over the hash of the ClientHello up to here (§4.2.11.2).
    pub(crate) fn binder(&self, crypto: &(impl HmacSha256 + Sha256), hello: &[u8; 32]) -> [u8; 32] {
        let key = expand_label(crypto, &self.0, b"ext binder", &crypto.sha256(&[]), 32);
        finished(crypto, &key, hello)
    }

    /// Takes in what the key agreement gave.
    pub(crate) fn agree(self, crypto: &(impl HmacSha256 + Sha256), shared: &Key) -> Handshake {
        Handshake(next(crypto, &self.0, shared.expose()))
    }
}

impl Handshake {
    /// The secrets that protect the rest of the handshake, over ClientHello and ServerHello.
    pub(crate) fn traffic(&self, hmac: &impl HmacSha256, transcript: &[u8; 32]) -> Traffic {
        Traffic {
            client: expand_label(hmac, &self.0, b"c hs traffic", transcript, 32),
            server: expand_label(hmac, &self.0, b"s hs traffic", transcript, 32),
        }
    }

    /// The secrets that protect application data, over everything up to the server's Finished.
    pub(crate) fn application(
        self,
        crypto: &(impl HmacSha256 + Sha256),
        transcript: &[u8; 32],
    ) -> Traffic {
        let main = next(crypto, &self.0, &[0; 32]);
        Traffic {
            client: expand_label(crypto, &main, b"c ap traffic", transcript, 32),
            server: expand_label(crypto, &main, b"s ap traffic", transcript, 32),
        }
    }
}

fn next(crypto: &(impl HmacSha256 + Sha256), secret: &Key, input: &[u8; 32]) -> Key {
    let salt = expand_label(crypto, secret, b"derived", &crypto.sha256(&[]), 32);
    Secret::new(crypto.hmac_sha256(salt.expose(), &[input]))
}

/// The value of a Finished message or a binder (§4.4.4).
pub(crate) fn finished(hmac: &impl HmacSha256, traffic: &Key, transcript: &[u8; 32]) -> [u8; 32] {
    let key = expand_label(hmac, traffic, b"finished", &[], 32);
    hmac.hmac_sha256(key.expose(), &[transcript])
}

/// The key and the nonces' base of one direction (§7.3).
pub(crate) fn record_keys(
    hmac: &impl HmacSha256,
    traffic: &Key,
    key_length: u8,
) -> (Key, [u8; 12]) {
    let key = expand_label(hmac, traffic, b"key", &[], key_length);
    let iv = expand_label(hmac, traffic, b"iv", &[], 12);
    let iv = iv.expose().first_chunk().copied().unwrap_or_default();
    (key, iv)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gabion_crypto::Software;

    fn hex(text: &str) -> [u8; 32] {
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        out
    }

    /// RFC 8448 §3, simple 1-RTT handshake: its key agreement is another, everything below it is ours.
    #[test]
    fn rfc_8448_section_3() {
        let early = Early::new(&Software, None);
        assert_eq!(
            early.0.expose(),
            &hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a")
        );
        let shared =
            Secret::new(hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"));
        let handshake = early.agree(&Software, &shared);
        assert_eq!(
            handshake.0.expose(),
            &hex("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac")
        );
        let hellos = hex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8");
        let traffic = handshake.traffic(&Software, &hellos);
        assert_eq!(
            traffic.client.expose(),
            &hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
        );
        assert_eq!(
            traffic.server.expose(),
            &hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
        );
        let (key, iv) = record_keys(&Software, &traffic.server, 16);
        assert_eq!(key.expose()[..16], hex("3fce516009c21727d0f2e4e86ee403bc")[..16]);
        assert_eq!(iv, hex("5d313eb2671276ee13000b30")[..12]);
        let all = hex("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13");
        let application = handshake.application(&Software, &all);
        assert_eq!(
            application.client.expose(),
            &hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
        );
        assert_eq!(
            application.server.expose(),
            &hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")
        );
    }
}
