//! A firmware that uses every parser of `gabion-codec` and `gabion-cose`, for `cargo xtask chip --panics`: bytes that the
//! compiler cannot know go through all of them, and all that comes out is looked at.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use gabion_codec::cbor::{
    Budget, Document, Field, FieldKey, FieldType, Item, Schema, UnknownFields,
};
use gabion_codec::input::{
    Cidr, CommandLine, Contact, DeviceName, HostName, ImageVersion, Input, Ip, Json, JsonItem,
    RequestHead, SemVer, SetupPayload, Ssid, Timestamp, TopicFilter, TopicName, Uri, Validated,
    WpaSecret,
};
use gabion_codec::{ByteOrder, Crc32, Reader, Sign1View, TlvFormat, Width, Writer, der};
use gabion_cose::{
    ContentKey, Encrypt0, Key, KeyOperation, Label, Mac0, NewHeaders, Payload, Rules, Sign1,
    VerifyingKey,
};
use gabion_crypto::{P256PublicKey, Secret, Software};
use gabion_qemu::semihosting::exit;

gabion_qemu::entry!(run);

/// Looks at the place, so that the linked firmware still holds it, and ends.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    black_box(info.location());
    exit(false)
}

const FIELDS: Schema<3> = Schema::new(
    UnknownFields::Ignore,
    [
        Field::required(FieldKey::Number(1), FieldType::Number(0, 100)),
        Field::optional(FieldKey::Number(-1), FieldType::Bytes(0, 8)),
        Field::optional(FieldKey::Text("name"), FieldType::Text(1, 32)),
    ],
);

fn run() -> bool {
    let bytes = black_box([0x61_u8; 300]);
    let input = bytes.get(..black_box(200)).unwrap_or_default();
    let mut out = black_box([0; 400]);
    let out = out.get_mut(..black_box(300)).unwrap_or_default();
    black_box(binary(input, out));
    black_box(kinds(input, out));
    black_box(messages(input, out));
    // Whatever was said, it is only linked here.
    true
}

fn binary(input: &[u8], out: &mut [u8]) -> bool {
    let format = TlvFormat {
        kind: Width::U16,
        length: black_box(Width::U32),
        order: black_box(ByteOrder::Big),
    };
    let mut writer = Writer::new(out);
    for entry in format.entries(input).flatten() {
        black_box(format.emit(&mut writer, entry.kind, entry.value).is_ok());
    }
    let signature = der::p256_signature(input).unwrap_or([1; 64]);
    black_box(der::emit_p256_signature(&signature, &mut writer).is_ok());
    if let Ok(key) = der::PublicKey::parse(input) {
        black_box(key.emit(&mut writer).is_ok());
    }
    let mut reader = Reader::new(input);
    black_box(
        der::positive(&mut reader).is_ok() | der::element(&mut reader, input.len() as u8).is_ok(),
    );
    let mut sum = Crc32::new();
    sum.update(input);
    black_box(sum.finish());
    if let Ok(document) = Document::parse(input, Budget::SMALL) {
        black_box(walk(&document.root(), 4));
    }
    let record = FIELDS.parse(input, Budget::SMALL);
    let named = record.is_ok_and(|record| record.text(2).is_some() | record.number(0).is_some());
    named | Sign1View::parse(input).is_ok()
}

fn walk(item: &Item<'_>, depth: u8) -> u64 {
    let Some(depth) = depth.checked_sub(1) else { return 0 };
    match item {
        Item::Array(items) | Item::Tag(_, items) => {
            items.clone().fold(0, |sum, item| sum.wrapping_add(walk(&item, depth)))
        }
        Item::Map(entries) => entries
            .clone()
            .fold(0, |sum, (key, value)| sum ^ walk(&key, depth) ^ walk(&value, depth)),
        Item::Float(number) => number.to_bits(),
        other => other.as_u64().unwrap_or(1),
    }
}

fn kinds(input: &[u8], out: &mut [u8]) -> bool {
    one::<Ssid<'_>>(input, out)
        | one::<WpaSecret<'_>>(input, out)
        | one::<HostName<'_>>(input, out)
        | one::<Ip>(input, out)
        | one::<Cidr>(input, out)
        | one::<Uri<'_>>(input, out)
        | one::<TopicName<'_>>(input, out)
        | one::<TopicFilter<'_>>(input, out)
        | one::<DeviceName<'_>>(input, out)
        | one::<Contact<'_>>(input, out)
        | one::<Timestamp>(input, out)
        | one::<ImageVersion>(input, out)
        | one::<SemVer<'_>>(input, out)
        | one::<CommandLine<'_>>(input, out)
        | one::<SetupPayload<'_>>(input, out)
        | one::<RequestHead<'_>>(input, out)
        | one::<Json<'_>>(input, out)
        | meanings(input)
}

/// Reads and writes one kind.
fn one<'a, T: Input<'a>>(input: &'a [u8], out: &mut [u8]) -> bool {
    match Validated::<T>::parse(input) {
        Ok(value) => black_box(value.emit(&mut Writer::new(out)).is_ok()),
        Err(error) => black_box(error.offset) == 0,
    }
}

fn meanings(input: &[u8]) -> bool {
    let mut found = 0_usize;
    if let Ok(json) = Validated::<Json<'_>>::parse(input) {
        if let JsonItem::Object(object) = json.root() {
            for (name, value) in object.clone() {
                found ^= name.chars().count() ^ value.as_i64().unwrap_or(0) as usize;
            }
            found ^= usize::from(object.get("a").is_some_and(|item| item.is_text("b")));
        }
    }
    if let Ok((head, rest)) = RequestHead::parse_front(input) {
        let fields = head.fields().map(|field| field.value.len()).fold(0, |a, b| a ^ b);
        found ^= fields ^ rest.len() ^ head.path().len() ^ head.query().map_or(0, str::len);
        found ^= usize::from(head.field("accept").is_some());
    }
    if let Ok(line) = Validated::<CommandLine<'_>>::parse(input) {
        found ^= line.command().len() ^ line.arguments().count();
    }
    if let (Ok(filter), Ok(topic)) =
        (Validated::<TopicFilter<'_>>::parse(input), Validated::<TopicName<'_>>::parse(input))
    {
        found ^= usize::from(filter.matches(&topic));
    }
    if let Ok(version) = Validated::<SemVer<'_>>::parse(input) {
        found ^= usize::from(version.precedence(&version).is_eq());
    }
    if let Ok(block) = Validated::<Cidr>::parse(input) {
        found ^= usize::from(block.contains(block.base()));
    }
    if let Ok(secret) = Validated::<WpaSecret<'_>>::parse(input) {
        let mut key = [0; 32];
        found ^= usize::from(secret.expose_key(&mut key));
        black_box(key);
    }
    black_box(found) == 0
}

fn messages(input: &[u8], out: &mut [u8]) -> bool {
    let rules = Rules { understood: &[Label::Text("x")], ..Rules::default() };
    let public = VerifyingKey(P256PublicKey(black_box([1; 64])));
    let secret = Secret::new(black_box([2; 32]));
    let content = ContentKey::new(&Software, &secret);
    let headers =
        NewHeaders { key_id: Some(input.get(..4).unwrap_or_default()), content_type: None };
    let signed = Sign1::parse(input, &rules)
        .is_ok_and(|view| view.verify(&Software, &public, input).is_ok());
    let key = Key::parse(input);
    let authenticated = key.as_ref().ok().and_then(|key| key.mac(KeyOperation::MacVerify).ok());
    let authenticated = authenticated.is_some_and(|key| {
        Mac0::parse(input, &rules).is_ok_and(|view| view.verify(&Software, &key, &[]).is_ok())
    });
    let opened = Encrypt0::parse(input, &rules)
        .is_ok_and(|view| view.decrypt(&content, &[], &mut *out).is_ok());
    let sealed = Encrypt0::encrypt(&content, &[3; 12], &headers, input, &[], &mut *out).is_ok();
    let payload = Payload::Attached(input);
    let made = Sign1::sign(&Software, &secret, &headers, payload, &[], out).is_ok();
    let usable = key.is_ok_and(|key| key.verifying().is_ok() | key.signing().is_ok());
    signed | authenticated | opened | sealed | made | usable
}
