//! Security events: a closed catalogue, so that nothing personal fits in.

use crate::ResetReason;

/// Takes security events. The log implements it; so do test recorders and [`NoEvents`].
///
/// # Implementer notes
///
/// [`event`](EventSink::event) never blocks, never fails and writes no flash: an implementation queues in RAM, counts what
/// it had to drop, and something else drains it.
pub trait EventSink {
    /// Takes one event.
    fn event(&mut self, event: Event);
}

impl<T: EventSink + ?Sized> EventSink for &mut T {
    fn event(&mut self, event: Event) {
        (**self).event(event);
    }
}

/// Drops every event. For code that runs before there is a log.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn event(&mut self, _event: Event) {}
}

/// How serious an event is, least first. The names follow RFC 5424 §6.2.1; the values are our own order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// Normal and worth knowing.
    Info = 0,
    /// Unusual.
    Notice = 1,
    /// Something was refused or failed.
    Warning = 2,
    /// Integrity or confidentiality may be at stake.
    Critical = 3,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Notice, Self::Warning, Self::Critical];

    /// Finds a severity by its number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| *severity as u8 == number)
    }
}

/// The part of the device that raised an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Source {
    /// Start-up and resets.
    System = 0,
    /// Image verification and slots.
    Boot = 1,
    /// Update.
    Update = 2,
    /// Sealed storage.
    Storage = 3,
    /// Log-in and sessions.
    Auth = 4,
    /// Factory and set-up.
    Provision = 5,
    /// The log itself.
    Log = 6,
    /// Deletion.
    Erase = 7,
    /// Connections.
    Link = 8,
    /// Debug port and interfaces.
    Lockdown = 9,
    /// The application's own registry of events.
    Application = 10,
}

impl Source {
    /// Every source, in the order of the numbers.
    pub const ALL: [Self; 11] = [
        Self::System,
        Self::Boot,
        Self::Update,
        Self::Storage,
        Self::Auth,
        Self::Provision,
        Self::Log,
        Self::Erase,
        Self::Link,
        Self::Lockdown,
        Self::Application,
    ];

    /// Finds a source by its number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|source| *source as u8 == number)
    }
}

/// What happened. A closed, versioned catalogue: codes are never reused and never change their meaning.
///
/// [`EventKind::code`] is what stands in the log; the catalogue is `docs/spec/events.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum EventKind {
    /// The device started. `detail` = the [`ResetReason`].
    Started = 0x0001,
    /// The clock was set or moved. `detail` = 0 forward, 1 backward.
    ClockMoved = 0x0002,
    /// An entropy source failed or looked stuck.
    EntropyFailed = 0x0003,
    /// The device started in safe mode. `detail` = 1 crashes, 2 starts without a stable run, 3 no record of starts.
    SafeMode = 0x0004,
    /// A task did not report in its window. `detail` = the number of the task.
    TaskLate = 0x0005,
    /// Local functions had to wait longer than they may. `detail` = by how many milliseconds, saturating.
    LocalDelayed = 0x0006,
    /// An image was verified and started. `detail` = the slot.
    BootVerified = 0x0101,
    /// An image was refused. `detail` = the error's code.
    BootRefused = 0x0102,
    /// The other slot was started because the trial was not confirmed. `detail` = the slot now running.
    BootReverted = 0x0103,
    /// The running image no longer matches its hash.
    ImageDamaged = 0x0104,
    /// An update was offered and its header accepted.
    UpdateStarted = 0x0201,
    /// An update was verified and staged for trial.
    UpdateStaged = 0x0202,
    /// An update was confirmed.
    UpdateConfirmed = 0x0203,
    /// An update was refused. `detail` = the error's code.
    UpdateRefused = 0x0204,
    /// An image with a lower security counter was refused.
    RollbackRefused = 0x0205,
    /// A stored record failed authentication. `detail` = the storage class.
    RecordDamaged = 0x0301,
    /// The store is older than the chip's counter says.
    ReplayDetected = 0x0302,
    /// An interrupted write was completed or undone at start-up.
    StoreRecovered = 0x0303,
    /// The store has no room.
    StoreFull = 0x0304,
    /// A log-in succeeded. `detail` = the role.
    LoginSucceeded = 0x0401,
    /// A log-in failed. `detail` = the role asked for.
    LoginFailed = 0x0402,
    /// A log-in came while the throttle was closed. `detail` = the role asked for.
    LoginThrottled = 0x0403,
    /// An authenticator was changed. `detail` = the role.
    AuthenticatorChanged = 0x0404,
    /// The failed log-in before it was for this account. `detail` = its pseudonym in the running epoch.
    LoginFailedFor = 0x0405,
    /// Factory provisioning ended and its interface closed.
    Provisioned = 0x0501,
    /// First set-up ended.
    SetUpFinished = 0x0502,
    /// Events were lost. `detail` = how many, saturating.
    EventsLost = 0x0601,
    /// The log was exported. `detail` = how many records, saturating.
    LogExported = 0x0602,
    /// A log record failed authentication.
    LogDamaged = 0x0603,
    /// A detector's threshold was passed. `detail` = the detector's number.
    DetectorFired = 0x0604,
    /// A factory reset began. `detail` = the trigger.
    ResetStarted = 0x0701,
    /// A factory reset was finished and read back.
    ResetFinished = 0x0702,
    /// An interrupted factory reset was taken up again at start-up.
    ResetResumed = 0x0703,
    /// One person's data was deleted with the key of their class. `detail` = 0 the household, n the account n - 1.
    UserDataDeleted = 0x0704,
    /// A peer was connected and authenticated.
    LinkUp = 0x0801,
    /// A peer was refused. `detail` = the error's code.
    LinkRefused = 0x0802,
    /// Queued messages were dropped, refused or found damaged. `detail` = how many since the last such event, saturating.
    MessagesLost = 0x0803,
    /// Requests were refused because there were too many. `detail` = how many since the last such event, saturating.
    RequestsLimited = 0x0804,
    /// A peer was authenticated that this device never met before. `detail` = its pseudonym in the running epoch.
    PeerNew = 0x0805,
    /// The debug port was found open.
    DebugPortOpen = 0x0901,
    /// An application event. `detail` = its number in the application's registry × 256 + the byte of its field.
    Application = 0x0a00,
}

impl EventKind {
    /// The whole catalogue, in the order of the codes.
    pub const ALL: &[Self] = &[
        Self::Started,
        Self::ClockMoved,
        Self::EntropyFailed,
        Self::SafeMode,
        Self::TaskLate,
        Self::LocalDelayed,
        Self::BootVerified,
        Self::BootRefused,
        Self::BootReverted,
        Self::ImageDamaged,
        Self::UpdateStarted,
        Self::UpdateStaged,
        Self::UpdateConfirmed,
        Self::UpdateRefused,
        Self::RollbackRefused,
        Self::RecordDamaged,
        Self::ReplayDetected,
        Self::StoreRecovered,
        Self::StoreFull,
        Self::LoginSucceeded,
        Self::LoginFailed,
        Self::LoginThrottled,
        Self::AuthenticatorChanged,
        Self::LoginFailedFor,
        Self::Provisioned,
        Self::SetUpFinished,
        Self::EventsLost,
        Self::LogExported,
        Self::LogDamaged,
        Self::DetectorFired,
        Self::ResetStarted,
        Self::ResetFinished,
        Self::ResetResumed,
        Self::UserDataDeleted,
        Self::LinkUp,
        Self::LinkRefused,
        Self::MessagesLost,
        Self::RequestsLimited,
        Self::PeerNew,
        Self::DebugPortOpen,
        Self::Application,
    ];

    /// Returns the code that stands in the log.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Finds a kind by its code; `None` for every code that this version does not know.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// One security event. It has no room for text, names, addresses or identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// How serious it is.
    pub severity: Severity,
    /// Which part raised it.
    pub source: Source,
    /// A bounded detail whose meaning the kind defines (a small enumeration or a coarse count).
    pub detail: u16,
}

impl Event {
    /// Makes an event.
    #[must_use]
    pub const fn new(kind: EventKind, severity: Severity, source: Source, detail: u16) -> Self {
        Self { kind, severity, source, detail }
    }

    /// Makes the [`EventKind::Started`] event for a reset reason.
    #[must_use]
    pub const fn started(reason: ResetReason) -> Self {
        let severity = match reason {
            ResetReason::PowerOn | ResetReason::Pin | ResetReason::Software | ResetReason::Wake => {
                Severity::Info
            }
            _ => Severity::Notice,
        };
        Self::new(EventKind::Started, severity, Source::System, reason as u16)
    }
}
