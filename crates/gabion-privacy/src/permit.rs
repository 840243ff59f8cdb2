//! The witness that there is a legal basis now.

use core::marker::PhantomData;

use crate::{Item, Subject};

/// Witness that one item of one subject may be worked on now. Only [`Privacy::permit`](crate::Privacy::permit) makes one.
///
/// It borrows from the [`Privacy`](crate::Privacy) that made it, and an answer needs that one for itself: while a permit is
/// held nobody can withdraw, and after a withdrawal no permit is left.
///
/// ```compile_fail,E0502
/// # use gabion_privacy::*;
/// # use gabion_auth::{Authorized, Owner};
/// # async fn late<S: gabion_storage::Storage, P: gabion_crypto::Sha256, C: gabion_hal::Clock, V: gabion_hal::EventSink>(
/// #     privacy: &mut Privacy<32>, ports: &mut Ports<'_, S, P, C, V>, by: Authorized<Owner>, key: PersonalKey, purpose: &'static Purpose,
/// # ) {
/// let permit = privacy.permit(key, Subject::Household).unwrap();
/// let _ = privacy.answer(ports, by, Subject::Household, purpose, Answer::No).await;
/// let late = PersonalData::new(&permit, [1, 2, 3]);
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a witness opens the next door"]
pub struct Permit<'p> {
    item: &'static Item,
    subject: Subject,
    privacy: PhantomData<&'p ()>,
}

impl Permit<'_> {
    pub(crate) const fn new(item: &'static Item, subject: Subject) -> Self {
        Self { item, subject, privacy: PhantomData }
    }

    /// Returns what may be worked on.
    #[must_use]
    pub const fn item(&self) -> &'static Item {
        self.item
    }

    /// Returns whose it is.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    pub(crate) fn covers(&self, item: &'static Item, subject: Subject) -> bool {
        // Numbers on flash are unique within an inventory.
        let same = |a: &Item, b: &Item| a.parameters().first() == b.parameters().first();
        self.subject == subject && same(self.item, item)
    }
}
