//! RFC 9110 §14 and RFC 9111 §3.3, §3.4: parts of answers.

use super::build::{HOUR, Row, answer, get, head, ok, row};

const TEN: &str = "0123456789";
const TAGGED: &[&str] = &["Cache-Control: max-age=3600", "ETag: \"a\"", "X-A: 1"];
const WEAK: &[&str] = &["Cache-Control: max-age=3600", "ETag: W/\"a\""];
const CHANGED: &[&str] = &["Cache-Control: max-age=3600", "Last-Modified: {-9000}"];
const PART: &[&str] = &[
    "Cache-Control: max-age=3600",
    "ETag: \"a\"",
    "Content-Range: bytes 0-3/10",
];

pub(super) const ROWS: &[Row] = &[
    row(
        "9110-14.2",
        "a part of a kept answer is given from the cache",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=2-4"])
            .kept(1)
            .status(206)
            .text("234")
            .shows(&["Content-Range: bytes 2-4/10", "Content-Length: 3"]),
    ]),
    row("9110-15.3.7", "a part comes with the fields of the whole").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=0-0"])
            .kept(1)
            .status(206)
            .text("0")
            .shows(&[
                "ETag: \"a\"",
                "X-A: 1",
                "Cache-Control: max-age=3600",
                "Date",
                "Age: 0~",
            ]),
    ]),
    row("9110-14.1.2", "a range without an end goes to the end").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=7-"])
            .kept(1)
            .status(206)
            .text("789")
            .shows(&["Content-Range: bytes 7-9/10"]),
    ]),
    row(
        "9110-14.1.2",
        "a range of the last bytes counts from the end",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=-2"])
            .kept(1)
            .status(206)
            .text("89")
            .shows(&["Content-Range: bytes 8-9/10"]),
    ]),
    row(
        "9110-14.1.2",
        "a range that ends beyond the end ends at the end",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=8-100"])
            .kept(1)
            .status(206)
            .text("89")
            .shows(&["Content-Range: bytes 8-9/10"]),
    ]),
    row(
        "9110-14.1.2",
        "a range of more last bytes than there are is the whole",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=-100"])
            .kept(1)
            .status(206)
            .text(TEN)
            .shows(&["Content-Range: bytes 0-9/10"]),
    ]),
    row("9110-14.1", "the unit of a range is the same in any case").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: BYTES=0-1"])
            .kept(1)
            .status(206)
            .text("01"),
    ]),
    row(
        "9110-15.5.17",
        "a range that begins beyond the end is 416, with the length",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=10-12"])
            .kept(1)
            .status(416)
            .shows(&["Content-Range: bytes */10"]),
        get().kept(1),
    ]),
    row("9110-14.1.2", "a range of no last bytes is 416").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get().with(&["Range: bytes=-0"]).kept(1).status(416),
    ]),
    row("9110-14.2", "a range in an unknown unit is ignored").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get().with(&["Range: lines=0-1"]).kept(1),
    ]),
    row(
        "9110-14.1.1",
        "a range that ends before it begins is ignored",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get().with(&["Range: bytes=4-2"]).kept(1),
    ]),
    row("9110-14.2", "a range that is none is ignored").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get().with(&["Range: bytes=a-b"]).kept(1),
    ]),
    row("9110-14.2", "a range without numbers is ignored").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get().with(&["Range: bytes=-"]).kept(1),
    ]),
    row("9110-14.2", "Range means nothing with HEAD").steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        head()
            .with(&["Range: bytes=0-1"])
            .kept(1)
            .shows(&["Content-Length: 10", "!Content-Range"]),
    ]),
    row("9110-14.2", "no part is given of an answer that is no 200").steps(&[
        get().brings(answer(404, HOUR).body(TEN)),
        get().with(&["Range: bytes=0-1"]).kept(1),
    ]),
    row(
        "9110-13.2.2",
        "an If-None-Match that matches comes before Range",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=0-1", "If-None-Match: \"a\""])
            .kept(1)
            .status(304),
    ]),
    row(
        "9110-13.2.2",
        "an If-None-Match that does not match lets Range count",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=0-1", "If-None-Match: \"b\""])
            .kept(1)
            .status(206)
            .text("01"),
    ]),
    row(
        "9110-14.2",
        "several ranges may be ignored, then the whole is given, once",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get().with(&["Range: bytes=0-1, 0-, 0-, 0-"]).kept(1),
    ]),
    row(
        "9110-13.1.5",
        "If-Range that names the kept answer gets the part",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=0-1", "If-Range: \"a\""])
            .kept(1)
            .status(206)
            .text("01"),
    ]),
    row(
        "9110-13.1.5",
        "If-Range that names another answer gets the whole",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get().with(&["Range: bytes=0-1", "If-Range: \"b\""]).kept(1),
    ]),
    row(
        "9110-13.1.5",
        "If-Range compares strongly: a weak ETag never matches",
    )
    .steps(&[
        get().brings(ok(WEAK).body(TEN)),
        get()
            .with(&["Range: bytes=0-1", "If-Range: W/\"a\""])
            .kept(1),
    ]),
    row(
        "9110-13.1.5",
        "If-Range compares strongly: a weak kept answer never matches",
    )
    .steps(&[
        get().brings(ok(WEAK).body(TEN)),
        get().with(&["Range: bytes=0-1", "If-Range: \"a\""]).kept(1),
    ]),
    row(
        "9110-13.1.5",
        "If-Range with the very date of the last change gets the part",
    )
    .steps(&[
        get().brings(ok(CHANGED).body(TEN)),
        get()
            .with(&["Range: bytes=0-1", "If-Range: {-9000}"])
            .kept(1)
            .status(206)
            .text("01"),
    ]),
    row(
        "9110-13.1.5",
        "If-Range with a later date than the last change gets the whole",
    )
    .steps(&[
        get().brings(ok(CHANGED).body(TEN)),
        get()
            .with(&["Range: bytes=0-1", "If-Range: {-8000}"])
            .kept(1),
    ]),
    row(
        "9110-8.8.2.2",
        "If-Range with a date that may be too coarse gets the whole",
    )
    .steps(&[
        get().brings(
            ok(&[
                "Cache-Control: max-age=3600",
                "Last-Modified: {-10}",
                "Date: {-10}",
            ])
            .body(TEN),
        ),
        get().with(&["Range: bytes=0-1", "If-Range: {-10}"]).kept(1),
    ]),
    row(
        "9110-14.2",
        "Range on what is not kept goes to the origin as it is",
    )
    .steps(&[get()
        .with(&["Range: bytes=0-3", "If-Range: \"a\""])
        .brings(answer(206, PART).body("0123"))
        .sent(&["Range: bytes=0-3", "If-Range: \"a\""])
        .shows(&["Content-Range: bytes 0-3/10"])]),
    row("9111-3.3", "a part does not serve who asks for the whole").steps(&[
        get()
            .with(&["Range: bytes=0-3"])
            .brings(answer(206, PART).body("0123")),
        get().brings(ok(TAGGED).body(TEN)),
    ]),
    row("9111-3.3", "a part does not serve who asks for another").steps(&[
        get()
            .with(&["Range: bytes=0-3"])
            .brings(answer(206, PART).body("0123")),
        get().with(&["Range: bytes=4-7"]).brings(
            answer(
                206,
                &[
                    "Cache-Control: max-age=3600",
                    "ETag: \"a\"",
                    "Content-Range: bytes 4-7/10",
                ],
            )
            .body("4567"),
        ),
    ]),
    row(
        "9111-3.3",
        "a part that nobody asked for does not serve as the whole",
    )
    .steps(&[
        get()
            .brings(answer(206, PART).body("0123"))
            .anyhow()
            .asks(1),
        get().brings(ok(TAGGED).body(TEN)),
    ]),
    row("9111-3.4", "parts of different answers are not joined").steps(&[
        get()
            .with(&["Range: bytes=0-3"])
            .brings(answer(206, PART).body("0123")),
        get().with(&["Range: bytes=4-9"]).brings(
            answer(
                206,
                &[
                    "Cache-Control: max-age=3600",
                    "ETag: \"b\"",
                    "Content-Range: bytes 4-9/10",
                ],
            )
            .body("456789"),
        ),
        get().brings(ok(TAGGED).body(TEN)),
    ]),
    row(
        "9111-3.3",
        "a part does not take the place of the kept whole",
    )
    .steps(&[
        get().brings(ok(TAGGED).body(TEN)),
        get()
            .with(&["Range: bytes=0-3", "Cache-Control: no-cache"])
            .brings(answer(206, PART).body("0123"))
            .anyhow()
            .asks(1),
        get()
            .anyhow()
            .then(ok(TAGGED).body(TEN))
            .status(200)
            .text(TEN),
    ]),
    row(
        "9110-15.5.17",
        "416 of the origin is passed on, and not kept without a lifetime",
    )
    .steps(&[
        get()
            .with(&["Range: bytes=90-"])
            .brings(answer(416, &["Content-Range: bytes */10"]))
            .shows(&["Content-Range: bytes */10"]),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9110-15.5.17",
        "416 of the origin does not serve who asks for the whole",
    )
    .steps(&[
        get().with(&["Range: bytes=90-"]).brings(answer(
            416,
            &["Content-Range: bytes */10", "Cache-Control: max-age=3600"],
        )),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9110-13.1.1",
        "412 of the origin does not serve who asks without its condition",
    )
    .steps(&[
        get().with(&["If-Match: \"x\""]).brings(answer(412, HOUR)),
        get().brings(ok(HOUR)),
    ]),
    row("9110-14.3", "Accept-Ranges is given as it came").steps(&[
        get()
            .brings(ok(&["Cache-Control: max-age=3600", "Accept-Ranges: none"]))
            .shows(&["Accept-Ranges: none"]),
        get().kept(1).shows(&["Accept-Ranges: none"]),
    ]),
    row(
        "9110-14.2",
        "no part is given of a stale answer before it is asked about",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 3700"]).body(TEN)),
        get()
            .with(&["Range: bytes=0-3"])
            .brings(answer(206, PART).body("abcd")),
    ]),
];
