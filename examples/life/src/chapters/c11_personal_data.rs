//! Personal data: nothing before a yes, gone with a no, and one person's is deleted without anybody else's.

use anyhow::{Context, Result, anyhow, bail};
use gabion::auth::{Auth, AuthError, Name, Owner, SessionToken, User};
use gabion::crypto::Software;
use gabion::privacy::{
    Answer, DeletionReceipt, Language, PersonalData, PersonalKey, Refusal, Subject, Value, ask,
};
use gabion_sim::LeakScan;
use serde_json::json;

use crate::handover::Handover;
use crate::home::ports;
use crate::people::{OWNER_SECRET, entered, log_in, log_in_owner, open_auth};
use crate::profile::{GETS_UP, INVENTORY, LAST_AT_HOME, LIGHT_IN_TIME, WAKE_GENTLY};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::{Session, World};

/// When somebody was last at home.
pub(crate) const AT_HOME: &[u8] = b"2026-11-24T07:15 at the door";
/// When the guest gets up.
pub(crate) const WAKE: &[u8] = b"a quarter to six, softly";
/// The guest's data: the first account after the owner's.
pub(crate) const GUEST: Subject = Subject::User1;

const GUEST_NAME: &str = "kim";
const GUEST_SECRET: &str = "forty wet umbrellas";
/// More than a person's export is long.
const LARGEST: usize = 2048;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(
        11,
        "It knows of people what they allow, and forgets one of them",
        "6-1, 6-2, 6-3A, 5.8-1, 5.11-1",
    );
    let handover = Handover::load(&world.path)?;
    let facts = handover.facts();
    let facts: Vec<&[u8]> = facts.iter().map(Vec::as_slice).collect();
    world.session(async |session| {
        let mut auth = open_auth(&mut session.device, &facts).await?;
        let owner = log_in_owner(session, &mut auth, &entered(OWNER_SECRET)?).await?.token;
        household(session, teller, &mut auth, &owner).await?;
        guest(session, teller, &mut auth, &owner, (world, &handover)).await?;
        progress::done(session, teller, progress).await
    })?;
    let copy = world.copy().context("the power is on")?;
    let mut scan = LeakScan::new();
    for (name, secret) in [("personal data", AT_HOME), ("the guest's data", WAKE)] {
        scan.plant(name, secret);
    }
    let found = scan.scan(copy.medium.bytes());
    if !found.is_empty() {
        bail!("something of a person lies readable in the flash: {found:?}");
    }
    teller.shows(
        "5.8",
        "personal data only through its inventory, sealed under the key of its person",
        "gabion-privacy/src/inventory.rs",
    );
    teller.shows(
        "6",
        "a yes is asked for, a no deletes at once; signed export; one person's deletion with a receipt",
        "gabion-privacy/src/privacy.rs",
    );
    Ok(())
}

/// The owner is asked for the household, and says yes.
async fn household(
    session: &mut Session<'_, '_>,
    teller: &mut Teller,
    auth: &mut Auth<'_, Software>,
    owner: &SessionToken,
) -> Result<()> {
    if let Err(why) = session.home.permit(LAST_AT_HOME, Subject::Household) {
        teller.refused("remembering when somebody was at home", &why.to_string());
    }
    let mut question = String::new();
    ask(&LIGHT_IN_TIME, INVENTORY.items(), Language::English, &mut question)?;
    teller.say(&question);
    let by = auth
        .authorize::<Owner>(&mut session.device.chip.clock, owner)
        .map_err(|e| anyhow!("the owner's session: {e}"))?;
    let mut ports = ports(&mut session.device, session.identity.as_ref());
    session
        .home
        .answer(&mut ports, by, Subject::Household, &LIGHT_IN_TIME, Answer::Yes)
        .await
        .map_err(|e| anyhow!("{e}"))?;
    keep(session, LAST_AT_HOME, Subject::Household, AT_HOME).await?;
    teller.acknowledge("personal data", &json!("with consent"));
    Ok(())
}

/// A guest says yes, no and yes again, takes a copy of what is known, and goes.
async fn guest(
    session: &mut Session<'_, '_>,
    teller: &mut Teller,
    auth: &mut Auth<'_, Software>,
    owner: &SessionToken,
    (world, handover): (&World, &Handover),
) -> Result<()> {
    let name = Name::new(GUEST_NAME).context("the guest's name")?;
    let by = auth
        .authorize::<Owner>(&mut session.device.chip.clock, owner)
        .map_err(|e| anyhow!("the owner's session: {e}"))?;
    match auth.add_user(&mut session.device.ports(), by, &name, &entered(GUEST_SECRET)?).await {
        // Told again after a cut, the account may be there.
        Ok(()) | Err(AuthError::NoRoom) => {}
        Err(other) => bail!("the guest's account: {other}"),
    }
    let kim = log_in(session, auth, &name, &entered(GUEST_SECRET)?).await?.token;
    answer(session, auth, &kim, Answer::Yes).await?;
    keep(session, GETS_UP, GUEST, WAKE).await?;
    answer(session, auth, &kim, Answer::No).await?;
    match session.home.permit(GETS_UP, GUEST) {
        Err(why @ Refusal::Withdrawn) => {
            teller.refused("waking the guest, who has changed their mind", &why.to_string());
        }
        other => bail!("a no has no effect: {other:?}"),
    }
    answer(session, auth, &kim, Answer::Yes).await?;
    if crate::home::look(session, GETS_UP, GUEST).await?.is_some() {
        bail!("RESURRECTED: what was deleted with a no is back with a yes");
    }
    keep(session, GETS_UP, GUEST, WAKE).await?;

    let mut buffer = [0; LARGEST];
    let mut prove = || {
        auth.authorize::<User>(&mut session.device.chip.clock, &kim)
            .map_err(|e| anyhow!("the guest's session: {e}"))
    };
    let (by, again, gone) = (prove()?, prove()?, prove()?);
    let mut ports = ports(&mut session.device, session.identity.as_ref());
    let export = session
        .home
        .export_cbor(&mut ports, by, &mut buffer)
        .await
        .map_err(|e| anyhow!("the export: {e}"))?;
    let bytes = export.show(again);
    std::fs::write(world.path.with_extension("export"), bytes)?;
    let seen = gabion_cli::privacy::verify_cbor(bytes, &handover.identity()?)
        .map_err(|e| anyhow!("the export: {e}"))?;
    let subjects = seen["subjects"].as_array().map_or(0, Vec::len);
    if subjects != 1 || !seen.to_string().contains(std::str::from_utf8(WAKE)?) {
        bail!("the export holds {subjects} people, or not what is known of the guest");
    }
    teller.say(&format!(
        "The guest takes a copy, signed by the device: {} bytes, {} answers on record, nobody else's data.",
        bytes.len(),
        seen["subjects"][0]["answers"].as_array().map_or(0, Vec::len),
    ));
    drop(export);

    session.home.delete(&mut ports, gone, GUEST).await.map_err(|e| anyhow!("deleting: {e}"))?;
    let mut signed = [0; gabion::privacy::DELETION_RECEIPT_LEN];
    let len = session
        .home
        .newest_receipt(&mut ports, &mut signed)
        .await
        .map_err(|e| anyhow!("{e}"))?
        .context("LOST: there is no receipt of the deletion")?;
    let signed = signed.get(..len).context("a receipt that is too long")?;
    let receipt = DeletionReceipt::verify(&Software, signed, &handover.identity()?)
        .map_err(|e| anyhow!("the receipt: {e}"))?;
    if receipt.subject != GUEST {
        bail!("the receipt is about somebody else");
    }
    let by = auth
        .authorize::<Owner>(&mut session.device.chip.clock, owner)
        .map_err(|e| anyhow!("the owner's session: {e}"))?;
    auth.remove_user(&mut session.device.ports(), by, &name).await.map_err(|e| anyhow!("{e}"))?;
    teller.acknowledge("the guest's data", &json!("deleted"));
    teller.say(&format!(
        "The guest leaves: the key of their class is destroyed, receipt {} says so. What the household allowed stays.",
        receipt.number
    ));
    Ok(())
}

/// Writes down what the guest says.
async fn answer(
    session: &mut Session<'_, '_>,
    auth: &mut Auth<'_, Software>,
    kim: &SessionToken,
    answer: Answer,
) -> Result<()> {
    let by = auth
        .authorize::<User>(&mut session.device.chip.clock, kim)
        .map_err(|e| anyhow!("the guest's session: {e}"))?;
    let mut ports = ports(&mut session.device, session.identity.as_ref());
    session
        .home
        .answer(&mut ports, by, GUEST, &WAKE_GENTLY, answer)
        .await
        .map_err(|e| anyhow!("{e}"))
}

/// Keeps something of somebody, under a permit.
async fn keep(
    session: &mut Session<'_, '_>,
    key: PersonalKey,
    subject: Subject,
    value: &[u8],
) -> Result<()> {
    let permit = session.home.permit(key, subject)?;
    let value = PersonalData::new(&permit, Value::<32>::new(value).context("too long")?);
    let mut ports = ports(&mut session.device, session.identity.as_ref());
    session.home.put(&mut ports, &permit, &value).await.map_err(|e| anyhow!("{e}"))
}
