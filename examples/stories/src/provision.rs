//! The factory: a label secret and an identity of this one device; then the interface closes for good.

use gabion::auth::Policy;
use gabion::crypto::Software;
use gabion::provision::{Identity, Label, LabelSecret, LifeCycle, Model, Serial};
use gabion::setup::{Factory, Order};

use crate::board::Hardware;
use crate::console::dump;
use crate::product::PROFILE;
use crate::say;
use crate::session::{Failed, Session};

/// Provisions the device with the code of a printed label, or with one that it draws.
pub(crate) async fn tell<H: Hardware>(
    session: &mut Session<'_, '_, H>,
    printed: &mut [u8],
) -> Result<(), Failed> {
    match session.life_cycle.take() {
        Some(LifeCycle::Unprovisioned(device)) => {
            let Ok(model) = Model::new(PROFILE.device.model.as_bytes()) else {
                return Err(Failed::because("the model"));
            };
            let Ok(serial) = Serial::new(session.serial.as_bytes()) else {
                return Err(Failed::because("the serial number"));
            };
            let order = Order { model, serial, public: &[], policy: Policy::STANDARD };
            let chip = &mut session.device.chip;
            let mut factory = Factory {
                crypto: &Software,
                root_key: &mut chip.root_key,
                entropy: &mut chip.entropy,
                fuse: &mut chip.fuse,
                events: &mut session.device.events,
            };
            let store = &mut session.device.store;
            let (device, label) = if printed.is_empty() {
                factory.provision(device, store, &order).await
            } else {
                let secret =
                    LabelSecret::parse(printed).map_err(|e| Failed::to("the label's code", e))?;
                let made = factory.provision_with(device, store, &order, &secret).await;
                made.map(|device| (device, Label { model, serial, secret }))
            }
            .map_err(|e| Failed::to("provisioning", e))?;
            session.life_cycle = Some(LifeCycle::FactoryProvisioned(device));
            session.settle().await?;
            say!(session.console, "Print this on the label of this one device:");
            say!(session.console, "label {}", label.payload().expose());
            say!(session.console, "code {}", label.secret.grouped());
        }
        other => {
            session.life_cycle = other;
            say!(session.console, "The factory is closed: this device was provisioned before.");
        }
    }
    identity(session).await
}

/// Shows the public key of the device.
pub(crate) async fn identity<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    let identity = Identity::load(&mut session.device.store, &Software)
        .await
        .map_err(|e| Failed::to("identity", e))?;
    say!(session.console, "Its public key, for the back end:");
    dump(&mut session.console, "key", &identity.public_key().0).await;
    Ok(())
}
