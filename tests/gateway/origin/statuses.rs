//! RFC 9111 §3 and RFC 9110 §15: which statuses are kept.

use super::build::{HOUR, Origin, Row, answer, get, ok, row};

/// A lifetime, and a `must-understand` that nobody need heed who understands it.
const UNDERSTAND: &[&str] = &["Cache-Control: must-understand, no-store, max-age=3600"];

pub(super) const ROWS: &[Row] = &[
    row("9110-15.3.4", "203 with a lifetime is kept")
        .steps(&[get().brings(answer(203, HOUR)), get().kept(1)]),
    row("9110-15.3.5", "204 with a lifetime is kept")
        .steps(&[get().brings(answer(204, HOUR)), get().kept(1)]),
    row("9110-15.4.1", "300 with a lifetime is kept")
        .steps(&[get().brings(answer(300, HOUR)), get().kept(1)]),
    row(
        "9110-15.4.2",
        "301 with a lifetime is kept, and not followed",
    )
    .steps(&[
        get().brings(answer(
            301,
            &["Cache-Control: max-age=3600", "Location: http://a.test/"],
        )),
        get().kept(1).shows(&["Location: http://a.test/"]),
    ]),
    row("9110-15.4.3", "302 with a lifetime is kept").steps(&[
        get().brings(answer(
            302,
            &["Cache-Control: max-age=3600", "Location: http://a.test/"],
        )),
        get().kept(1).shows(&["Location: http://a.test/"]),
    ]),
    row("9110-15.4.8", "307 with a lifetime is kept").steps(&[
        get().brings(answer(
            307,
            &["Cache-Control: max-age=3600", "Location: http://a.test/"],
        )),
        get().kept(1),
    ]),
    row("9110-15.4.9", "308 with a lifetime is kept").steps(&[
        get().brings(answer(
            308,
            &["Cache-Control: max-age=3600", "Location: http://a.test/"],
        )),
        get().kept(1),
    ]),
    row("9110-15.5.5", "404 with a lifetime is kept")
        .steps(&[get().brings(answer(404, HOUR)), get().kept(1)]),
    row("9110-15.5.6", "405 with a lifetime is kept").steps(&[
        get().brings(answer(405, &["Cache-Control: max-age=3600", "Allow: PUT"])),
        get().kept(1).shows(&["Allow: PUT"]),
    ]),
    row("9110-15.5.11", "410 with a lifetime is kept")
        .steps(&[get().brings(answer(410, HOUR)), get().kept(1)]),
    row("9110-15.5.15", "414 with a lifetime is kept")
        .steps(&[get().brings(answer(414, HOUR)), get().kept(1)]),
    row("9110-15.6.1", "500 with a lifetime is kept")
        .steps(&[get().brings(answer(500, HOUR)), get().kept(1)]),
    row("9110-15.6.2", "501 with a lifetime is kept")
        .steps(&[get().brings(answer(501, HOUR)), get().kept(1)]),
    row("9110-15.6.4", "503 with a lifetime is kept").steps(&[
        get().brings(answer(
            503,
            &["Cache-Control: max-age=3600", "Retry-After: 9"],
        )),
        get().kept(1).shows(&["Retry-After: 9"]),
    ]),
    row(
        "9110-15",
        "an unknown status of a known class with a lifetime is kept",
    )
    .steps(&[get().brings(answer(299, HOUR)), get().kept(1)]),
    row("9110-15", "an unknown error with a lifetime is kept")
        .steps(&[get().brings(answer(499, HOUR)), get().kept(1)]),
    row("9111-3", "404 without a lifetime is not reused")
        .steps(&[get().brings(answer(404, &[])), get().brings(ok(HOUR))]),
    row("9111-3", "500 without a lifetime is not reused")
        .steps(&[get().brings(answer(500, &[])), get().brings(ok(HOUR))]),
    row("9111-3", "302 without a lifetime is not reused").steps(&[
        get().brings(answer(302, &["Location: http://a.test/"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-3",
        "304 to an unconditional request is not kept as an answer",
    )
    .steps(&[
        get().brings(answer(304, HOUR)).anyhow().asks(1),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.3",
        "must-understand with a status that is understood overrides no-store",
    )
    .steps(&[get().brings(answer(200, UNDERSTAND)), get().kept(1)]),
    row(
        "9111-5.2.2.3",
        "must-understand with a status that is not understood: not kept",
    )
    .steps(&[
        get().brings(answer(
            299,
            &["Cache-Control: must-understand, max-age=3600"],
        )),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.2.3",
        "must-understand with no-store and a status that is not understood: not kept",
    )
    .steps(&[
        get().brings(answer(499, UNDERSTAND)),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.3", "must-understand does not override private").steps(&[
        get().brings(ok(&[
            "Cache-Control: must-understand, private, max-age=3600",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.2", "no lifetime is guessed for 302")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(answer(
                302,
                &["Last-Modified: {-864000}", "Location: http://a.test/"],
            )),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "no lifetime is guessed for 403")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(answer(403, &["Last-Modified: {-864000}"])),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "no lifetime is guessed for 500")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(answer(500, &["Last-Modified: {-864000}"])),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "a lifetime is guessed for 404")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(answer(404, &["Last-Modified: {-864000}"])),
            get().kept(1),
        ]),
    row("9111-4.2.2", "a lifetime is guessed for 301")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(answer(
                301,
                &["Last-Modified: {-864000}", "Location: http://a.test/"],
            )),
            get().kept(1),
        ]),
    row(
        "9111-4.2.2",
        "a lifetime is guessed for what says public, whatever its status",
    )
    .to(Origin::Guessing)
    .steps(&[
        get().brings(answer(
            302,
            &[
                "Cache-Control: public",
                "Last-Modified: {-864000}",
                "Location: http://a.test/",
            ],
        )),
        get().kept(1),
    ]),
];
