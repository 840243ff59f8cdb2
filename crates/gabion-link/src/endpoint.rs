//! Endpoints: what can be asked of the device over a network, and by whom. What is not in the table does not exist.

use core::fmt;

use gabion_profile::{Authenticator, Exposure};

/// One thing that can be asked. `R` is the application's type of role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint<R: 'static> {
    /// Its name on the wire: a path, topic or resource.
    pub name: &'static str,
    /// From how far it can be asked.
    pub exposure: Exposure,
    /// What the caller must have shown, or the reason why nothing.
    pub authenticator: Authenticator,
    /// The roles that may ask. Empty for a public one.
    pub roles: &'static [R],
    /// Whether it changes configuration that matters for security (EN 303 645 5.5-5).
    pub configures: bool,
    /// What it is for, in one phrase.
    pub purpose: &'static str,
}

/// The caller, as the session layer knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<R> {
    /// The role that was granted.
    pub role: R,
    /// What was shown for it.
    pub authenticator: Authenticator,
}

/// The one answer to everything that is not allowed. Unknown and forbidden look the same, so that nobody can map the device
/// from outside (EN 303 645 5.6-2). Send no detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied;

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("denied")
    }
}

impl core::error::Error for Denied {}

/// All endpoints of the device, checked at compile time.
///
/// # Examples
///
/// ```
/// use gabion_link::{Caller, Endpoint, Endpoints};
/// use gabion_profile::{Authenticator, Exposure};
///
/// #[derive(Clone, Copy, PartialEq)]
/// enum Role { Owner, User }
///
/// const ENDPOINTS: Endpoints<Role> = Endpoints::new(&[
///     Endpoint {
///         name: "/lamp",
///         exposure: Exposure::Local,
///         authenticator: Authenticator::UserSecret,
///         roles: &[Role::Owner, Role::User],
///         configures: false,
///         purpose: "switches the lamp",
///     },
///     Endpoint {
///         name: "/wifi",
///         exposure: Exposure::Local,
///         authenticator: Authenticator::UserSecret,
///         roles: &[Role::Owner],
///         configures: true,
///         purpose: "sets the network",
///     },
/// ]);
///
/// let user = Caller { role: Role::User, authenticator: Authenticator::UserSecret };
/// assert!(ENDPOINTS.admit("/lamp", Some(&user)).is_ok());
/// assert!(ENDPOINTS.admit("/wifi", Some(&user)).is_err());
/// assert!(ENDPOINTS.admit("/lamp", None).is_err());
/// assert!(ENDPOINTS.admit("/debug", Some(&user)).is_err());
/// ```
///
/// Configuration is never public:
///
/// ```compile_fail,E0080
/// # use gabion_link::{Endpoint, Endpoints};
/// # use gabion_profile::{Authenticator, Exposure};
/// const OPEN: Endpoints<u8> = Endpoints::new(&[Endpoint {
///     name: "/wifi",
///     exposure: Exposure::Local,
///     authenticator: Authenticator::Public("easier"),
///     roles: &[],
///     configures: true,
///     purpose: "sets the network",
/// }]);
/// # let _ = OPEN;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Endpoints<R: 'static>(&'static [Endpoint<R>]);

impl<R> Endpoints<R> {
    /// Takes the table.
    ///
    /// # Panics
    ///
    /// At compile time: a name or purpose is missing or a name stands there twice; a public endpoint has no reason, has roles
    /// or configures; another one has no roles.
    #[must_use]
    pub const fn new(table: &'static [Endpoint<R>]) -> Self {
        let mut rest = table;
        while let [endpoint, others @ ..] = rest {
            assert!(!endpoint.name.is_empty(), "an endpoint needs a name");
            assert!(!endpoint.purpose.is_empty(), "an endpoint needs a purpose");
            if let Authenticator::Public(reason) = endpoint.authenticator {
                assert!(!reason.is_empty(), "a public endpoint needs a reason");
                assert!(endpoint.roles.is_empty(), "a public endpoint has no roles");
                assert!(!endpoint.configures, "configuration is never public");
            } else {
                assert!(!endpoint.roles.is_empty(), "nobody could ask this endpoint");
            }
            let mut later = others;
            while let [other, more @ ..] = later {
                assert!(!same(endpoint.name, other.name), "two endpoints have one name");
                later = more;
            }
            rest = others;
        }
        Self(table)
    }

    /// Returns the endpoint if it exists and the caller may ask it.
    ///
    /// # Errors
    ///
    /// [`Denied`], the same for every reason.
    pub fn admit(
        &self,
        name: &str,
        caller: Option<&Caller<R>>,
    ) -> Result<&'static Endpoint<R>, Denied>
    where
        R: PartialEq,
    {
        let endpoint = self.0.iter().find(|one| one.name == name).ok_or(Denied)?;
        match (endpoint.authenticator, caller) {
            (Authenticator::Public(_), _) => Ok(endpoint),
            (needed, Some(caller))
                if caller.authenticator == needed && endpoint.roles.contains(&caller.role) =>
            {
                Ok(endpoint)
            }
            _ => Err(Denied),
        }
    }

    /// Returns every endpoint, for the interface registry and IXIT 13.
    #[must_use]
    pub const fn all(&self) -> &'static [Endpoint<R>] {
        self.0
    }
}

/// Whether two names are the same, at compile time.
const fn same(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while let ([a, after @ ..], [b, behind @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (after, behind);
    }
    left.is_empty() && right.is_empty()
}
