//! One chain and what must become of it.

use gabion_crypto::Software;
use gabion_hal::{TimeQuality, WallTime};
use gabion_link::x509::{
    Host, Now, PathError, Peer, Policy, Refusal, TimeFloor, TrustAnchor, UnixTime, verify_path,
};

use crate::mint::{Cert, HOST, Key, noon};

pub struct Case {
    pub name: String,
    pub roots: Vec<Vec<u8>>,
    pub chain: Vec<Vec<u8>>,
    pub host: String,
    pub time: UnixTime,
    pub expected: Result<(), Refusal>,
    /// The heading in docs/x509-differences.md under which OpenSSL's other verdict is explained.
    pub differs: Option<&'static str>,
}

impl Case {
    pub fn raw(name: &str, roots: &[&Cert], chain: Vec<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            roots: roots.iter().map(|root| root.der()).collect(),
            chain,
            host: HOST.to_owned(),
            time: noon(),
            expected: Ok(()),
            differs: None,
        }
    }

    pub fn new(name: &str, roots: &[&Cert], chain: &[&Cert]) -> Self {
        Self::raw(name, roots, chain.iter().map(|one| one.der()).collect())
    }

    /// Root, intermediate, and a leaf that was changed.
    pub fn leaf(name: &str, change: impl FnOnce(Cert) -> Cert) -> Self {
        let (root, inter) = (root(), inter());
        Self::new(name, &[&root], &[&change(Cert::leaf(Key(3), &inter)), &inter])
    }

    /// Root, an intermediate that was changed, and a leaf.
    pub fn inter(name: &str, change: impl FnOnce(Cert) -> Cert) -> Self {
        let inter = change(inter());
        Self::new(name, &[&root()], &[&Cert::leaf(Key(3), &inter), &inter])
    }

    /// A root that was changed, and a leaf.
    pub fn root(name: &str, change: impl FnOnce(Cert) -> Cert) -> Self {
        let root = change(root());
        Self::new(name, &[&root], &[&Cert::leaf(Key(3), &root)])
    }

    pub fn refused(mut self, reason: Refusal) -> Self {
        self.expected = Err(reason);
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub fn at(mut self, year: u16, month: u8, day: u8, clock: [u8; 3]) -> Self {
        self.time = UnixTime::from_utc(year, month, day, clock).unwrap();
        self
    }

    pub fn differs(mut self, heading: &'static str) -> Self {
        self.differs = Some(heading);
        self
    }

    /// Judges the chain with the limits of the host tool.
    pub fn judge(&self) -> Result<(), Refusal> {
        let anchors: Result<Vec<_>, _> =
            self.roots.iter().map(|root| TrustAnchor::from_certificate(root)).collect();
        let anchors = anchors?;
        let policy = Policy::new(&anchors).with_signature_checks(32);
        let wall = WallTime {
            unix_seconds: self.time.0.try_into().unwrap(),
            quality: TimeQuality::Authenticated,
        };
        let now = Now::new(TimeFloor::new(UnixTime(0)), Some(wall));
        let peer = Peer::Server(Host::parse(&self.host).unwrap());
        let presented: Vec<&[u8]> = self.chain.iter().map(Vec::as_slice).collect();
        match verify_path::<8>(&Software, &policy, &now, &peer, &presented) {
            Ok(peer) => {
                assert_eq!(peer.certificate().der(), self.chain[0]);
                Ok(())
            }
            Err(PathError::Refused { reason, .. }) => Err(reason),
            Err(other) => panic!("{}: {other}", self.name),
        }
    }
}

pub fn root() -> Cert {
    Cert::root("Root", Key(1))
}

pub fn inter() -> Cert {
    Cert::inter("Inter", Key(2), &root())
}
