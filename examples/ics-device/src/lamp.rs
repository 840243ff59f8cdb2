//! What the lamp itself does for the provisions; everything else comes with the crates.

use gabion::hal::{DebugPort, DebugPortState};
use gabion::profile::{Authenticator, Exposure};
use gabion_link::{Endpoint, Endpoints};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The owner.
    Owner,
}

/// What can be asked of the lamp over the network; the rest does not exist.
pub const ENDPOINTS: Endpoints<Role> = Endpoints::new(&[
    Endpoint {
        name: "/lamp",
        exposure: Exposure::Local,
        authenticator: Authenticator::UserSecret,
        roles: &[Role::Owner],
        configures: false,
        purpose: "switches the lamp",
    },
    Endpoint {
        name: "/settings",
        exposure: Exposure::Local,
        authenticator: Authenticator::UserSecret,
        roles: &[Role::Owner],
        configures: true,
        purpose: "changes network, password and update choice",
    },
    Endpoint {
        name: "/disclosure",
        exposure: Exposure::Local,
        authenticator: Authenticator::Public("a contact for reports must be easy to find"),
        roles: &[],
        configures: false,
        purpose: "tells where to report a vulnerability",
    },
]);

/// Why the lamp does not start its network services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartRefused {
    /// The debug port is not locked, or its state cannot be read.
    DebugPortOpen,
}

/// Lets the network services start only with a locked debug port. What cannot be read counts as open.
///
/// # Errors
///
/// [`StartRefused::DebugPortOpen`].
pub fn require_locked(port: &mut impl DebugPort) -> Result<(), StartRefused> {
    match port.state() {
        Ok(DebugPortState::Locked) => Ok(()),
        _ => Err(StartRefused::DebugPortOpen),
    }
}

/// The name of a room: 1 to 32 bytes of UTF-8 without control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomName<'a>(&'a str);

impl<'a> RoomName<'a> {
    /// Takes a name from outside, if it is one.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        let fits = !text.is_empty() && text.len() <= 32;
        (fits && !text.chars().any(char::is_control)).then_some(Self(text))
    }

    /// Returns the name.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}
