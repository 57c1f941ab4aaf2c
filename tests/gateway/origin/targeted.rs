//! RFC 9213: `CDN-Cache-Control`, which wins over `Cache-Control` and `Expires`.

use super::build::{HOUR, Row, get, ok, row, unchanged};

pub(super) const ROWS: &[Row] = &[
    row("9213-2.2", "CDN-Cache-Control gives a lifetime by itself").steps(&[
        get().brings(ok(&["CDN-Cache-Control: max-age=3600"])),
        get().kept(1),
    ]),
    row("9213-2.2", "a longer lifetime in CDN-Cache-Control wins").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=1",
            "CDN-Cache-Control: max-age=3600",
            "Age: 100",
        ])),
        get().kept(1),
    ]),
    row("9213-2.2", "a shorter lifetime in CDN-Cache-Control wins").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: max-age=1",
            "Age: 100",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9213-2.2",
        "max-age in CDN-Cache-Control wins over s-maxage in Cache-Control",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: s-maxage=1",
            "CDN-Cache-Control: max-age=3600",
            "Age: 100",
        ])),
        get().kept(1),
    ]),
    row("9213-2.2", "CDN-Cache-Control overrides no-store").steps(&[
        get().brings(ok(&[
            "Cache-Control: no-store",
            "CDN-Cache-Control: max-age=3600",
        ])),
        get().kept(1),
    ]),
    row("9213-2.2", "CDN-Cache-Control overrides private").steps(&[
        get().brings(ok(&[
            "Cache-Control: private",
            "CDN-Cache-Control: max-age=3600",
        ])),
        get().kept(1),
    ]),
    row("9213-2.2", "CDN-Cache-Control overrides no-cache").steps(&[
        get().brings(ok(&[
            "Cache-Control: no-cache",
            "CDN-Cache-Control: max-age=3600",
        ])),
        get().kept(1),
    ]),
    row("9213-2.2", "CDN-Cache-Control overrides Expires").steps(&[
        get().brings(ok(&["Expires: {-100}", "CDN-Cache-Control: max-age=3600"])),
        get().kept(1),
    ]),
    row(
        "9213-2.2",
        "Expires does not count beside CDN-Cache-Control without a lifetime",
    )
    .steps(&[
        get().brings(ok(&["Expires: {3600}", "CDN-Cache-Control: public"])),
        get().brings(ok(HOUR)),
    ]),
    row("9213-2.2", "no-store in CDN-Cache-Control is obeyed").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: no-store",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9213-2.2", "private in CDN-Cache-Control is obeyed").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: private, max-age=3600",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9213-2.2", "no-cache in CDN-Cache-Control is obeyed").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: no-cache",
            "ETag: \"a\"",
        ])),
        get()
            .brings(unchanged(&["CDN-Cache-Control: no-cache", "ETag: \"a\""]))
            .gives(1)
            .sent(&["If-None-Match: \"a\""]),
    ]),
    row(
        "9213-2.2",
        "s-maxage wins over max-age in CDN-Cache-Control, too",
    )
    .steps(&[
        get().brings(ok(&[
            "CDN-Cache-Control: max-age=1, s-maxage=3600",
            "Age: 100",
        ])),
        get().kept(1),
    ]),
    row("9213-2.2", "must-revalidate in CDN-Cache-Control is obeyed").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: max-age=3600, must-revalidate",
            "Age: 3700",
        ])),
        get().with(&["Cache-Control: max-stale"]).brings(ok(HOUR)),
    ]),
    row(
        "9213-2.2",
        "must-revalidate in Cache-Control does not count beside CDN-Cache-Control",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600, must-revalidate",
            "CDN-Cache-Control: max-age=3600",
            "Age: 3700",
        ])),
        get().with(&["Cache-Control: max-stale"]).kept(1),
    ]),
    row(
        "9213-2.2",
        "stale-while-revalidate in CDN-Cache-Control is obeyed",
    )
    .steps(&[
        get().brings(ok(&[
            "CDN-Cache-Control: max-age=3600, stale-while-revalidate=100",
            "Age: 3650",
        ])),
        get().brings(ok(HOUR)).gives(1),
    ]),
    row(
        "9213-3.1",
        "an unknown directive alone in CDN-Cache-Control still overrides",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: none",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9213-2.2", "an empty CDN-Cache-Control is as none").steps(&[
        get().brings(ok(&["Cache-Control: max-age=3600", "CDN-Cache-Control:"])),
        get().kept(1),
    ]),
    row(
        "9213-2.2",
        "CDN-Cache-Control that is no dictionary is as none",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: no-store, &&",
        ])),
        get().kept(1),
    ]),
    row(
        "9213-2.1",
        "CDN-Cache-Control with names in upper case is no dictionary",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: No-Store",
        ])),
        get().kept(1),
    ]),
    row(
        "9213-2.1",
        "CDN-Cache-Control with a comma at its end is no dictionary",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "CDN-Cache-Control: no-store,",
        ])),
        get().kept(1),
    ]),
    row(
        "9213-2.1",
        "parameters of a directive in CDN-Cache-Control are ignored",
    )
    .steps(&[
        get().brings(ok(&["CDN-Cache-Control: max-age=3600;foo=bar"])),
        get().kept(1),
    ]),
    row(
        "9213-2.1",
        "max-age with a fraction in CDN-Cache-Control gives no lifetime",
    )
    .steps(&[
        get().brings(ok(&["CDN-Cache-Control: max-age=3600.5"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9213-2.1",
        "max-age as a string in CDN-Cache-Control gives no lifetime",
    )
    .steps(&[
        get().brings(ok(&["CDN-Cache-Control: max-age=\"3600\""])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9213-2.1",
        "a negative max-age in CDN-Cache-Control gives no lifetime",
    )
    .steps(&[
        get().brings(ok(&["CDN-Cache-Control: max-age=-3600"])),
        get().brings(ok(HOUR)),
    ]),
    row(
        "9651-4.2.2",
        "of a directive that stands twice in CDN-Cache-Control the last counts",
    )
    .steps(&[
        get().brings(ok(&[
            "CDN-Cache-Control: max-age=1, max-age=3600",
            "Age: 100",
        ])),
        get().kept(1),
    ]),
    row(
        "9651-4.2",
        "several lines of CDN-Cache-Control are one dictionary",
    )
    .steps(&[
        get().brings(ok(&[
            "CDN-Cache-Control: max-age=3600",
            "CDN-Cache-Control: no-store",
        ])),
        get().brings(ok(HOUR)),
    ]),
    row("9213-3", "CDN-Cache-Control is passed on").steps(&[
        get()
            .brings(ok(&["CDN-Cache-Control: max-age=3600"]))
            .shows(&["CDN-Cache-Control: max-age=3600"]),
        get().kept(1).shows(&["CDN-Cache-Control: max-age=3600"]),
    ]),
    row("9213-2", "a field that targets other caches means nothing").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Example-Cache-Control: no-store",
        ])),
        get().kept(1),
    ]),
];
