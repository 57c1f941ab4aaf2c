//! RFC 9110 §7: what passes between caller and origin unchanged, and what must be added.

use super::build::{HOUR, Origin, Row, answer, ask, get, nothing, ok, row};

pub(super) const ROWS: &[Row] = &[
    row("9110-7.7", "path and query reach the origin as they came").steps(&[get()
        .at("/a%2Fb/%7Ec;d=1?x=%20y&&z=/?")
        .brings(ok(HOUR))
        .sent(&["@target: {path}/a%2Fb/%7Ec;d=1?x=%20y&&z=/?"])]),
    row("9110-7.2", "Host at the origin is the origin's")
        .steps(&[get().brings(ok(HOUR)).sent(&["Host: 127.0.0.1:{port}"])]),
    row("9110-7.6.3", "Via tells the origin of the gateway")
        .steps(&[get().brings(ok(HOUR)).sent(&["Via"])]),
    row("9110-5.3", "unknown fields of a request reach the origin").steps(&[get()
        .with(&["X-Unheard-Of: a, b"])
        .brings(ok(HOUR))
        .sent(&["X-Unheard-Of: a, b"])]),
    row(
        "9110-5.3",
        "lines of one field reach the origin in their order",
    )
    .steps(&[get()
        .with(&["X-A: 2", "X-B: 0", "X-A: 1"])
        .brings(ok(HOUR))
        .sent(&["X-A: 2, 1"])]),
    row(
        "9110-12.5",
        "what a caller accepts reaches the origin as it came",
    )
    .steps(&[get()
        .with(&[
            "Accept: text/html;q=0.5, */*;q=0.1",
            "Accept-Language: de",
            "Accept-Encoding: br;q=0.3, identity",
        ])
        .brings(ok(HOUR))
        .sent(&[
            "Accept: text/html;q=0.5, */*;q=0.1",
            "Accept-Language: de",
            "Accept-Encoding: br;q=0.3, identity",
        ])]),
    row(
        "9110-12.5.3",
        "where a caller says nothing of codings, nothing is said for them",
    )
    .steps(&[get().brings(ok(HOUR)).sent(&["!Accept-Encoding"])]),
    row("9110-10.1.5", "User-Agent reaches the origin").steps(&[get()
        .with(&["User-Agent: probe/1"])
        .brings(ok(HOUR))
        .sent(&["User-Agent: probe/1"])]),
    row("6265-5.4", "Cookie reaches an origin that asks nobody else").steps(&[get()
        .with(&["Cookie: a=b"])
        .brings(ok(HOUR))
        .sent(&["Cookie: a=b"])]),
    row("9110-9.3.3", "a body reaches the origin with its type").steps(&[ask("POST")
        .with(&[
            "Content-Type: text/plain; charset=latin1",
            "Content-Language: de",
        ])
        .body("some text")
        .brings(ok(&[]))
        .sent(&[
            "@body: some text",
            "Content-Type: text/plain; charset=latin1",
            "Content-Language: de",
        ])]),
    row(
        "9110-9.1",
        "an unknown method reaches the origin, with its body",
    )
    .steps(&[ask("FROBNICATE")
        .body("some text")
        .brings(ok(&[]))
        .sent(&["@method: FROBNICATE", "@body: some text"])]),
    row("9110-9.3.7", "OPTIONS is the origin's to answer").steps(&[ask("OPTIONS")
        .brings(answer(204, &["Allow: GET, PUT"]))
        .shows(&["Allow: GET, PUT"])]),
    row("9110-7.6.2", "OPTIONS that may not be forwarded is not")
        .steps(&[ask("OPTIONS").with(&["Max-Forwards: 0"]).anyhow().asks(0)]),
    row(
        "9110-7.6.2",
        "OPTIONS that is forwarded may be forwarded once less",
    )
    .steps(&[ask("OPTIONS")
        .with(&["Max-Forwards: 5"])
        .brings(ok(&[]))
        .sent(&["Max-Forwards: 4"])]),
    row("9110-7.6.2", "TRACE that may not be forwarded is not")
        .steps(&[ask("TRACE").with(&["Max-Forwards: 0"]).anyhow().asks(0)]),
    row("9110-7.6.2", "Max-Forwards means nothing with GET")
        .steps(&[get().with(&["Max-Forwards: 0"]).brings(ok(HOUR))]),
    row("9110-15", "an unknown status is passed on as it is").steps(&[
        get().brings(answer(599, &[])),
        get().brings(answer(222, &[])),
    ]),
    row("9110-15.4", "a redirection is passed on, not followed").steps(&[get()
        .brings(answer(307, &["Location: http://127.0.0.1:1/elsewhere"]))
        .shows(&["Location: http://127.0.0.1:1/elsewhere"])]),
    row(
        "9110-15.5",
        "an error of the origin is passed on with its body",
    )
    .steps(&[get()
        .brings(answer(422, &["Content-Type: text/plain"]).body("no"))
        .text("no")
        .shows(&["Content-Type: text/plain"])]),
    row("9110-8.3", "an answer need not be JSON, nor say what it is").steps(&[
        get()
            .brings(ok(HOUR).body("<html>"))
            .shows(&["!Content-Type"]),
        get().kept(1).shows(&["!Content-Type"]),
    ]),
    row(
        "9110-8.4",
        "an answer in a coding that nobody here knows passes as it is",
    )
    .steps(&[get()
        .with(&["Accept-Encoding: zstd"])
        .brings(ok(&["Cache-Control: max-age=3600", "Content-Encoding: zstd"]).body("\u{1}x"))
        .shows(&["Content-Encoding: zstd"])]),
    row(
        "9110-10.2",
        "Server, Allow and unknown fields of an answer are passed on",
    )
    .steps(&[get()
        .brings(ok(&["Server: scripted/1", "Allow: GET", "X-Unheard-Of: 1"]))
        .shows(&["Server: scripted/1", "Allow: GET", "X-Unheard-Of: 1"])]),
    row(
        "6265-5.2",
        "each Set-Cookie of an answer is passed on, on a line of its own",
    )
    .steps(&[get()
        .brings(ok(&["Set-Cookie: a=1", "Set-Cookie: b=2"]))
        .shows(&["Set-Cookie: a=1, b=2"])]),
    row("9110-15.6.3", "an origin that hangs up is a bad gateway")
        .steps(&[get().brings(nothing()).status(502)]),
    row("9110-7.7", "what is mapped for known callers passes alike")
        .to(Origin::Known)
        .steps(&[get()
            .at("/a?b=c")
            .with(&["X-A: 1"])
            .brings(ok(&["X-B: 2"]))
            .sent(&["@target: {path}/a?b=c", "X-A: 1"])
            .shows(&["X-B: 2"])]),
];
