//! Regions that a reset empties.

use gabion_flash::SafeFlash;

/// What emptying a region did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EraseCount {
    /// Pages that were erased.
    pub pages: u32,
    /// Bytes that were read back as blank or as holding nothing of a user.
    pub bytes: u32,
}

impl EraseCount {
    pub(crate) fn add(&mut self, other: Self) {
        self.pages = self.pages.saturating_add(other.pages);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// Why a region could not be emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegionError<E> {
    /// The hardware failed. The reset stays pending and goes on at the next boot.
    Hardware(E),
    /// After the erase the region does not read back as blank: a worn-out page. The reset stays pending; the device must not
    /// be given away.
    NotBlank,
}

/// A region that can forget what it holds.
///
/// # Implementer notes
///
/// [`empty`](Erasable::empty) must be repeatable: it is called again after every cut. It verifies by reading back, and only
/// then returns `Ok`. What already is empty should cost no erase, or cuts in a row wear the flash out.
#[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
pub trait Erasable {
    /// What can go wrong in the hardware.
    type Error: core::fmt::Debug;

    /// Returns the name under which the plan knows it.
    fn name(&self) -> &'static str;

    /// Empties the region and reads it back.
    ///
    /// # Errors
    ///
    /// See [`RegionError`].
    async fn empty(&mut self) -> Result<EraseCount, RegionError<Self::Error>>;
}

impl<T: Erasable + ?Sized> Erasable for &mut T {
    type Error = T::Error;

    fn name(&self) -> &'static str {
        (**self).name()
    }

    async fn empty(&mut self) -> Result<EraseCount, RegionError<T::Error>> {
        (**self).empty().await
    }
}

/// A plain region of flash: pages that are not blank are erased, then every byte is read back.
#[derive(Debug)]
pub struct FlashRegion<F> {
    name: &'static str,
    flash: F,
    erased: u8,
}

impl<F: SafeFlash> FlashRegion<F> {
    /// Takes a region under the name that the plan gives it. `erased` is the value of an erased byte.
    pub const fn new(name: &'static str, flash: F, erased: u8) -> Self {
        Self { name, flash, erased }
    }

    /// Lends the flash, for whoever uses the region between resets.
    pub const fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    async fn is_blank(&mut self, from: u32, to: u32) -> Result<bool, F::Error> {
        let mut bytes = [0; 64];
        let mut at = from;
        while at < to {
            let len = to.saturating_sub(at).min(64);
            let bytes = bytes.get_mut(..len as usize).unwrap_or_default();
            self.flash.read(at, bytes).await?;
            if bytes.iter().any(|byte| *byte != self.erased) {
                return Ok(false);
            }
            at = at.saturating_add(len);
        }
        Ok(true)
    }
}

impl<F: SafeFlash> Erasable for FlashRegion<F> {
    type Error = F::Error;

    fn name(&self) -> &'static str {
        self.name
    }

    async fn empty(&mut self) -> Result<EraseCount, RegionError<F::Error>> {
        let page = u32::try_from(F::ERASE_SIZE).unwrap_or(u32::MAX).max(1);
        let capacity = u32::try_from(self.flash.capacity()).unwrap_or(u32::MAX);
        let mut count = EraseCount::default();
        let mut from = 0;
        while from < capacity {
            let to = from.saturating_add(page).min(capacity);
            if !self.is_blank(from, to).await.map_err(RegionError::Hardware)? {
                self.flash.erase(from, to).await.map_err(RegionError::Hardware)?;
                count.pages = count.pages.saturating_add(1);
            }
            from = to;
        }
        if !self.is_blank(0, capacity).await.map_err(RegionError::Hardware)? {
            return Err(RegionError::NotBlank);
        }
        count.bytes = capacity;
        Ok(count)
    }
}

/// All regions that a reset works on: a tuple of [`Erasable`]s with one error.
#[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
pub trait Regions {
    /// What can go wrong in the hardware.
    type Error: core::fmt::Debug;

    /// Whether a region of this name is among them.
    fn contains(&self, name: &str) -> bool;

    /// Returns how many there are.
    fn count(&self) -> usize;

    /// Empties them all.
    ///
    /// # Errors
    ///
    /// The name of the region that failed, and why.
    async fn empty_all(&mut self) -> Result<EraseCount, (&'static str, RegionError<Self::Error>)>;
}

/// A device with nothing but the sealed store.
impl Regions for () {
    type Error = core::convert::Infallible;

    fn contains(&self, _name: &str) -> bool {
        false
    }

    fn count(&self) -> usize {
        0
    }

    async fn empty_all(&mut self) -> Result<EraseCount, (&'static str, RegionError<Self::Error>)> {
        Ok(EraseCount::default())
    }
}

macro_rules! tuple {
    ($count:literal: $first:ident.$at:tt $($more:ident.$index:tt)*) => {
        impl<$first: Erasable $(, $more: Erasable<Error = $first::Error>)*> Regions for ($first, $($more,)*) {
            type Error = $first::Error;

            fn contains(&self, name: &str) -> bool {
                self.$at.name() == name $(|| self.$index.name() == name)*
            }

            fn count(&self) -> usize {
                $count
            }

            async fn empty_all(&mut self) -> Result<EraseCount, (&'static str, RegionError<Self::Error>)> {
                let mut count = EraseCount::default();
                let name = self.$at.name();
                count.add(self.$at.empty().await.map_err(|error| (name, error))?);
                $(
                    let name = self.$index.name();
                    count.add(self.$index.empty().await.map_err(|error| (name, error))?);
                )*
                Ok(count)
            }
        }
    };
}
tuple!(1: A.0);
tuple!(2: A.0 B.1);
tuple!(3: A.0 B.1 C.2);
tuple!(4: A.0 B.1 C.2 D.3);
tuple!(5: A.0 B.1 C.2 D.3 E.4);
tuple!(6: A.0 B.1 C.2 D.3 E.4 G.5);
