//! A store that forgets nothing and fails when it is told to.
#![allow(dead_code, reason = "each test uses a part")]

use gabion_crypto::Software;
use gabion_oscore::{Context, Id, Material, OSCORE_STATE, Session, Steps};
use gabion_profile::{Class, Parameter};
use gabion_storage::{Change, Storage, StorageError};

pub const SECRET: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

#[derive(Clone, Default)]
pub struct Memory {
    pub value: Option<Vec<u8>>,
    pub writes: usize,
    pub fails: bool,
}

impl Storage for Memory {
    type FlashError = ();

    async fn read(
        &mut self,
        _: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<()>> {
        let Some(value) = &self.value else { return Ok(None) };
        out[..value.len()].copy_from_slice(value);
        Ok(Some(value.len()))
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<()>> {
        if self.fails {
            return Err(StorageError::Flash(()));
        }
        self.writes += 1;
        self.value = changes[0].value().map(<[u8]>::to_vec);
        Ok(())
    }

    async fn erase_class(&mut self, _: Class) -> Result<(), StorageError<()>> {
        self.value = None;
        Ok(())
    }
}

pub fn context(sender: &[u8], recipient: &[u8]) -> Context<Software> {
    Context::derive(
        Software,
        &Material {
            secret: &SECRET,
            salt: &[0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40],
            context: None,
            sender: Id::new(sender).unwrap(),
            recipient: Id::new(recipient).unwrap(),
        },
    )
    .unwrap()
}

/// One end that starts anew.
pub fn begin(sender: &[u8], recipient: &[u8], steps: Steps) -> (Session<Software>, Memory) {
    let mut memory = Memory::default();
    let made = Session::begin(context(sender, recipient), &mut memory, &OSCORE_STATE, steps);
    let session = gabion_flash::block_on(made).unwrap();
    (session, memory)
}

pub fn hex(text: &str) -> Vec<u8> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}
