//! Opens a store and makes one.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_crypto::{Aead, HmacSha256, Label, Secret, hkdf_expand, hkdf_extract};
use gabion_flash::SafeFlash;
use gabion_hal::{
    CounterError, Entropy, Event, EventKind, EventSink, MonotonicCounter, RootKey, Severity, Source,
};
use gabion_profile::Class;
use zeroize::Zeroize;

use crate::append::Head;
use crate::chain::{Chain, PageName};
use crate::format::{MAX_WORD, Shape};
use crate::index::Index;
use crate::nonce::NonceKey;
use crate::plan::{self, has_class};
use crate::record::Keys;
use crate::vault::{FoundVault, Vault, VaultError, erase, load, mend};
use crate::walk::{End, Walk};
use crate::{Config, OpenError, Replay, StorageError, Store, Wear};

/// How often the blank vault page is looked at.
const BLANK_READS: usize = 3;
const ROOT_CONTEXT: &[u8] = b"gabion/1 storage root";

type Failed<F> = OpenError<<F as embedded_storage_async::nor_flash::ErrorType>::Error>;

impl<E> From<StorageError<E>> for OpenError<E> {
    fn from(e: StorageError<E>) -> Self {
        match e {
            StorageError::Flash(e) => Self::Flash(e),
            StorageError::Damaged => Self::Damaged,
            StorageError::Full | StorageError::TooLong => Self::Plan,
            _ => Self::Hardware,
        }
    }
}

impl<E> From<VaultError<E>> for OpenError<E> {
    fn from(e: VaultError<E>) -> Self {
        match e {
            VaultError::Flash(e) => Self::Flash(e),
            VaultError::Crypto => Self::Hardware,
            VaultError::TooSmall => Self::Plan,
        }
    }
}

impl<E> From<VaultError<E>> for StorageError<E> {
    fn from(e: VaultError<E>) -> Self {
        match e {
            VaultError::Flash(e) => Self::Flash(e),
            VaultError::Crypto => Self::Hardware,
            VaultError::TooSmall => Self::Full,
        }
    }
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Page and word size; a wrong one does not compile.
    pub(crate) const SHAPE: Shape = {
        assert!(F::WRITE_SIZE > 0 && F::WRITE_SIZE <= MAX_WORD && F::WRITE_SIZE.is_power_of_two());
        assert!(F::ERASE_SIZE <= 1 << 16, "pages of up to 64 KiB");
        Shape { page: F::ERASE_SIZE as u32, word: F::WRITE_SIZE as u32 }
    };

    /// Opens the store of this chip: finishes what was cut, checks what was changed, and settles what counts.
    ///
    /// What it found is told to `events`. The random source is asked once; if it fails the store still opens, but makes no new
    /// keys at this boot.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. A store that was tampered with opens where it can: the keys concerned are
    /// [`Damaged`](StorageError::Damaged).
    ///
    /// # Power loss
    ///
    /// May be cut anywhere and repeated; once it has returned, what it found does not change any more.
    pub async fn open<R: RootKey, N: Entropy, S: EventSink>(
        flash: F,
        config: Config,
        provider: P,
        counter: C,
        root: &mut R,
        entropy: &mut N,
        events: &mut S,
    ) -> Result<Self, Failed<F>> {
        let mut flash = flash;
        let pages = Self::plan(&flash, &config)?;
        let secret = root_secret(root)?;
        let vault = find_vault(&mut flash, &provider, &secret).await?;
        let mut store = Self::assemble(
            flash, config, provider, counter, secret, vault, pages, entropy, events,
        )?;
        store.recover(events).await?;
        Ok(store)
    }

    /// Makes a new, empty store in the factory, or after all was lost. Whatever the region held is erased.
    ///
    /// Where there is a counter the store goes on from its value, so that no earlier image fits any more.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; [`OpenError::Hardware`] when the random source fails, because keys need it.
    ///
    /// # Power loss
    ///
    /// Cut before it returns there is no store ([`OpenError::Unformatted`]): repeat it.
    pub async fn format<R: RootKey, N: Entropy, S: EventSink>(
        flash: F,
        config: Config,
        provider: P,
        counter: C,
        root: &mut R,
        entropy: &mut N,
        events: &mut S,
    ) -> Result<Self, Failed<F>> {
        let mut flash = flash;
        let pages = Self::plan(&flash, &config)?;
        let secret = root_secret(root)?;
        // The vault goes first: without it nothing else is readable.
        for page in 0..pages.saturating_add(2) {
            erase::<F>(&mut flash, page).await.map_err(OpenError::Flash)?;
        }
        let mut name = [0; 16];
        entropy.try_fill_bytes(&mut name).map_err(|_| OpenError::Hardware)?;
        // A stuck source gives each chip a name of its own all the same.
        let bound = provider.hmac_sha256(secret.expose(), &[b"store", &name]);
        name.iter_mut().zip(bound).for_each(|(to, from)| *to = from);
        let vault = Vault::new(name);
        let mut store = Self::assemble(
            flash, config, provider, counter, secret, vault, pages, entropy, events,
        )?;
        if !store.has_entropy {
            return Err(OpenError::Hardware);
        }
        store.commits = store.anchor()?.unwrap_or_default();
        store.keys.vault.seq = 0;
        store.add_missing_keys()?;
        store.begin_page(1, End { slots: 0, mac: 0, item: [0; 4] }).await?;
        store.store_vault().await?;
        Ok(store)
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    fn plan(flash: &F, config: &Config) -> Result<u32, Failed<F>> {
        let all = flash.capacity().checked_div(F::ERASE_SIZE).unwrap_or_default();
        let pages = u32::try_from(all).unwrap_or(u32::MAX).saturating_sub(2).min(0xffff);
        if !config.is_feasible(Self::SHAPE, pages, KEYS, RECORD) {
            return Err(OpenError::Plan);
        }
        Ok(pages)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a store, once")]
    fn assemble<N: Entropy, S: EventSink>(
        flash: F,
        config: Config,
        provider: P,
        counter: C,
        root: Secret<[u8; 32]>,
        vault: Vault,
        pages: u32,
        entropy: &mut N,
        events: &mut S,
    ) -> Result<Self, Failed<F>> {
        let mut drawn = Secret::new([0; 32]);
        let has_entropy = entropy.try_fill_bytes(drawn.expose_mut()).is_ok();
        if !has_entropy {
            drawn.expose_mut().zeroize();
            events.event(event(EventKind::EntropyFailed, Severity::Warning, 0));
        }
        // With a dead or stuck source this is still a secret of the chip.
        let boot = hkdf_extract(&provider, root.expose(), &[drawn.expose()]);
        let chain = Chain::new(&provider, &root, &vault.store).map_err(|_| OpenError::Hardware)?;
        let nonce =
            NonceKey::new(&provider, &boot, &vault.store).map_err(|_| OpenError::Hardware)?;
        let name = PageName { seq: 0, salt: [0; 8] };
        let walk = Walk::new(Self::SHAPE, name, 0, 0, None);
        let (longest, _, _) = plan::measure(config.registry, Self::SHAPE);
        Ok(Self {
            flash,
            counter,
            config,
            capacity: plan::capacity(Self::SHAPE, pages, longest),
            slack: plan::slack(Self::SHAPE, pages, longest),
            pages,
            root,
            boot,
            has_entropy,
            chain,
            nonce,
            keys: Keys::new(provider, vault),
            index: Index::new(),
            head: Head { walk, slot: 0, is_unsure: false },
            oldest: 1,
            commits: 0,
            is_anchored: false,
            debt: 0,
            buffer: Secret::zeroed(),
            is_poisoned: false,
            is_tidy: false,
            wear: Wear::default(),
        })
    }

    /// Reads the chip's counter, if it has one.
    pub(crate) fn anchor(&mut self) -> Result<Option<u32>, StorageError<F::Error>> {
        match self.counter.read() {
            Ok(value) => {
                self.is_anchored = true;
                Ok(Some(value))
            }
            Err(CounterError::Absent) => Ok(None),
            Err(_) => Err(StorageError::Hardware),
        }
    }

    /// Checks a number of commits against the chip's counter; returns true when another number was accepted.
    pub(crate) fn check_freshness<S: EventSink>(
        &mut self,
        commits: u32,
        events: &mut S,
    ) -> Result<bool, Failed<F>> {
        let Some(counter) = self.anchor()? else { return Ok(false) };
        if commits == counter || counter.checked_add(1) == Some(commits) {
            return Ok(false);
        }
        events.event(event(EventKind::ReplayDetected, Severity::Critical, 0));
        match self.config.replay {
            Replay::Refuse => Err(OpenError::Replayed),
            Replay::Accept => Ok(true),
        }
    }

    /// Makes keys for the classes of the registry that have none. Returns whether it made any.
    pub(crate) fn add_missing_keys(&mut self) -> Result<bool, StorageError<F::Error>> {
        let mut made = false;
        for class in Class::ALL {
            let number = class.number();
            let missing = self.keys.vault.key(number, u32::MAX).is_none();
            if missing && self.has_entropy && has_class(self.config.registry, class) {
                let key = self.new_key(number)?;
                let epoch = self.keys.vault.epoch(number);
                self.keys.vault.replace(number, epoch, key);
                made = true;
            }
        }
        Ok(made)
    }

    /// Makes a data key, or none while the random source is dead.
    pub(crate) fn new_key(
        &mut self,
        class: u8,
    ) -> Result<Option<Secret<[u8; 32]>>, StorageError<F::Error>> {
        if !self.has_entropy {
            return Ok(None);
        }
        let mut key = Secret::zeroed();
        let vault = &self.keys.vault;
        let [a, b, c, d] = vault.seq.to_le_bytes();
        let info = [b'k', b'e', b'y', class, a, b, c, d];
        let made = hkdf_expand(
            &self.keys.provider,
            &self.boot,
            Label::StorageNonce,
            [&vault.store, &info],
            key.expose_mut(),
        );
        made.map_err(|_| StorageError::Hardware)?;
        Ok(Some(key))
    }

    pub(crate) async fn store_vault(&mut self) -> Result<(), StorageError<F::Error>> {
        let Keys { provider, vault, .. } = &mut self.keys;
        vault.store(&mut self.flash, provider, &self.root).await?;
        Ok(())
    }
}

/// Makes an event of the store.
pub(crate) const fn event(kind: EventKind, severity: Severity, detail: u16) -> Event {
    Event::new(kind, severity, Source::Storage, detail)
}

fn root_secret<R: RootKey, E>(root: &mut R) -> Result<Secret<[u8; 32]>, OpenError<E>> {
    let mut secret = Secret::zeroed();
    root.derive(ROOT_CONTEXT, secret.expose_mut()).map_err(|_| OpenError::Hardware)?;
    Ok(secret)
}

/// Finds the vault that counts and leaves the other page blank.
async fn find_vault<F: SafeFlash, P: Aead + HmacSha256>(
    flash: &mut F,
    provider: &P,
    root: &Secret<[u8; 32]>,
) -> Result<Vault, Failed<F>> {
    let first = load(flash, provider, root, 0).await?;
    let second = load(flash, provider, root, 1).await?;
    let (mut vault, is_sure) = match (first, second) {
        (None, None) => match mend(flash, provider, root).await? {
            // It is written afresh below.
            Some(mended) => (mended.vault, false),
            None => return Err(OpenError::Unformatted),
        },
        (Some(one), None) | (None, Some(one)) => (one.vault, one.marked),
        (Some(a), Some(b)) => {
            let (new, old) = if a.vault.seq > b.vault.seq { (a, b) } else { (b, a) };
            // Without its mark the newer one may be torn and read differently tomorrow.
            let FoundVault { vault, marked } = if new.marked { new } else { old };
            (vault, marked)
        }
    };
    let other = 1_u32.saturating_sub(vault.page);
    // Looked at more than once: a word that was cut may read as blank now and not so when it is written.
    for _ in 0..BLANK_READS {
        if !is_blank(flash, other).await? {
            erase::<F>(flash, other).await.map_err(OpenError::Flash)?;
            break;
        }
    }
    if !is_sure {
        vault.store(flash, provider, root).await?;
    }
    Ok(vault)
}

async fn is_blank<F: NorFlash>(flash: &mut F, page: u32) -> Result<bool, Failed<F>> {
    let base = crate::vault::page_at::<F>(page);
    let step = MAX_WORD.min(F::ERASE_SIZE);
    for at in (0..F::ERASE_SIZE).step_by(step) {
        let mut bytes = [0; MAX_WORD];
        let bytes = bytes.get_mut(..step).unwrap_or_default();
        flash.read(base.saturating_add(at as u32), bytes).await.map_err(OpenError::Flash)?;
        if bytes.iter().any(|byte| *byte != 0xff) {
            return Ok(false);
        }
    }
    Ok(true)
}
