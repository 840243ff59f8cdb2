//! Why a path was refused: one variant and one code for each reason.

use gabion_codec::CodecError;

/// Why there is no [`VerifiedPeer`](crate::x509::VerifiedPeer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// The peer's certificates are not acceptable. End the connection and send nothing.
    Refused {
        /// What is wrong.
        reason: Refusal,
        /// Which of the certificates that the peer sent, from 0; `None` when an anchor or the path as a whole is meant.
        at: Option<u8>,
    },
    /// The cryptographic hardware failed. Nothing is known about the peer: retry once, then fail closed.
    Hardware,
    /// The caller asked for something that can never succeed. Fix the caller.
    Misuse(Misuse),
}

/// What the caller did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Misuse {
    /// The policy has neither a trust anchor nor an exact certificate.
    NothingTrusted,
    /// `DEPTH` is 0: not even the peer's own certificate would fit.
    NoDepth,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal, $words:literal;)*) => {
        /// What is wrong with a certificate or a path. Codes are stable and never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Refusal {
            $($(#[$doc])* $variant = $code,)*
        }

        impl Refusal {
            /// Every reason, by ascending code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the stable name, as the host tool prints it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the reason in words.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

refusals! {
    /// The peer sent no certificate.
    Empty = 1, "empty", "no certificate was sent";
    /// The peer sent more certificates than are looked at.
    TooMany = 2, "too-many", "too many certificates were sent";
    /// Not DER: a longer length than needed, trailing bytes, an INTEGER or BOOLEAN in another form, a missing field.
    Encoding = 3, "encoding", "not a certificate in canonical DER";
    /// Not version 3.
    Version = 4, "version", "not an X.509 version 3 certificate";
    /// The serial number is zero, negative or longer than 20 bytes.
    Serial = 5, "serial", "the serial number is zero, negative or too long";
    /// The algorithm that was signed is not the one that stands beside the signature.
    AlgorithmMismatch = 6, "algorithm-mismatch", "the two signature algorithms differ";
    /// Signed with something other than ECDSA with SHA-256, or with parameters where none may be.
    UnsupportedAlgorithm = 7, "unsupported-algorithm", "not signed with ECDSA and SHA-256";
    /// The key is no uncompressed P-256 point on the named curve.
    UnsupportedKey = 8, "unsupported-key", "the key is not an uncompressed P-256 point";
    /// The issuer is empty, or a name is not well formed.
    Name = 9, "name", "an issuer or subject is empty where it may not be, or malformed";
    /// A time is not in the one form that RFC 5280 allows, or no calendar has it.
    Time = 10, "time", "a time is malformed or in the wrong form for its year";
    /// It ends before it begins.
    ValidityReversed = 11, "validity-reversed", "the validity ends before it begins";
    /// It carries an issuer or subject unique identifier.
    UniqueId = 12, "unique-id", "it carries a unique identifier";
    /// An extension stands there twice.
    DuplicateExtension = 13, "duplicate-extension", "an extension stands there twice";
    /// A critical extension that is not evaluated here.
    UnknownCritical = 14, "unknown-critical", "a critical extension is not understood";
    /// An extension is critical that must not be, or the other way round.
    Criticality = 15, "criticality", "an extension is marked critical wrongly, or not where it must be";
    /// More extensions, names or constraints than are looked at.
    TooComplex = 16, "too-complex", "more extensions, names or constraints than are looked at";
    /// `basicConstraints` is malformed, or limits the path of a certificate that is no authority.
    BasicConstraints = 17, "basic-constraints", "basicConstraints is malformed";
    /// `keyUsage` is malformed or empty.
    KeyUsage = 18, "key-usage", "keyUsage is malformed";
    /// `extKeyUsage` is malformed or empty.
    ExtendedKeyUsage = 19, "extended-key-usage", "extKeyUsage is malformed";
    /// `subjectAltName` is malformed, empty, or holds something that is no DNS name or address.
    SubjectAltName = 20, "subject-alt-name", "subjectAltName is malformed";
    /// `nameConstraints` is malformed, empty, or stands in a certificate that issues nothing.
    NameConstraints = 21, "name-constraints", "nameConstraints is malformed or out of place";
    /// A key identifier is malformed, or an authority key identifier names no key.
    KeyIdentifier = 22, "key-identifier", "a key identifier is malformed";
    /// `policyConstraints` or `inhibitAnyPolicy`, which are not evaluated whether critical or not.
    PolicyConstraints = 23, "policy-constraints", "policy constraints are not evaluated";
    /// `nameConstraints` of a form that is not evaluated (e-mail, URI, other; or an excluded directory name).
    UnsupportedConstraint = 24, "unsupported-constraint", "a name constraint of this form is not evaluated";

    /// The peer's certificate ended, or ends before the time floor.
    Expired = 40, "expired", "the validity has ended";
    /// The validity has not begun.
    NotYetValid = 41, "not-yet-valid", "the validity has not begun";
    /// Nobody knows what time it is, and the policy asks for it. Get an authenticated time first.
    TimeUnknown = 42, "time-unknown", "the time is not known well enough";
    /// The peer's own certificate may issue others.
    LeafIsAuthority = 43, "leaf-is-authority", "the peer's own certificate is that of an authority";
    /// The peer's key may not sign.
    LeafMayNotSign = 44, "leaf-may-not-sign", "the peer's key usage lacks digitalSignature";
    /// The peer's certificate is not for this purpose, or for none in particular.
    Purpose = 45, "purpose", "the peer's extended key usage lacks the purpose asked for";
    /// The peer's certificate has no `subjectAltName`. The common name is never looked at.
    NoAltName = 46, "no-alt-name", "there is no subjectAltName";
    /// It is another's certificate.
    WrongName = 47, "wrong-name", "the certificate is for another name";

    /// No anchor and no certificate that was sent has the name of the issuer.
    UnknownIssuer = 60, "unknown-issuer", "no trusted or presented certificate has the name of the issuer";
    /// The peer's certificate is signed with its own key and not pinned exactly.
    SelfSigned = 61, "self-signed", "self-signed and not pinned exactly";
    /// The signature is malformed or not of the issuer's key.
    Signature = 62, "signature", "the signature is not the issuer's";
    /// The issuer is no authority.
    NotAuthority = 63, "not-authority", "the issuer is not an authority";
    /// The issuer's key may not sign certificates.
    IssuerMayNotSign = 64, "issuer-may-not-sign", "the issuer's key usage lacks keyCertSign";
    /// The issuer's certificate is not for this purpose.
    IssuerPurpose = 65, "issuer-purpose", "the issuer's extended key usage lacks the purpose asked for";
    /// More authorities below one than it may have.
    PathLength = 66, "path-length", "more intermediate authorities than pathLenConstraint allows";
    /// The authority key identifier is not the issuer's.
    KeyIdentifierMismatch = 67, "key-identifier-mismatch", "the authority key identifier is not that of the issuer";
    /// A name lies outside what an issuer may speak for.
    NotPermitted = 68, "not-permitted", "a name lies outside the permitted subtrees";
    /// A name lies inside what an issuer may not speak for.
    Excluded = 69, "excluded", "a name lies inside the excluded subtrees";
    /// More certificates than the path may have.
    TooDeep = 70, "too-deep", "the path is too long";
    /// Every signature check that the policy allows was spent.
    Exhausted = 71, "exhausted", "no path within the allowed number of signature checks";
    /// The path is valid, but no key in it is pinned.
    NotPinned = 72, "not-pinned", "no key of the path is pinned";
}

impl Refusal {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<CodecError> for Refusal {
    fn from(_: CodecError) -> Self {
        Self::Encoding
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::fmt::Display for PathError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Refused { reason, at: Some(at) } => write!(f, "certificate {at}: {reason}"),
            Self::Refused { reason, at: None } => write!(f, "{reason}"),
            Self::Hardware => f.write_str("the cryptographic hardware failed"),
            Self::Misuse(Misuse::NothingTrusted) => f.write_str("the policy trusts nothing"),
            Self::Misuse(Misuse::NoDepth) => f.write_str("a path of no certificates was asked for"),
        }
    }
}

impl core::error::Error for Refusal {}
impl core::error::Error for PathError {}
