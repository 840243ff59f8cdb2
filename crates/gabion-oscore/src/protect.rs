//! Messages in and out (RFC 8613 §8).

use gabion_crypto::{AesCcm8, HmacSha256};
use gabion_profile::PublicKey;
use gabion_storage::Storage;

use crate::coap::{self, MessageView, MessageWriter, OptionView, number};
use crate::context::{Name, Nonce};
use crate::format::{MAX_OPTION, NUMBERS, OscoreOption, TAG};
use crate::state::Reserved;
use crate::window::Window;
use crate::{Context, Id, OscoreError, OscoreRefusal, Steps};

const POST: u8 = 0x02;
const CHANGED: u8 = 0x44;

/// A context in use, with its numbers.
///
/// Both ends of a context can ask and answer.
///
/// # Power loss
///
/// A number is reserved in the store before it is used, and a message's before it is delivered. Cut anywhere, no number is used
/// twice and no message is accepted twice.
#[derive(Debug)]
pub struct Session<C> {
    context: Context<C>,
    key: &'static PublicKey,
    steps: Steps,
    reserved: Reserved,
    next: u64,
    window: Window,
}

/// A request of ours that waits for its response. Only one response is accepted for it: it is used up.
#[derive(Debug)]
#[must_use = "without it the response cannot be read"]
pub struct Exchange {
    number: u64,
}

/// A request of the peer that waits for our response, which uses it up: a nonce serves once.
#[derive(Debug)]
#[must_use = "without it the request cannot be answered"]
pub struct Request {
    number: u64,
}

type Outcome<T, S> = Result<T, OscoreError<<S as Storage>::FlashError>>;

impl<C: HmacSha256 + AesCcm8> Session<C> {
    /// Takes up a context whose keys were never used: fresh from a key exchange, or in the factory.
    ///
    /// # Errors
    ///
    /// [`OscoreError::Storage`].
    ///
    /// # Security
    ///
    /// A context that was used before has its numbers used again, and with them nonces: after a restart it is
    /// [`resume`](Self::resume), always.
    pub async fn begin<S: Storage>(
        context: Context<C>,
        storage: &mut S,
        key: &'static PublicKey,
        steps: Steps,
    ) -> Outcome<Self, S> {
        let reserved = Reserved { mark: context.mark(), send: 0, receive: 0 };
        reserved.store(storage, key).await?;
        Ok(Self { context, key, steps, reserved, next: 0, window: Window::starting_at(0) })
    }

    /// Goes on with a context after a restart: behind everything that may have been used, in both directions.
    ///
    /// # Errors
    ///
    /// [`OscoreError::NoState`] when there is none for this context: agree on new keys.
    ///
    /// # Security
    ///
    /// It believes the store. Where an older image of the flash can be put back unnoticed (no monotonic counter), agree on new keys
    /// after each restart instead.
    pub async fn resume<S: Storage>(
        context: Context<C>,
        storage: &mut S,
        key: &'static PublicKey,
        steps: Steps,
    ) -> Outcome<Self, S> {
        let reserved = Reserved::load(storage, key, context.mark()).await?;
        let (next, window) = (reserved.send, Window::starting_at(reserved.receive));
        Ok(Self { context, key, steps, reserved, next, window })
    }

    /// The number of the next message.
    async fn take_number<S: Storage>(&mut self, storage: &mut S) -> Outcome<u64, S> {
        let number = self.next;
        if number >= NUMBERS.saturating_sub(1) {
            return Err(OscoreError::UsedUp);
        }
        if number >= self.reserved.send {
            let send = Reserved::beyond(number, self.steps.send);
            let reserved = Reserved { send, ..self.reserved };
            reserved.store(storage, self.key).await?;
            self.reserved = reserved;
        }
        self.next = number.saturating_add(1);
        Ok(number)
    }

    /// Notes that a message was authentic, before it is delivered.
    async fn accept<S: Storage>(&mut self, storage: &mut S, number: u64) -> Outcome<(), S> {
        if number >= self.reserved.receive {
            let receive = Reserved::beyond(number, self.steps.receive);
            let reserved = Reserved { receive, ..self.reserved };
            reserved.store(storage, self.key).await?;
            self.reserved = reserved;
        }
        self.window.mark(number);
        Ok(())
    }

    /// Protects a request, a whole CoAP message, into `out`, which takes up to 40 bytes more. Returns its length.
    ///
    /// # Errors
    ///
    /// See [`OscoreError`].
    pub async fn protect_request<S: Storage>(
        &mut self,
        storage: &mut S,
        message: &[u8],
        out: &mut [u8],
    ) -> Outcome<(usize, Exchange), S> {
        let message = protectable(message, 0).ok_or(OscoreError::Misuse)?;
        room(&message, out)?;
        let number = self.take_number(storage).await?;
        let nonce = Nonce { id: self.context.sender.as_bytes(), number };
        let option = OscoreOption {
            number: Some(number),
            context: self.context.context.as_ref().map(Name::as_bytes),
            id: Some(nonce.id),
        };
        let length = self.seal(&message, POST, &option, nonce, nonce, out);
        Ok((length.ok_or(OscoreError::Misuse)?, Exchange { number }))
    }

    /// Protects the response to `request` into `out`. Returns its length.
    ///
    /// # Errors
    ///
    /// See [`OscoreError`].
    pub fn protect_response<F>(
        &mut self,
        request: Request,
        message: &[u8],
        out: &mut [u8],
    ) -> Result<usize, OscoreError<F>> {
        let message = protectable(message, 2).ok_or(OscoreError::Misuse)?;
        room(&message, out)?;
        let nonce = Nonce { id: self.context.recipient.as_bytes(), number: request.number };
        let option = OscoreOption { number: None, context: None, id: None };
        self.seal(&message, CHANGED, &option, nonce, nonce, out).ok_or(OscoreError::Misuse)
    }

    /// Protects the response to `request` under a number of its own: for a response that may have to be made twice.
    ///
    /// # Errors
    ///
    /// See [`OscoreError`].
    pub async fn protect_numbered_response<S: Storage>(
        &mut self,
        storage: &mut S,
        request: &Request,
        message: &[u8],
        out: &mut [u8],
    ) -> Outcome<usize, S> {
        let message = protectable(message, 2).ok_or(OscoreError::Misuse)?;
        room(&message, out)?;
        let number = self.take_number(storage).await?;
        let nonce = Nonce { id: self.context.sender.as_bytes(), number };
        let theirs = Nonce { id: self.context.recipient.as_bytes(), number: request.number };
        let option = OscoreOption { number: Some(number), context: None, id: None };
        self.seal(&message, CHANGED, &option, nonce, theirs, out).ok_or(OscoreError::Misuse)
    }

    fn seal(
        &self,
        message: &MessageView<'_>,
        code: u8,
        option: &OscoreOption<'_>,
        nonce: Nonce<'_>,
        request: Nonce<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let [first, _, id @ ..] = message.header();
        let [id0, id1] = id;
        let mut value = [0; MAX_OPTION];
        let length = option.emit(&mut value)?;
        let ours = OptionView { number: number::OSCORE, value: value.get(..length)? };

        let mut outer = MessageWriter::new(out, [first, code, id0, id1], message.token()).ok()?;
        let below = message.options().filter(|o| is_outer(o.number) && o.number < number::OSCORE);
        let above = message.options().filter(|o| is_outer(o.number) && o.number > number::OSCORE);
        for option in below.chain([ours]).chain(above) {
            outer.option(option.number, option.value).ok()?;
        }
        outer.bytes(&[0xff]).ok()?;
        let start = outer.position();

        let mut inner = MessageWriter::bare(out.get_mut(start..)?);
        inner.bytes(&[message.code()]).ok()?;
        for option in message.options().filter(|option| !is_outer(option.number)) {
            inner.option(option.number, option.value).ok()?;
        }
        let end = start.checked_add(inner.payload(message.payload()).ok()?)?;
        let tag = self.context.seal(nonce, request, out.get_mut(start..end)?)?;
        *out.get_mut(end..)?.first_chunk_mut::<TAG>()? = tag;
        end.checked_add(TAG)
    }

    /// Checks a protected request and writes the CoAP message that it stands for to the front of `out`, which is twice as long as
    /// `bytes`. Returns its length.
    ///
    /// # Errors
    ///
    /// See [`OscoreError`]. Nothing of `out` is to be used.
    pub async fn unprotect_request<S: Storage>(
        &mut self,
        storage: &mut S,
        bytes: &[u8],
        out: &mut [u8],
    ) -> Outcome<(usize, Request), S> {
        let (message, option) = protected(bytes, 0)?;
        let (Some(number), Some(id)) = (option.number, option.id) else {
            return Err(OscoreRefusal::Malformed.into());
        };
        let is_ours = id == self.context.recipient.as_bytes()
            && (option.context.is_none()
                || option.context == self.context.context.as_ref().map(Name::as_bytes));
        if !is_ours {
            return Err(OscoreRefusal::UnknownContext.into());
        }
        if !self.window.is_fresh(number) || number >= NUMBERS.saturating_sub(1) {
            return Err(OscoreRefusal::Replayed.into());
        }
        let nonce = Nonce { id, number };
        let length = self.unseal(&message, nonce, nonce, 0, out)?;
        // Only what is authentic moves the window, and only what is noted is delivered.
        if let Err(error) = self.accept(storage, number).await {
            out.fill(0);
            return Err(error);
        }
        Ok((length, Request { number }))
    }

    /// Checks a protected response to `exchange` and writes the CoAP message that it stands for to the front of `out`, which is
    /// twice as long as `bytes`. Returns its length.
    ///
    /// A message that was refused leaves the exchange as it was: give it back with the next one.
    ///
    /// # Errors
    ///
    /// The exchange and an [`OscoreError`]. Nothing of `out` is to be used.
    pub fn unprotect_response<F>(
        &mut self,
        exchange: Exchange,
        bytes: &[u8],
        out: &mut [u8],
    ) -> Result<usize, (Exchange, OscoreError<F>)> {
        match self.open_response(exchange.number, bytes, out) {
            Ok(length) => Ok(length),
            Err(error) => Err((exchange, error)),
        }
    }

    fn open_response<F>(
        &self,
        number: u64,
        bytes: &[u8],
        out: &mut [u8],
    ) -> Result<usize, OscoreError<F>> {
        let (message, option) = protected(bytes, 2)?;
        let is_ours = option.id.is_none_or(|id| id == self.context.recipient.as_bytes())
            && option.context.is_none();
        if !is_ours {
            return Err(OscoreRefusal::UnknownContext.into());
        }
        let request = Nonce { id: self.context.sender.as_bytes(), number };
        let nonce = match option.number {
            Some(number) => Nonce { id: self.context.recipient.as_bytes(), number },
            None => request,
        };
        self.unseal(&message, nonce, request, 2, out)
    }

    fn unseal<F>(
        &self,
        message: &MessageView<'_>,
        nonce: Nonce<'_>,
        request: Nonce<'_>,
        class: u8,
        out: &mut [u8],
    ) -> Result<usize, OscoreError<F>> {
        // Decrypted at the end of `out`, written anew at its front: the copy is never longer than what it is made from.
        let sealed = message.payload();
        let at = out.len().checked_sub(sealed.len()).ok_or(OscoreError::Misuse)?;
        let (front, back) = out.split_at_mut_checked(at).ok_or(OscoreError::Misuse)?;
        for (to, from) in back.iter_mut().zip(sealed) {
            *to = *from;
        }
        let (data, tag) = back.split_last_chunk_mut::<TAG>().ok_or(OscoreRefusal::Malformed)?;
        self.context.unseal(nonce, request, data, tag).ok_or(OscoreRefusal::Crypto)?;
        let result = rebuild::<F>(message, data, class, front);
        back.fill(0);
        result
    }
}

/// A message of a class that may be protected.
fn protectable(bytes: &[u8], class: u8) -> Option<MessageView<'_>> {
    let message = MessageView::parse(bytes).ok()?;
    let is_class = match class {
        0 => message.code() != 0 && message.code() >> 5 == 0,
        _ => message.code() >> 5 >= class,
    };
    let has_none = message.options().all(|option| {
        !matches!(option.number, number::OBSERVE | number::OSCORE | number::PROXY_URI)
    });
    (is_class && has_none).then_some(message)
}

/// Whether the result certainly fits. Asked before a number is used up.
fn room<F>(message: &MessageView<'_>, out: &[u8]) -> Result<(), OscoreError<F>> {
    let options = message
        .options()
        .fold(0_usize, |sum, option| sum.saturating_add(option.value.len()).saturating_add(5));
    let whole = options
        .saturating_add(message.payload().len())
        .saturating_add(4 + 8 + 1 + 1 + 1 + TAG + MAX_OPTION + 3);
    if out.len() < whole { Err(OscoreError::Misuse) } else { Ok(()) }
}

/// Options that stay readable for boxes in between (§4.1, class U).
const fn is_outer(option: u16) -> bool {
    matches!(option, number::URI_HOST | number::URI_PORT | number::HOP_LIMIT | number::PROXY_SCHEME)
}

/// Finds the OSCORE option of a protected message.
fn protected(
    bytes: &[u8],
    class: u8,
) -> Result<(MessageView<'_>, OscoreOption<'_>), OscoreRefusal> {
    let message = MessageView::parse(bytes).map_err(|_| OscoreRefusal::Malformed)?;
    let mut options = message.options().filter(|option| option.number == number::OSCORE);
    let option = options.next().ok_or(OscoreRefusal::Unprotected)?;
    // Twice, without content, or neither request nor response: not what was protected (§8.2).
    let is_class = match class {
        0 => message.code() != 0 && message.code() >> 5 == 0,
        _ => message.code() >> 5 == class,
    };
    if options.next().is_some() || message.payload().len() <= TAG || !is_class {
        return Err(OscoreRefusal::Malformed);
    }
    Ok((message, OscoreOption::parse(option.value)?))
}

/// Puts a message together from what was readable and what was protected.
fn rebuild<F>(
    message: &MessageView<'_>,
    plaintext: &[u8],
    class: u8,
    out: &mut [u8],
) -> Result<usize, OscoreError<F>> {
    let malformed = |_| OscoreError::Refused(OscoreRefusal::Malformed);
    let mut reader = gabion_codec::Reader::new(plaintext);
    let code = reader.u8().map_err(malformed)?;
    let is_class = match class {
        0 => code != 0 && code >> 5 == 0,
        _ => matches!(code >> 5, 2 | 4 | 5),
    };
    if !is_class {
        return Err(OscoreRefusal::Malformed.into());
    }
    let (options, payload) = coap::split(reader).map_err(malformed)?;
    let [first, _, id0, id1] = message.header();
    let no_room = |_| OscoreError::Misuse;
    let mut writer =
        MessageWriter::new(out, [first, code, id0, id1], message.token()).map_err(no_room)?;
    // What should have been protected and was not is thrown away (§4.1.1).
    let mut outer = message.options().filter(|option| is_outer(option.number)).peekable();
    for option in coap::options_of(options) {
        if matches!(option.number, number::OSCORE) {
            return Err(OscoreRefusal::Malformed.into());
        }
        while let Some(before) = outer.next_if(|before| before.number <= option.number) {
            writer.option(before.number, before.value).map_err(no_room)?;
        }
        writer.option(option.number, option.value).map_err(no_room)?;
    }
    for option in outer {
        writer.option(option.number, option.value).map_err(no_room)?;
    }
    writer.payload(payload).map_err(no_room)
}

const _: () = assert!(Id::MAX <= 7, "ids are part of nonces");
