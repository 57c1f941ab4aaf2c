//! Reads the sections that hold single settings, one function each, in the order of the file.

use std::time::Duration;

use crate::config::mistake::{Mistake, Place};
use crate::config::section::Section;
use crate::config::value::{
    address, duration, levels, one_of, path, percent, positive, ratio, some_time, url, whole,
};
use crate::{
    admin, app, audit, breaker, deadline, listen, paginate, retry, shape, token, trace, upstream,
};

/// `[limits]`; one of them is the upstream's.
pub(super) fn limits(section: &mut Section<'_>, upstream: &mut upstream::Limits) -> listen::Limits {
    let mut limits = listen::Limits::default();
    section.set("connections", &mut limits.connections, positive);
    section.set(
        "request_head_bytes",
        &mut limits.request_head_bytes,
        positive,
    );
    section.set(
        "request_body_bytes",
        &mut limits.request_body_bytes,
        positive,
    );
    section.set("head_timeout", &mut limits.head_timeout, some_time);
    section.set("body_timeout", &mut limits.body_timeout, some_time);
    section.set("idle_timeout", &mut limits.idle_timeout, some_time);
    section.set(
        "response_body_bytes",
        &mut upstream.response_body_bytes,
        positive,
    );
    limits
}

/// `[upstream]`.
pub(super) fn upstream(section: &mut Section<'_>, limits: &mut upstream::Limits) {
    section.set("connect_timeout", &mut limits.connect_timeout, some_time);
    section.set("head_timeout", &mut limits.head_timeout, some_time);
    section.set("timeout", &mut limits.timeout, some_time);
}

/// `[admin]`; the place is that of its address.
pub(super) fn admin(section: &mut Section<'_>) -> (admin::Config, Option<Place>) {
    let mut config = admin::Config::default();
    let place = section.set("listen", &mut config.address, address);
    section.set("requests", &mut config.requests, whole);
    (config, place)
}

/// `[ready]`.
pub(super) fn ready(section: &mut Section<'_>, config: &mut admin::Config) {
    section.set(
        "when_token_lost",
        &mut config.when_token_lost,
        one_of(WHEN_TOKEN_LOST),
    );
}

/// `[token]`.
pub(super) fn token(section: &mut Section<'_>) -> token::Config {
    let mut config = token::Config::default();
    section.set("timeout", &mut config.timeout, some_time);
    section.set(
        "renew_at_percent",
        &mut config.renew_at_percent,
        percent(1, 99),
    );
    section.set("longest_backoff", &mut config.longest_backoff, some_time);
    config
}

/// `[paginate]`.
pub(super) fn paginate(section: &mut Section<'_>) -> paginate::Config {
    let mut config = paginate::Config::default();
    section.set("pages", &mut config.pages, positive);
    section.set("bytes", &mut config.bytes, positive);
    section.set("on_limit", &mut config.on_limit, one_of(ON_LIMIT));
    config
}

/// `[retry]`.
pub(super) fn retry(section: &mut Section<'_>) -> retry::Config {
    let mut config = retry::Config::default();
    section.set("reads", &mut config.reads, whole);
    section.set("backoff", &mut config.backoff, duration);
    section.set(
        "budget_percent",
        &mut config.budget_percent,
        percent(0, 100),
    );
    section.set("budget_per_second", &mut config.budget_per_second, whole);
    config
}

/// `[breaker]`.
pub(super) fn breaker(section: &mut Section<'_>) -> breaker::Config {
    let mut config = breaker::Config::default();
    section.set("failures", &mut config.failures, positive);
    section.set("percent", &mut config.percent, percent(0, 100));
    section.set("window", &mut config.window, some_time);
    let open = section.set("open_for", &mut config.open_for, some_time);
    let longest = section.set("longest_open", &mut config.longest_open, some_time);

    if config.open_for > config.longest_open {
        let mistake = Mistake::error("the first pause of the breaker is longer than its longest");
        let help = "make `breaker.longest_open` at least as long as `breaker.open_for`";
        let at = open.as_ref().or(longest.as_ref());
        let beside = open.as_ref().and(longest.as_ref());
        let mistake = mistake
            .at(at, "against the other")
            .beside(beside, "the longest");
        section.notes.add(mistake.help(help));
    }
    config
}

/// `[shape]`.
pub(super) fn shape(section: &mut Section<'_>) -> shape::Config {
    let mut config = shape::Config::default();
    // With the whole limit left to others nothing could ever be sent.
    section.set(
        "reserve_percent",
        &mut config.reserve_percent,
        percent(0, 99),
    );
    section.set("queue", &mut config.queue, positive);
    section.set("queue_per_caller", &mut config.queue_per_caller, positive);
    section.set("age_after", &mut config.age_after, some_time);
    section.set("initial", &mut config.initial, positive);
    section.set("in_flight", &mut config.in_flight, positive);
    section.set("longest_wait", &mut config.longest_wait, some_time);
    config
}

/// `[audit]`.
pub(super) fn audit(section: &mut Section<'_>) -> audit::Config {
    let mut config = audit::Config::default();
    section.set("file", &mut config.file, |s| path(s).map(Some));
    section.set("queue", &mut config.queue, positive);
    config
}

/// `[log]`.
pub(super) fn log(section: &mut Section<'_>) -> trace::Log {
    let mut config = trace::Log::default();
    section.set("format", &mut config.format, one_of(FORMAT));
    section.set("filter", &mut config.filter, levels);
    config
}

/// `[trace]`.
pub(super) fn trace(section: &mut Section<'_>) -> trace::Config {
    let mut config = trace::Config::default();
    let endpoint = |s: &_| url(s).map(|uri| Some(uri.to_string()));
    section.set("otlp_endpoint", &mut config.otlp_endpoint, endpoint);
    section.set("sample_ratio", &mut config.sample_ratio, ratio);
    section.set("timeout", &mut config.timeout, some_time);
    config
}

/// `deadline` and `[drain]`, which must fit each other.
pub(super) fn stop(top: &mut Section<'_>) -> (deadline::Config, app::Drain) {
    let mut deadline = deadline::Config::default();
    let asked = top.set("deadline", &mut deadline.deadline, some_time);
    let mut drain = app::Drain::default();
    let grace = top.table("drain", |section| {
        section.set("delay", &mut drain.delay, duration);
        section.set("grace", &mut drain.grace, duration)
    });

    if drain.grace < deadline.deadline {
        let long = humantime::format_duration(deadline.deadline);
        let short = humantime::format_duration(drain.grace);
        let pod = deadline.deadline + drain.delay + BESIDE_GRACE;
        let mistake = Mistake::warning("the drain cannot finish what the deadline allows");
        let mistake = match (&grace, &asked) {
            (Some(grace), asked) => mistake
                .at(grace, "but is cut this long after the listeners closed")
                .beside(asked.as_ref(), "a request may take this long"),
            (None, asked) => mistake.at(asked.as_ref(), "a request may take this long"),
        };
        let help = format!(
            "set `drain.grace` to at least \"{long}\" (and `terminationGracePeriodSeconds` to {}), \
             or `deadline` to at most \"{short}\"",
            pod.as_secs(),
        );
        let effect = "on each restart, requests that wait for the upstream's limit can get 503";
        top.notes.add(mistake.note("effect", effect).help(help));
    }
    (deadline, drain)
}

/// `[runtime]`.
pub(super) fn runtime(section: &mut Section<'_>) -> app::Runtime {
    let mut config = app::Runtime::default();
    section.set("model", &mut config.model, one_of(MODEL));
    section.set("workers", &mut config.workers, |s| positive(s).map(Some));
    config
}

/// The words of `ready.when_token_lost`.
pub(super) const WHEN_TOKEN_LOST: &[(&str, admin::WhenTokenLost)] = &[
    ("leave", admin::WhenTokenLost::Leave),
    ("stay", admin::WhenTokenLost::Stay),
];

/// The words of `paginate.on_limit`.
pub(super) const ON_LIMIT: &[(&str, paginate::OnLimit)] = &[
    ("error", paginate::OnLimit::Error),
    ("page", paginate::OnLimit::Page),
];

/// The words of `log.format`.
pub(super) const FORMAT: &[(&str, trace::Format)] = &[
    ("auto", trace::Format::Auto),
    ("human", trace::Format::Human),
    ("json", trace::Format::Json),
];

/// The words of `runtime.model`.
pub(super) const MODEL: &[(&str, app::Model)] = &[
    ("per-core", app::Model::PerCore),
    ("shared", app::Model::Shared),
];

// What a stop takes beside delay and grace: 5 s to flush, 5 s to spare.
const BESIDE_GRACE: Duration = Duration::from_secs(10);
