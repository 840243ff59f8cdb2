//! What must hold between the registries. All of it is evaluated by the compiler.

use crate::{Access, LegalBasis, Mechanism, Need, Parameter, Profile, Store, Updated};

/// Whether two texts are the same.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a, b) {
            ([], []) => return true,
            ([x, more_a @ ..], [y, more_b @ ..]) if *x == *y => (a, b) = (more_a, more_b),
            _ => return false,
        }
    }
}

/// Runs a statement for each item of a slice.
macro_rules! each {
    ($item:ident in $list:expr => $body:block) => {
        let mut rest = $list;
        while let [$item, others @ ..] = rest {
            $body
            rest = others;
        }
    };
}

/// Refuses two items of one name.
macro_rules! unique {
    ($list:expr, $message:literal) => {
        let mut rest = $list;
        while let [item, others @ ..] = rest {
            let mut later = others;
            while let [other, more @ ..] = later {
                assert!(!same(item.name, other.name), $message);
                later = more;
            }
            rest = others;
        }
    };
}

/// Whether an item of that name is in a slice.
macro_rules! names {
    ($list:expr, $name:expr) => {{
        let mut found = false;
        let mut rest = $list;
        while let [item, others @ ..] = rest {
            if same(item.name, $name) {
                found = true;
            }
            rest = others;
        }
        found
    }};
}

const fn has_parameter(lists: &[&[Parameter]], name: &str) -> bool {
    each!(list in lists => {
        if names!(*list, name) {
            return true;
        }
    });
    false
}

const fn unique_mechanisms(lists: &[&[Mechanism]]) {
    let mut rest = lists;
    while let [list, others @ ..] = rest {
        unique!(*list, "two mechanisms have one name");
        each!(one in *list => {
            let mut later = others;
            while let [other, more @ ..] = later {
                assert!(!names!(*other, one.name), "two mechanisms have one name");
                later = more;
            }
        });
        rest = others;
    }
}

const fn is_date(text: &str) -> bool {
    matches!(
        text.as_bytes(),
        [
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'-',
            b'0'..=b'1',
            b'0'..=b'9',
            b'-',
            b'0'..=b'3',
            b'0'..=b'9'
        ]
    )
}

/// Refuses a profile that does not hold together.
pub(crate) const fn profile(p: &Profile) {
    assert!(!p.device.manufacturer.is_empty(), "a device has a manufacturer");
    assert!(!p.device.model.is_empty(), "a device has a model designation (5.3-16)");
    assert!(!p.device.security_contact.is_empty(), "a device has a security contact (5.2-1)");
    assert!(!p.device.policy_url.is_empty(), "a device has a disclosure policy (5.2-1)");
    assert!(
        is_date(p.device.support_until),
        "the support period ends on a date, YYYY-MM-DD (5.3-13)"
    );
    names_are_unique(p);
    interfaces_hold(p);
    parameters_hold(p);
    data_holds(p);
}

const fn names_are_unique(p: &Profile) {
    let _ = crate::check_parameters(p.parameters);
    unique_mechanisms(p.mechanisms);
    unique!(p.interfaces, "two interfaces have one name");
    unique!(p.services, "two services have one name");
    unique!(p.authentications, "two authentication mechanisms have one name");
    unique!(p.security_parameters, "two security parameters have one name");
    unique!(p.channels, "two channels have one name");
    unique!(p.components, "two components have one name");
    unique!(p.update_mechanisms, "two update mechanisms have one name");
    unique!(p.implementations, "two implementations have one name");
    unique!(p.integrity, "two integrity mechanisms have one name");
    unique!(p.personal_data, "two kinds of personal data have one name");
    unique!(p.sensors, "two sensors have one name");
    unique!(p.resilience, "two resilience mechanisms have one name");
    unique!(p.telemetry, "two kinds of telemetry have one name");
    unique!(p.deletions, "two deletions have one name");
    unique!(p.decisions, "two decisions have one name");
    unique!(p.validations, "two validations have one name");
    unique!(p.backends, "two backends have one name");
}

const fn interfaces_hold(p: &Profile) {
    each!(one in p.interfaces => {
        assert!(
            !matches!(one.need, Need::Never) || one.disabled.is_some(),
            "an interface that is never needed is disabled (5.6-1)"
        );
        assert!(
            !one.debug || one.disabled.is_some() || !one.protection.is_empty(),
            "a debug interface is disabled or protected (5.6-4)"
        );
        assert!(
            one.over.is_empty() || names!(p.interfaces, one.over),
            "an interface runs over one that is not registered"
        );
    });
    each!(one in p.services => {
        assert!(names!(p.interfaces, one.interface), "a service listens at an interface that is not registered");
        if let Access::Authenticated(by) = one.access {
            each!(name in by => {
                assert!(names!(p.authentications, name), "a service names an authentication mechanism that is not registered");
            });
        }
    });
    each!(one in p.channels => {
        assert!(names!(p.interfaces, one.interface), "a channel runs over an interface that is not registered");
    });
    each!(one in p.validations => {
        each!(name in one.covers => {
            assert!(
                names!(p.interfaces, name) || names!(p.channels, name),
                "a validation covers an interface or channel that is not registered"
            );
        });
    });
}

const fn is_parameter(p: &Profile, name: &str) -> bool {
    names!(p.security_parameters, name) || has_parameter(p.parameters, name)
}

const fn parameters_hold(p: &Profile) {
    each!(one in p.security_parameters => {
        assert!(
            one.stored == has_parameter(p.parameters, one.name),
            "a security parameter is one of the store or has a name of its own"
        );
        each!(name in one.sent_over => {
            assert!(names!(p.channels, name), "a security parameter is sent over a channel that is not registered");
        });
    });
    each!(one in p.authentications => {
        each!(name in one.parameters => {
            assert!(is_parameter(p, name), "an authentication mechanism names a security parameter that is not registered");
        });
    });
    each!(one in p.channels => {
        each!(name in one.parameters => {
            assert!(is_parameter(p, name), "a channel names a security parameter that is not registered");
        });
    });
    each!(one in p.update_mechanisms => {
        each!(name in one.parameters => {
            assert!(is_parameter(p, name), "an update mechanism names a security parameter that is not registered");
        });
    });
    each!(one in p.components => {
        if let Updated::By(mechanisms) = one.updated {
            each!(name in mechanisms => {
                assert!(names!(p.update_mechanisms, name), "a component names an update mechanism that is not registered");
            });
        }
    });
}

const fn data_holds(p: &Profile) {
    each!(one in p.personal_data => {
        if let LegalBasis::Consent { decision, .. } = one.legal_basis {
            assert!(names!(p.decisions, decision), "consent names a decision that is not registered");
        }
        if let Store::Parameter(name) = one.store {
            assert!(has_parameter(p.parameters, name), "personal data is kept under a parameter that is not registered");
        }
        assert!(
            one.sensor.is_empty() || names!(p.sensors, one.sensor),
            "personal data comes from a sensor that is not registered"
        );
        each!(who in one.recipients => {
            assert!(!who.name.is_empty(), "a recipient needs a name");
            assert!(names!(p.channels, who.channel), "personal data is sent over a channel that is not registered");
        });
    });
    each!(one in p.telemetry => {
        each!(name in one.personal_data => {
            assert!(names!(p.personal_data, name), "telemetry holds personal data that is not registered");
        });
    });
}
