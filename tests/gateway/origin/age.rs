//! RFC 9111 §4.2.3 and §5.1: how old an answer is.

use super::build::{HOUR, OVER_TAGGED, Row, get, ok, row, unchanged};

pub(super) const ROWS: &[Row] = &[
    row("9111-4", "a kept answer says how old it is")
        .steps(&[get().brings(ok(HOUR)), get().kept(1).shows(&["Age: 0~"])]),
    row("9111-4.2.3", "the age that an answer comes with counts").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 100"])),
        get().kept(1).shows(&["Age: 100~"]),
    ]),
    row("9111-5.1", "the Age of what is only passed on is passed on").steps(&[get()
        .brings(ok(&["Cache-Control: no-store", "Age: 100"]))
        .shows(&["Age: 100~"])]),
    row(
        "9111-4.2.3",
        "the time in the cache is added to the age that it came with",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 100"])),
        get().after(50).kept(1).shows(&["Age: 150~"]),
    ]),
    row("9111-4.2.3", "time in the cache makes stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age=60"])),
        get().after(40).kept(1),
        get().after(30).brings(ok(HOUR)),
    ]),
    row("9111-4.2.3", "without Age, Date tells the age").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Date: {-100}"])),
        get().kept(1).shows(&["Age: 100~"]),
    ]),
    row("9111-4.2.3", "Date alone can make stale").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Date: {-3700}"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-4.2.3", "of Age and Date the older counts: Date").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 50",
            "Date: {-100}",
        ])),
        get().kept(1).shows(&["Age: 100~"]),
    ]),
    row("9111-4.2.3", "of Age and Date the older counts: Age").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 100",
            "Date: {-50}",
        ])),
        get().kept(1).shows(&["Age: 100~"]),
    ]),
    row("9111-4.2.3", "a Date to come makes no answer younger").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 10",
            "Date: {600}",
        ])),
        get().kept(1).shows(&["Age: 10~"]),
    ]),
    row("9111-4.2.3", "the time that the answer took counts").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 10"]).takes(5)),
        get().kept(1).shows(&["Age: 15~"]),
    ]),
    row("9111-4.2.3", "a Date that is no date is as none").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Date: today"])),
        get().kept(1).shows(&["Age: 0~"]),
    ]),
    row("9111-4.2.3", "a Date in an obsolete form counts").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Date: {rfc850:-100}"])),
        get().kept(1).shows(&["Age: 100~"]),
    ]),
    row("9111-5.1", "an Age that is no number is ignored").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: old"])),
        get().kept(1).shows(&["Age: 0~"]),
    ]),
    row("9111-5.1", "a negative Age is ignored").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: -7200"])),
        get().kept(1).shows(&["Age: 0~"]),
    ]),
    row("9111-5.1", "an Age with a fraction is ignored").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 7200.0"])),
        get().kept(1).shows(&["Age: 0~"]),
    ]),
    row(
        "9111-5.1",
        "of a list of ages the first counts: it is the younger",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 100, 7200"])),
        get().kept(1).shows(&["Age: 100~"]),
    ]),
    row(
        "9111-5.1",
        "of a list of ages the first counts: it is the older",
    )
    .steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 7200, 100"])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.1", "of two lines of Age the first counts").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 7200", "Age: 0"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-1.2.2",
        "an Age too large to be represented is the largest",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Age: 99999999999999999999999",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9111-1.2.2",
        "the largest age is not below the largest lifetime",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=99999999999999999999999",
            "Age: 99999999999999999999999",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9111-5.1", "a kept answer has one Age").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "Age: 100", "Age: 100"])),
        get().kept(1).shows(&["Age: 100~"]),
    ]),
    row(
        "9111-4.3.4",
        "a validated answer is as old as its validation",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "Age: 7",
            ]))
            .gives(1),
        get().kept(1).shows(&["Age: 7~"]),
    ]),
    row(
        "9111-4.3.4",
        "a validated answer ages from its validation on",
    )
    .steps(&[
        get().brings(ok(OVER_TAGGED)),
        get()
            .brings(unchanged(&[
                "Cache-Control: max-age=60",
                "ETag: \"a\"",
                "Age: 10",
            ]))
            .gives(1),
        get().after(30).kept(1).shows(&["Age: 40~"]),
        get().after(30).brings(ok(HOUR)),
    ]),
    row("9110-6.6.1", "an answer without Date gets one").steps(&[
        get().brings(ok(HOUR).undated()).shows(&["Date"]),
        get().kept(1).shows(&["Date"]),
    ]),
    row("9110-6.6.1", "the origin's Date is not touched").steps(&[
        get()
            .brings(ok(&["Cache-Control: max-age=3600", "Date: {-1000}"]))
            .shows(&["Date: {-1000}"]),
        get().kept(1).shows(&["Date: {-1000}"]),
    ]),
];
