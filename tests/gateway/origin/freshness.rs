//! RFC 9111 §4.2, §5.2.2.1, §5.2.2.10, §5.3: how long an answer is fresh.

use super::build::{HOUR, Origin, Row, get, ok, row, unchanged};

pub(super) const ROWS: &[Row] = &[
    row(
        "9111-4.2",
        "an answer is fresh while it is younger than max-age",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 3590"])),
        get().kept(1),
    ]),
    row("9111-4.2", "an answer as old as its max-age is stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2", "an answer older than its max-age is stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 3601"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2.2.1", "max-age=0 is stale at once").steps(&[
        get().brings(ok(&["Cache-Control: max-age=0"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "a longer s-maxage wins over max-age").steps(&[
        get().brings(ok(&["Cache-Control: max-age=1, s-maxage=3600", "Age: 100"])),
        get().kept(1),
    ]),
    row("9111-4.2.1", "a shorter s-maxage wins over max-age").steps(&[
        get().brings(ok(&["Cache-Control: s-maxage=1, max-age=3600", "Age: 100"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "s-maxage wins over Expires").steps(&[
        get().brings(ok(&["Cache-Control: s-maxage=3600", "Expires: {-100}"])),
        get().kept(1),
    ]),
    row(
        "9111-5.2.2.10",
        "s-maxage=0 is stale at once, whatever max-age says",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: s-maxage=0, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.3", "max-age wins over an earlier Expires").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Expires: {-100}"])),
        get().kept(1),
    ]),
    row("9111-5.3", "max-age wins over a later Expires").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=60",
            "Expires: {3600}",
            "Age: 100",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.3", "max-age wins over an Expires that is no date").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Expires: 0"])),
        get().kept(1),
    ]),
    row("9111-5.3", "an answer is fresh until it expires")
        .steps(&[get().brings(ok(&["Expires: {3600}"])), get().kept(1)]),
    row("9111-5.3", "an answer that has expired is stale").steps(&[
        get().brings(ok(&["Expires: {-10}"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.1",
        "an answer that expires when it is made is stale",
    )
    .steps(&[
        get().brings(ok(&["Date: {0}", "Expires: {0}"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.1",
        "Expires counts from the origin's Date, not from our clock: longer",
    )
    .steps(&[
        get().brings(ok(&["Date: {-50}", "Expires: {50}", "Age: 60"])),
        get().kept(1),
    ]),
    row(
        "9111-4.2.1",
        "Expires counts from the origin's Date, not from our clock: shorter",
    )
    .steps(&[
        get().brings(ok(&["Date: {7200}", "Expires: {7260}"])),
        get().after(30).kept(1),
        get().after(40).brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "Age counts against Expires too").steps(&[
        get().brings(ok(&["Expires: {3600}", "Age: 3700"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9110-6.6.1",
        "without Date, Expires counts from when the answer came",
    )
    .steps(&[
        get().brings(ok(&["Expires: {3600}"]).undated()),
        get().kept(1),
    ]),
    row("9111-5.3", "Expires: 0 is the past")
        .steps(&[get().brings(ok(&["Expires: 0"])), get().brings(ok(HOUR))]),
    row("9111-5.3", "Expires: -1 is the past")
        .steps(&[get().brings(ok(&["Expires: -1"])), get().brings(ok(HOUR))]),
    row("9111-5.3", "Expires that is no date is the past").steps(&[
        get().brings(ok(&["Expires: tomorrow at noon"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.3", "Expires in another time zone is no date").steps(&[
        get().brings(ok(&["Expires: Thu, 01 Jan 2099 00:00:00 PST"])),
        get().brings(ok(HOUR)),
    ]),
    row("9110-5.6.7", "Expires is read as RFC 850 wrote dates")
        .steps(&[get().brings(ok(&["Expires: {rfc850:3600}"])), get().kept(1)]),
    row("9110-5.6.7", "Expires is read as asctime wrote dates").steps(&[
        get().brings(ok(&["Expires: {asctime:3600}"])),
        get().kept(1),
    ]),
    row(
        "9111-5.3",
        "of two Expires the later line does not lengthen the first",
    )
    .steps(&[
        get().brings(ok(&["Expires: {-100}", "Expires: {3600}"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.1",
        "of two max-age the second does not lengthen the first",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=1, max-age=3600", "Age: 100"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.1",
        "of two max-age on two lines the second does not lengthen the first",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=1",
            "Cache-Control: max-age=3600",
            "Age: 100",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "max-age that is no number is stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age=soon"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "max-age without a number is stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "a negative max-age is stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age=-3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "max-age with a sign is no number").steps(&[
        get().brings(ok(&["Cache-Control: max-age=+3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "max-age with a fraction is stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600.5"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.1", "max-age in other quotes is no number").steps(&[
        get().brings(ok(&["Cache-Control: max-age='3600'"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.1",
        "s-maxage that is no number does not let max-age count instead",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: s-maxage=x, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.2", "max-age as a quoted string counts").steps(&[
        get().brings(ok(&["Cache-Control: max-age=\"3600\""])),
        get().kept(1),
    ]),
    row("9111-5.2", "s-maxage as a quoted string counts").steps(&[
        get().brings(ok(&["Cache-Control: s-maxage=\"3600\""])),
        get().kept(1),
    ]),
    row(
        "9111-1.2.2",
        "a number too large to be represented is the largest",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=99999999999999999999999"])),
        get().kept(1),
    ]),
    row(
        "9111-1.2.2",
        "a number of more than 31 bits counts as it stands or as 2^31",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=2147483649", "Age: 100"])),
        get().kept(1),
    ]),
    row("9111-1.2.2", "zeros before a number change nothing").steps(&[
        get().brings(ok(&["Cache-Control: max-age=0003600", "Age: 100"])),
        get().kept(1),
    ]),
    row("9111-5.2", "directives are the same in any case").steps(&[
        get().brings(ok(&["Cache-Control: MAX-age=3600"])),
        get().kept(1),
    ]),
    row("9111-5.2", "no-store is obeyed in any case").steps(&[
        get().brings(ok(&["Cache-Control: No-STORE, max-age=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9110-5.3", "directives on several lines count together").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Cache-Control: no-store",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9110-5.6.1.2", "empty members of a list mean nothing").steps(&[
        get().brings(ok(&["Cache-Control: , ,max-age=3600 ,,"])),
        get().kept(1),
    ]),
    row("9110-5.6.3", "a tab between directives is whitespace").steps(&[
        get().brings(ok(&["Cache-Control: public,\tmax-age=3600"])),
        get().kept(1),
    ]),
    row("9111-5.2.3", "unknown directives are ignored").steps(&[
        get().brings(ok(&[
            "Cache-Control: foo, max-age=3600, bar=baz, qux=\"a\"",
        ])),
        get().kept(1),
    ]),
    row("9110-5.6.4", "what stands in quotes is no directive").steps(&[
        get().brings(ok(&["Cache-Control: foo=\"a, no-store, b\", max-age=3600"])),
        get().kept(1),
    ]),
    row(
        "9110-5.6.4",
        "an escaped quote does not end a quoted string",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: foo=\"a\\\", max-age=3600\", max-age=0",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-5.2.3",
        "a directive that only begins like another is unknown",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: no-storey, privateer, max-age=3600"])),
        get().kept(1),
    ]),
    row(
        "9111-5.2.3",
        "a directive that only ends like another gives no lifetime",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: x-max-age=3600, my-s-maxage=3600"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.4", "Pragma in an answer means nothing").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Pragma: no-cache"])),
        get().kept(1),
    ]),
    row("9111-5.5", "Warning in an answer means nothing").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Warning: 110 - \"Stale\"",
        ])),
        get().kept(1),
    ]),
    row(
        "9111-4.2.2",
        "a tenth of the time since the last change is guessed",
    )
    .to(Origin::Guessing)
    .steps(&[
        get().brings(ok(&["Last-Modified: {-36000}", "Age: 3000"])),
        get().kept(1),
    ]),
    row("9111-4.2.2", "a guess ends, too")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(ok(&["Last-Modified: {-36000}", "Age: 7200"])),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "without Last-Modified nothing is guessed")
        .to(Origin::Guessing)
        .steps(&[get().brings(ok(&["ETag: \"a\""])), get().brings(ok(HOUR))]),
    row("9111-4.2.2", "nothing is guessed beside max-age")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(ok(&[
                "Cache-Control: max-age=0",
                "Last-Modified: {-864000}",
            ])),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "nothing is guessed beside Expires")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(ok(&["Expires: {-10}", "Last-Modified: {-864000}"])),
            get().brings(ok(HOUR)),
        ]),
    row(
        "9111-4.2.2",
        "nothing is guessed beside an Expires that is no date",
    )
    .to(Origin::Guessing)
    .steps(&[
        get().brings(ok(&["Expires: 0", "Last-Modified: {-864000}"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.2", "no guess overrides no-cache")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(ok(&["Cache-Control: no-cache", "Last-Modified: {-864000}"])),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "no guess overrides no-store")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(ok(&["Cache-Control: no-store", "Last-Modified: {-864000}"])),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "nothing is guessed from a change to come")
        .to(Origin::Guessing)
        .steps(&[
            get().brings(ok(&["Last-Modified: {864000}"])),
            get().brings(ok(HOUR)),
        ]),
    row("9111-4.2.2", "nothing is guessed where guessing is off").steps(&[
        get().brings(ok(&["Last-Modified: {-864000}"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-4.2.2",
        "an answer that is kept by a guess can be validated when it ends",
    )
    .to(Origin::Guessing)
    .steps(&[
        get().brings(ok(&["Last-Modified: {-36000}", "Age: 7200"])),
        get()
            .brings(unchanged(&["Last-Modified: {-36000}"]))
            .gives(1)
            .sent(&["If-Modified-Since: {-36000}"]),
    ]),
];
