//! How certificates hang together.

use gabion_link::x509::Refusal::*;

use crate::case::{Case, inter, root};
use crate::good::ladder;
use crate::mint::*;

pub fn cases() -> Vec<Case> {
    let (root, inter) = (root(), inter());
    let leaf = Cert::leaf(Key(3), &inter);
    let other = Cert::root("Other", Key(40));
    let mut all = vec![
        Case::new("path: intermediate not sent", &[&root], &[&leaf]).refused(UnknownIssuer),
        Case::new("path: intermediate first", &[&root], &[&inter, &leaf]).refused(LeafIsAuthority),
        Case::new("path: unknown root", &[&other], &[&leaf, &inter]).refused(UnknownIssuer),
        Case::new("path: unknown root sent along", &[&other], &[&leaf, &inter, &root])
            .refused(UnknownIssuer),
        Case::new(
            "path: root of the right name, other key",
            &[&Cert::root("Root", Key(41)).without(SKI)],
            &[&leaf, &inter],
        )
        .refused(Signature),
        Case::new(
            "path: root of the right name, other key identifier",
            &[&Cert::root("Root", Key(41))],
            &[&leaf, &inter],
        )
        .refused(KeyIdentifierMismatch),
        Case::new(
            "path: root of the right key, other name",
            &[&Cert::root("Toor", Key(1))],
            &[&leaf, &inter],
        )
        .refused(UnknownIssuer),
        Case::new(
            "path: leaf signed by another",
            &[&root],
            &[&leaf.clone().but(|c| c.signer = Key(9)), &inter],
        )
        .refused(Signature),
        Case::new(
            "path: intermediate signed by another",
            &[&root],
            &[&leaf, &inter.clone().but(|c| c.signer = Key(9))],
        )
        .refused(Signature),
        Case::new(
            "path: leaf signed by the root, says intermediate",
            &[&root],
            &[&leaf.clone().but(|c| c.signer = Key(1)), &inter],
        )
        .refused(Signature),
        Case::new(
            "path: leaf names another issuer",
            &[&root],
            &[&leaf.clone().but(|c| c.issuer = name("Nobody")), &inter],
        )
        .refused(UnknownIssuer),
        Case::new(
            "path: issuer spelled in other case",
            &[&root],
            &[&leaf.clone().but(|c| c.issuer = name("INTER")), &inter],
        )
        .refused(UnknownIssuer)
        .differs("Names, byte by byte"),
        Case::new(
            "path: issuer in another string type",
            &[&root],
            &[
                &leaf.clone().but(|c| {
                    c.issuer = seq(&[&rdn(&[seq(&[&oid(&[0x55, 4, 3]), &tlv(0x13, b"Inter")])])])
                }),
                &inter,
            ],
        )
        .refused(UnknownIssuer)
        .differs("Names, byte by byte"),
    ];

    // A leaf that issues.
    let second = Cert::leaf(Key(4), &leaf);
    all.push(
        Case::new("path: issued by a leaf", &[&root], &[&second, &leaf, &inter])
            .refused(NotAuthority),
    );
    let claimed = leaf.clone().with(Ext::new(BC, true, basic(true, None)));
    let third = Cert::leaf(Key(4), &claimed);
    all.push(
        Case::new(
            "path: issued by an authority without the right to sign",
            &[&root],
            &[&third, &claimed, &inter],
        )
        .refused(IssuerMayNotSign),
    );

    // Self-signed.
    let alone = Cert::leaf(Key(5), &inter)
        .but(|c| {
            c.issuer = c.subject.clone();
            c.signer = c.key;
        })
        .without(AKI);
    all.push(Case::new("path: self-signed", &[&root], &[&alone]).refused(SelfSigned));
    all.push(
        Case::new("path: self-signed, intermediate beside", &[&root], &[&alone, &inter])
            .refused(SelfSigned),
    );
    all.push(
        Case::new("path: self-signed and among the roots", &[&alone, &root], &[&alone])
            .refused(SelfSigned)
            .differs("Self-signed certificates"),
    );
    all.push(Case::new("path: a root as the server", &[&root], &[&root]).refused(LeafIsAuthority));

    // Path lengths.
    for (limit, below, expected) in [
        (0_u8, 0_u8, true),
        (0, 1, false),
        (1, 1, true),
        (1, 2, false),
        (2, 2, true),
        (2, 3, false),
    ] {
        let (root, chain) = ladder(below + 1, |step, cert| {
            if step == 0 { cert.with(Ext::new(BC, true, basic(true, Some(limit)))) } else { cert }
        });
        let case = Case::new(
            &format!("path length {limit}, {below} below"),
            &[&root],
            &chain.iter().collect::<Vec<_>>(),
        );
        all.push(if expected { case } else { case.refused(PathLength) });
        let root = root.with(Ext::new(BC, true, basic(true, Some(limit))));
        let (_, chain) = ladder(below, |_, cert| cert);
        let case = Case::new(
            &format!("path length {limit} of the root, {below} below"),
            &[&root],
            &chain.iter().collect::<Vec<_>>(),
        );
        all.push(if expected { case } else { case.refused(PathLength) });
    }
    let (narrow, chain) = ladder(3, |step, cert| {
        cert.with(Ext::new(BC, true, basic(true, Some([0, 5, 5][step as usize]))))
    });
    all.push(
        Case::new("path length: grows below", &[&narrow], &chain.iter().collect::<Vec<_>>())
            .refused(PathLength),
    );
    let first = Cert::inter("Same", Key(20), &root).with(Ext::new(BC, true, basic(true, Some(1))));
    let again = Cert::inter("Same", Key(21), &first).with(Ext::new(BC, true, basic(true, Some(1))));
    let last = Cert::inter("Last", Key(22), &again).with(Ext::new(BC, true, basic(true, Some(0))));
    all.push(Case::new(
        "path length: self-issued not counted",
        &[&root],
        &[&Cert::leaf(Key(3), &last), &last, &again, &first],
    ));

    // Loops and mazes.
    let a = Cert::inter("A", Key(30), &Cert::root("B", Key(31)));
    let b = Cert::inter("B", Key(31), &Cert::root("A", Key(30)));
    let looped = Cert::leaf(Key(3), &a);
    all.push(
        Case::new("path: two authorities vouch for each other", &[&root], &[&looped, &a, &b])
            .refused(UnknownIssuer),
    );
    let maze: Vec<Cert> = std::iter::once(Cert::leaf(Key(3), &a))
        .chain((0..14).map(|n| if n % 2 == 0 { a.clone() } else { b.clone() }))
        .collect();
    all.push(
        Case::new("path: a maze of them", &[&root], &maze.iter().collect::<Vec<_>>())
            .refused(Exhausted),
    );
    let crowd: Vec<Cert> =
        std::iter::once(leaf.clone()).chain(std::iter::repeat_n(inter.clone(), 16)).collect();
    all.push(
        Case::new("path: 17 certificates", &[&root], &crowd.iter().collect::<Vec<_>>())
            .refused(TooMany)
            .differs("Limits"),
    );
    all.push(Case::new("path: 16 certificates", &[&root], &crowd[..16].iter().collect::<Vec<_>>()));
    all.push(Case::new("path: garbage behind a good chain", &[&root], &[&leaf, &inter, &other]));
    let mut garbage =
        Case::new("path: garbage for an intermediate", &[&root], &[&leaf]).refused(Encoding);
    garbage.chain.push(b"no certificate".to_vec());
    all.push(garbage);
    all
}
