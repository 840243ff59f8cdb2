//! ekv with CRC, one transaction for each put.

use ekv::flash::{Flash, PageID};
use ekv::{Config, Database, ReadError};
use embassy_sync_ekv::blocking_mutex::raw::NoopRawMutex;
use gabion_flash::block_on;
use gabion_sim::FlashError;

use crate::contender::{Answer, Contender, Live, Value, text};
use crate::device::{Device, Handle, PAGE};

/// ekv.
pub struct Ekv;

impl Contender for Ekv {
    fn name(&self) -> &'static str {
        "ekv 1.0.0"
    }
    fn session(
        &self,
        device: &Device,
        is_new: bool,
        act: &mut dyn FnMut(&mut dyn Live),
    ) -> Result<(), String> {
        let database = Db::new(Pages(device.flash.clone()), Config::default());
        block_on(async {
            if is_new {
                database.format().await.map_err(text)?;
            }
            database.mount().await.map_err(text)
        })?;
        act(&mut Used(database));
        Ok(())
    }
}

type Db = Database<Pages, NoopRawMutex>;

struct Used(Db);

impl Live for Used {
    fn get(&mut self, key: usize) -> Answer {
        let mut out = [0; 64];
        let read =
            block_on(async { self.0.read_transaction().await.read(&[key as u8], &mut out).await });
        match read {
            Ok(len) => Answer::of(&out[..len]),
            Err(ReadError::KeyNotFound) => Answer::Absent,
            Err(_) => Answer::Error,
        }
    }
    fn put(&mut self, key: usize, value: &Value) -> Result<(), String> {
        block_on(async {
            let mut transaction = self.0.write_transaction().await;
            transaction.write(&[key as u8], value).await.map_err(text)?;
            transaction.commit().await.map_err(text)
        })
    }
    fn remove(&mut self, key: usize) -> Result<(), String> {
        block_on(async {
            let mut transaction = self.0.write_transaction().await;
            transaction.delete(&[key as u8]).await.map_err(text)?;
            transaction.commit().await.map_err(text)
        })
    }
}

struct Pages(Handle);

impl Flash for Pages {
    type Error = FlashError;
    fn page_count(&self) -> usize {
        16
    }
    async fn erase(&mut self, page: PageID) -> Result<(), FlashError> {
        self.0.erase_at(page.index() * PAGE, (page.index() + 1) * PAGE)
    }
    async fn read(
        &mut self,
        page: PageID,
        offset: usize,
        data: &mut [u8],
    ) -> Result<(), FlashError> {
        self.0.read_at(page.index() * PAGE + offset, data)
    }
    async fn write(&mut self, page: PageID, offset: usize, data: &[u8]) -> Result<(), FlashError> {
        self.0.write_at(page.index() * PAGE + offset, data)
    }
}
