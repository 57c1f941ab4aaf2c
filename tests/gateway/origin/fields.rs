//! RFC 9110 §7.6 and RFC 9111 §3.1: fields for one connection only, and interim answers.

use super::build::{Framing, HOUR, Row, ask, get, ok, row};

pub(super) const ROWS: &[Row] = &[
    row(
        "9110-7.6.1",
        "fields that an answer's Connection names are not passed on",
    )
    .steps(&[get()
        .brings(ok(&[
            "Cache-Control: max-age=3600",
            "Connection: X-Hop",
            "X-Hop: 1",
        ]))
        .shows(&["!X-Hop"])]),
    row(
        "9111-3.1",
        "fields that an answer's Connection names are not kept",
    )
    .steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Connection: X-Hop",
            "X-Hop: 1",
        ])),
        get().kept(1).shows(&["!X-Hop"]),
    ]),
    row(
        "9110-7.6.1",
        "Connection names fields in any case, and several",
    )
    .steps(&[
        get()
            .brings(ok(&[
                "Cache-Control: max-age=3600",
                "Connection: x-hop , X-LEAP",
                "X-Hop: 1",
                "X-Leap: 1",
            ]))
            .shows(&["!X-Hop", "!X-Leap"]),
        get().kept(1).shows(&["!X-Hop", "!X-Leap"]),
    ]),
    row("9110-7.6.1", "Connection names fields on several lines").steps(&[get()
        .brings(ok(&[
            "Cache-Control: max-age=3600",
            "Connection: X-Hop",
            "Connection: X-Leap",
            "X-Hop: 1",
            "X-Leap: 1",
        ]))
        .shows(&["!X-Hop", "!X-Leap"])]),
    row(
        "9110-7.6.1",
        "fields that a request's Connection names do not reach the origin",
    )
    .steps(&[get()
        .with(&["Connection: X-Hop", "X-Hop: 1", "X-Other: 1"])
        .brings(ok(HOUR))
        .sent(&["!X-Hop", "X-Other: 1"])]),
    row(
        "9110-7.6.1",
        "fields that a write's Connection names do not reach the origin",
    )
    .steps(&[ask("POST")
        .body("a")
        .with(&["Connection: x-hop", "X-Hop: 1"])
        .brings(ok(&[]))
        .sent(&["!X-Hop", "@body: a"])]),
    row(
        "9110-7.6.1",
        "a request's Connection does not reach the origin as it came",
    )
    .steps(&[get()
        .with(&["Connection: X-Hop"])
        .brings(ok(HOUR))
        .sent(&["!Connection"])]),
    row("9110-7.6.1", "Keep-Alive of an answer is not passed on").steps(&[
        get()
            .brings(ok(&[
                "Cache-Control: max-age=3600",
                "Keep-Alive: timeout=5",
            ]))
            .shows(&["!Keep-Alive"]),
        get().kept(1).shows(&["!Keep-Alive"]),
    ]),
    row(
        "9110-7.6.1",
        "Proxy-Connection of an answer is not passed on",
    )
    .steps(&[
        get()
            .brings(ok(&[
                "Cache-Control: max-age=3600",
                "Proxy-Connection: keep-alive",
            ]))
            .shows(&["!Proxy-Connection"]),
        get().kept(1).shows(&["!Proxy-Connection"]),
    ]),
    row("9110-7.6.1", "Upgrade of an answer is not passed on").steps(&[
        get()
            .brings(ok(&["Cache-Control: max-age=3600", "Upgrade: h2c"]))
            .shows(&["!Upgrade"]),
        get().kept(1).shows(&["!Upgrade"]),
    ]),
    row("9111-3.1", "Proxy-Authenticate is not kept").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Proxy-Authenticate: Basic",
        ])),
        get().kept(1).shows(&["!Proxy-Authenticate"]),
    ]),
    row("9111-3.1", "Proxy-Authentication-Info is not kept").steps(&[
        get().brings(ok(&[
            "Cache-Control: max-age=3600",
            "Proxy-Authentication-Info: a=b",
        ])),
        get().kept(1).shows(&["!Proxy-Authentication-Info"]),
    ]),
    row(
        "9110-7.6.1",
        "Keep-Alive and Proxy-Connection of a request do not reach the origin",
    )
    .steps(&[get()
        .with(&["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"])
        .brings(ok(HOUR))
        .sent(&["!Keep-Alive", "!Proxy-Connection"])]),
    row("9110-10.1.4", "TE of a request does not reach the origin").steps(&[get()
        .with(&["Connection: TE", "TE: gzip"])
        .brings(ok(HOUR))
        .sent(&["!TE"])]),
    row("9110-7.8", "Upgrade of a request does not reach the origin").steps(&[get()
        .with(&["Connection: Upgrade", "Upgrade: h2c"])
        .brings(ok(HOUR))
        .sent(&["!Upgrade"])]),
    row(
        "9110-11.7.2",
        "Proxy-Authorization of a request does not reach the origin",
    )
    .steps(&[get()
        .with(&["Proxy-Authorization: Basic YQ=="])
        .brings(ok(HOUR))
        .sent(&["!Proxy-Authorization"])]),
    row(
        "9112-6.1",
        "Transfer-Encoding of a request is not passed on with its body",
    )
    .steps(&[ask("POST")
        .with(&["Transfer-Encoding: chunked"])
        .chunked("1\r\na\r\n0\r\n\r\n")
        .brings(ok(&[]))
        .sent(&["@body: a"])]),
    row(
        "9110-6.5.1",
        "a trailer field does not become a header field",
    )
    .steps(&[
        get()
            .brings(ok(HOUR).framed(Framing::Trailers))
            .shows(&["!X-Trailer"]),
        get().kept(1).shows(&["!X-Trailer"]),
    ]),
    row("9110-15.2", "100 before an answer is not taken for it")
        .steps(&[get().brings(ok(HOUR).interim(&[(100, &[])])), get().kept(1)]),
    row("9110-15.2", "102 before an answer is not taken for it")
        .steps(&[get().brings(ok(HOUR).interim(&[(102, &[])])), get().kept(1)]),
    row(
        "9110-15.2",
        "103 before an answer is not kept instead of it",
    )
    .steps(&[
        get().brings(ok(HOUR).interim(&[(103, &["Link: </a>; rel=preload"])])),
        get().kept(1),
    ]),
    row("8297-2", "fields of 103 are not those of the answer").steps(&[
        get()
            .brings(
                ok(HOUR).interim(&[(103, &["Link: </a>; rel=preload", "Cache-Control: no-store"])]),
            )
            .shows(&["!Link", "Cache-Control: max-age=3600"]),
        get()
            .kept(1)
            .shows(&["!Link", "Cache-Control: max-age=3600"]),
    ]),
    row(
        "9110-15.2",
        "several interim answers, known or not, are passed over",
    )
    .steps(&[
        get().brings(ok(HOUR).interim(&[(100, &[]), (103, &["Link: </a>"]), (199, &["X-A: 1"])])),
        get().kept(1).shows(&["!X-A"]),
    ]),
    row(
        "9110-15.2",
        "an interim answer to a write is not taken for its answer",
    )
    .steps(&[
        get().brings(ok(HOUR)),
        ask("PUT")
            .body("a")
            .brings(ok(&[]).interim(&[(103, &["Link: </a>"])])),
        get().brings(ok(HOUR)),
    ]),
    row("9110-10.1.1", "a write that waits for 100 is carried out").steps(&[ask("PUT")
        .body("a")
        .with(&["Expect: 100-continue"])
        .brings(ok(&[]))
        .sent(&["@body: a"])]),
];
