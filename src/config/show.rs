//! Writes settings as TOML again, secrets masked, for people who ask what is in force.

mod kept;

use std::fmt::{Display, Write};
use std::time::Duration;

use crate::config::origins::CALLERS;
use crate::config::parts::{FORMAT, MODEL, ON_LIMIT, WHEN_TOKEN_LOST};
use crate::config::tls::CLIENT_CERTIFICATES;
use crate::listen::Identity;
use crate::secret::Source;
use crate::{app, auth, listen, origin};

/// `config` as a file that says the same, but for the secrets.
pub fn show(config: &app::Config) -> String {
    let mut page = Page::default();
    page.time("deadline", config.deadline.deadline);
    for listener in &config.listeners {
        show_listener(&mut page, listener);
    }
    show_connections(&mut page, config);
    for team in &config.teams {
        show_team(&mut page, team);
    }
    for origin in &config.origins {
        show_origin(&mut page, origin);
    }
    for policy in &config.policies {
        page.head("[[policy]]");
        page.string("name", &policy.name);
        page.string("rules", &policy.text);
    }
    for caller in &config.callers {
        show_caller(&mut page, caller);
    }
    show_tokens_and_cache(&mut page, config);
    show_way_to_upstream(&mut page, config);
    show_records(&mut page, config);
    show_process(&mut page, config);
    page.text
}

fn show_listener(page: &mut Page, listener: &listen::Config) {
    page.head("[[listener]]");
    page.string("name", &listener.name);
    page.string("listen", listener.address);
    if let Some(url) = &listener.public_url {
        page.string("public_url", url);
    }
    show_identity(page, listener);
    if let Some(tls) = &listener.tls {
        page.head("[listener.tls]");
        page.string("cert_file", tls.certificate.display());
        page.string("key_file", tls.key.display());
        let of_clients = [
            ("client_ca_file", &tls.client_ca),
            ("client_crl_file", &tls.client_crl),
        ];
        for (key, file) in of_clients {
            if let Some(file) = file {
                page.string(key, file.display());
            }
        }
        if tls.client_ca.is_some() {
            page.word(
                "client_certificates",
                CLIENT_CERTIFICATES,
                tls.client_optional,
            );
        }
    }
}

fn show_identity(page: &mut Page, listener: &listen::Config) {
    match &listener.identity {
        Identity::Required => page.string("identity", "required"),
        Identity::Trusted { caller, hosts } => {
            page.string("identity", "trusted");
            page.string("caller", caller);
            page.strings("hosts", hosts);
        }
    }
}

fn show_connections(page: &mut Page, config: &app::Config) {
    let limits = config.limits;
    // They are the same for all teams; without a team none is in force.
    let upstream = config.teams.first().map(|team| team.upstream.limits);
    let upstream = upstream.unwrap_or_default();
    page.head("[limits]");
    page.plain("connections", limits.connections);
    page.plain("request_head_bytes", limits.request_head_bytes);
    page.plain("request_body_bytes", limits.request_body_bytes);
    page.time("head_timeout", limits.head_timeout);
    page.time("body_timeout", limits.body_timeout);
    page.time("idle_timeout", limits.idle_timeout);
    page.plain("response_body_bytes", upstream.response_body_bytes);
    page.head("[admin]");
    page.string("listen", config.admin.address);
    page.plain("requests", config.admin.requests);
    page.head("[ready]");
    page.word(
        "when_token_lost",
        WHEN_TOKEN_LOST,
        config.admin.when_token_lost,
    );
    page.head("[upstream]");
    page.time("connect_timeout", upstream.connect_timeout);
    page.time("head_timeout", upstream.head_timeout);
    page.time("timeout", upstream.timeout);
}

fn show_team(page: &mut Page, team: &app::Team) {
    page.head("[[team]]");
    page.string("name", &team.name);
    page.string("url", &team.upstream.url);
    if let Some(file) = &team.upstream.ca_file {
        page.string("ca_file", file.display());
    }
    if let Some(proxy) = &team.upstream.proxy {
        page.string("proxy", proxy);
    }
    for principal in &team.principals {
        page.head("[[team.principal]]");
        page.string("name", &principal.name);
        for key in &principal.keys {
            page.head("[[team.principal.key]]");
            page.string("id", &key.id);
            page.source("secret", &key.secret);
        }
    }
}

fn show_origin(page: &mut Page, origin: &origin::Config) {
    page.head("[[origin]]");
    page.string("prefix", &origin.prefix);
    let url = origin.upstream.url.to_string();
    page.string(
        "upstream",
        format_args!("{}{}", url.trim_end_matches('/'), origin.path),
    );
    page.word("callers", CALLERS, origin.callers);
    page.plain("heuristic_freshness", origin.heuristic_freshness);
}

fn show_caller(page: &mut Page, caller: &auth::Config) {
    page.head("[[caller]]");
    page.string("name", &caller.name);
    if let Some(hash) = caller.token_sha256 {
        page.string("token_sha256", hex::encode(hash));
    }
    let short = caller.policies.iter().find_map(|policy| policy.short_for);
    match short {
        Some(access) => {
            page.string("access", access.as_str());
            page.strings("principals", &caller.principals);
        }
        None => {
            let names = caller.policies.iter().map(|policy| policy.name.to_string());
            page.strings("policies", &names.collect::<Vec<_>>());
        }
    }
    page.string("priority", caller.priority.as_str());
    page.plain("weight", caller.weight.get());
    page.option("requests_per_second", caller.quota.per_second);
    page.plain("burst", caller.quota.burst);
}

fn show_tokens_and_cache(page: &mut Page, config: &app::Config) {
    page.head("[token]");
    page.time("timeout", config.token.timeout);
    page.plain("renew_at_percent", config.token.renew_at_percent);
    page.time("longest_backoff", config.token.longest_backoff);
    kept::show(page, &config.cache);
}

fn show_way_to_upstream(page: &mut Page, config: &app::Config) {
    page.head("[paginate]");
    page.plain("pages", config.paginate.pages);
    page.plain("bytes", config.paginate.bytes);
    page.word("on_limit", ON_LIMIT, config.paginate.on_limit);
    page.head("[retry]");
    page.plain("reads", config.retry.reads);
    page.time("backoff", config.retry.backoff);
    page.plain("budget_percent", config.retry.budget_percent);
    page.plain("budget_per_second", config.retry.budget_per_second);
    page.head("[breaker]");
    page.plain("failures", config.breaker.failures);
    page.plain("percent", config.breaker.percent);
    page.time("window", config.breaker.window);
    page.time("open_for", config.breaker.open_for);
    page.time("longest_open", config.breaker.longest_open);
    page.head("[shape]");
    page.plain("reserve_percent", config.shape.reserve_percent);
    page.plain("queue", config.shape.queue);
    page.plain("queue_per_caller", config.shape.queue_per_caller);
    page.time("age_after", config.shape.age_after);
    page.plain("initial", config.shape.initial);
    page.plain("in_flight", config.shape.in_flight);
    page.time("longest_wait", config.shape.longest_wait);
}

fn show_records(page: &mut Page, config: &app::Config) {
    if let Some(store) = &config.store {
        page.head("[store]");
        page.string("path", store.path.display());
        page.source("key", &store.key);
    }
    page.head("[sessions]");
    page.time("default_ttl", config.sessions.limits.default_ttl);
    page.time("max_ttl", config.sessions.limits.max_ttl);
    page.plain("most", config.sessions.most);
    if let Some(hash) = config.sessions.root_token_sha256 {
        page.string("root_token_sha256", hex::encode(hash));
    }
    page.head("[keys]");
    page.time("ttl", config.keys.ttl);
    page.head("[audit]");
    if let Some(file) = &config.audit.file {
        page.string("file", file.display());
    }
    page.plain("queue", config.audit.queue);
    page.head("[log]");
    page.word("format", FORMAT, config.log.format);
    page.string("filter", &config.log.filter);
    page.head("[trace]");
    if let Some(endpoint) = &config.trace.otlp_endpoint {
        page.string("otlp_endpoint", endpoint);
    }
    page.plain("sample_ratio", format!("{:?}", config.trace.sample_ratio));
    page.time("timeout", config.trace.timeout);
}

fn show_process(page: &mut Page, config: &app::Config) {
    page.head("[drain]");
    page.time("delay", config.drain.delay);
    page.time("grace", config.drain.grace);
    page.head("[runtime]");
    page.word("model", MODEL, config.runtime.model);
    page.option("workers", config.runtime.workers);
}

/// A TOML file in the making.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, head: &str) {
        self.line(format_args!("\n{head}"));
    }

    fn plain(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("{key} = {value}"));
    }

    fn option(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.plain(key, value);
        }
    }

    fn string(&mut self, key: &str, value: impl Display) {
        self.plain(key, literal(&value.to_string()));
    }

    /// A secret is never shown, but where it stands is.
    fn source(&mut self, key: &str, source: &Source) {
        match source {
            Source::Value(_) => self.plain(key, "\"…\""),
            // Not through `string`, which would make a literal of the `${`.
            Source::File(path) => {
                self.plain(key, quoted(&format!("${{file:{}}}", path.display())));
            }
        }
    }

    fn strings(&mut self, key: &str, values: &[String]) {
        let values: Vec<_> = values.iter().map(|value| literal(value)).collect();
        self.plain(key, format_args!("[{}]", values.join(", ")));
    }

    fn time(&mut self, key: &str, value: Duration) {
        self.string(key, humantime::format_duration(value));
    }

    fn word<T: Copy + PartialEq>(&mut self, key: &str, words: &[(&str, T)], value: T) {
        let word = words
            .iter()
            .find(|(_, v)| *v == value)
            .map(|(word, _)| *word);
        self.string(key, word.unwrap_or_default());
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{line}").expect("a String takes any text");
    }
}

/// In quotes, and so that no variable is put into it when it is read again.
fn literal(text: &str) -> String {
    quoted(&text.replace("${", "$${"))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
