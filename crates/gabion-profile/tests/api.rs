//! The registry: what is registered can be used, under one number, with a purpose.
#![allow(missing_docs)]

use gabion_profile::{
    Authenticator, Class, DeviceInfo, Exposure, Interface, Key, Origin, ParamId, Parameter,
    Profile, Protection, check_parameters, parameters,
};

parameters! {
    /// First list.
    pub const FIRST: {
        /// A secret.
        TOKEN: Critical { class: Class::DeviceSecret, number: 0xfff, max_len: 32, origin: Origin::Factory,
            purpose: "opens the back end" };
        /// A name.
        NAME: Public { class: Class::Configuration, number: 0, max_len: 1, origin: Origin::User,
            purpose: "is shown" };
    }
}

const DEVICE: DeviceInfo = DeviceInfo {
    manufacturer: "Example",
    model: "Demo",
    security_contact: "mailto:security@example.invalid",
    policy_url: "https://example.invalid/policy",
    support_until: "2031-12-31",
};

#[test]
fn an_id_holds_class_and_number_and_survives_flash() {
    for class in Class::ALL {
        for number in [0, 1, 0xeff, 0xf00, 0xfff] {
            let id = ParamId::new(class, number);
            assert_eq!(id.class_number(), class.number());
            assert_eq!(id.number(), number);
            assert_eq!(ParamId::from_raw(id.raw()), id);
        }
    }
}

#[test]
fn class_numbers_are_unique_and_fit_in_four_bits() {
    let mut numbers: Vec<u8> = Class::ALL.iter().map(|c| c.number()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), Class::ALL.len());
    assert!(numbers.iter().all(|n| *n < 16));
}

#[test]
fn a_key_leads_to_what_was_registered() {
    assert_eq!(TOKEN.parameter().protection, Protection::Critical);
    assert_eq!(Key::parameter(&NAME).name, "NAME");
    assert_eq!(FIRST[0], *TOKEN.parameter());
}

#[test]
fn a_profile_finds_by_the_number_on_flash_and_refuses_strangers() {
    static PROFILE: Profile = Profile::new(DEVICE, &[FIRST], &[], &[]);
    assert_eq!(PROFILE.parameter(TOKEN.parameter().id).map(|p| p.name), Some("TOKEN"));
    assert!(PROFILE.parameter(ParamId::new(Class::Log, 7)).is_none());
}

#[test]
#[should_panic(expected = "share a number")]
fn one_number_in_two_lists_is_refused() {
    const CLASH: &[Parameter] = &[Parameter::new(
        Class::DeviceSecret,
        0xfff,
        Protection::Public,
        1,
        Origin::User,
        "CLASH",
        "clashes",
    )];
    let lists: &[&[Parameter]] = &[FIRST, CLASH];
    let _ = check_parameters(std::hint::black_box(lists));
}

#[test]
#[should_panic(expected = "needs a reason")]
fn a_public_interface_without_a_reason_is_refused() {
    let _ =
        Interface::new("http", Exposure::Local, true, Authenticator::Public(""), "shows status");
}

#[test]
fn what_a_reset_leaves_is_declared_by_class() {
    let left: Vec<Class> = Class::ALL.into_iter().filter(|c| c.survives_reset()).collect();
    assert_eq!(left, [Class::DeviceSecret, Class::Factory]);
}
