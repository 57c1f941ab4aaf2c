//! RFC 9111 §3.5: requests with credentials.

use super::build::{HOUR, Origin, Row, answer, get, ok, row};

const ANNA: &[&str] = &["Authorization: Basic YW5uYTp4"];

pub(super) const ROWS: &[Row] = &[
    row(
        "9111-3.5",
        "an answer to a request with credentials is not kept",
    )
    .steps(&[
        get().with(ANNA).brings(ok(HOUR)),
        get().with(ANNA).brings(ok(HOUR)),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-3.5",
        "Expires does not let an answer to credentials be kept",
    )
    .steps(&[
        get().with(ANNA).brings(ok(&["Expires: {3600}"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.9",
        "public lets an answer to credentials be kept for everybody",
    )
    .steps(&[
        get()
            .with(ANNA)
            .brings(ok(&["Cache-Control: public, max-age=3600"])),
        get().with(ANNA).kept(1),
        get().kept(1),
    ]),
    row(
        "9111-5.2.2.10",
        "s-maxage lets an answer to credentials be kept",
    )
    .steps(&[
        get()
            .with(ANNA)
            .brings(ok(&["Cache-Control: s-maxage=3600"])),
        get().kept(1),
    ]),
    row(
        "9111-5.2.2.2",
        "must-revalidate lets an answer to credentials be kept",
    )
    .steps(&[
        get()
            .with(ANNA)
            .brings(ok(&["Cache-Control: must-revalidate, max-age=3600"])),
        get().kept(1),
    ]),
    row(
        "9111-3.5",
        "proxy-revalidate does not let an answer to credentials be kept",
    )
    .steps(&[
        get()
            .with(ANNA)
            .brings(ok(&["Cache-Control: proxy-revalidate, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-3.5",
        "private forbids what public allows for credentials",
    )
    .steps(&[
        get()
            .with(ANNA)
            .brings(ok(&["Cache-Control: public, private, s-maxage=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-3.5",
        "no-store forbids what s-maxage allows for credentials",
    )
    .steps(&[
        get()
            .with(ANNA)
            .brings(ok(&["Cache-Control: no-store, s-maxage=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9110-11.6.2",
        "credentials reach an origin that asks for its own",
    )
    .steps(&[get()
        .with(ANNA)
        .brings(ok(HOUR))
        .sent(&["Authorization: Basic YW5uYTp4"])]),
    row("9110-11.6.1", "the origin's challenge reaches the caller").steps(&[get()
        .brings(answer(401, &["WWW-Authenticate: Basic realm=\"a\""]))
        .shows(&["WWW-Authenticate: Basic realm=\"a\""])]),
    row(
        "9111-3.5",
        "who asks with credentials together with another gets an own answer",
    )
    .steps(&[get()
        .with(ANNA)
        .together(2)
        .brings(ok(HOUR))
        .then(ok(HOUR))
        .asks(2)]),
    row(
        "9110-11.6.2",
        "credentials for the gateway are not given to the origin",
    )
    .to(Origin::Known)
    .steps(&[get().with(ANNA).brings(ok(HOUR)).sent(&["!Authorization"])]),
    row(
        "9111-3.5",
        "credentials that the origin never saw do not keep its answer from others",
    )
    .to(Origin::Known)
    .steps(&[
        get().with(ANNA).brings(ok(HOUR)),
        get().with(&["Authorization: Basic YmVydDp5"]).kept(1),
        get().kept(1),
    ]),
];
