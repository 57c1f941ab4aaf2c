//! `[cache]` and what stands below it.

use super::Page;
use crate::cache;
use crate::operation::Class;

/// Writes the settings of the cache.
pub(super) fn show(page: &mut Page, cache: &cache::Config) {
    page.head("[cache]");
    page.plain("capacity_bytes", cache.capacity_bytes);
    page.plain("entry_bytes", cache.entry_bytes);
    page.time("settle_for", cache.settle_for);
    page.time("unknown_settle_for", cache.unknown_settle_for);
    page.time("linger", cache.linger);
    page.plain("flights", cache.flights);
    page.plain("entries", cache.entries);
    page.plain("negative_entries", cache.negative_entries);
    page.plain("variants", cache.variants);
    page.plain("principal_percent", cache.principal_percent);
    page.plain("gzip", cache.gzip);
    page.plain("scarce_below", format!("{:?}", cache.scarce_below));
    page.plain("audit_rate", format!("{:?}", cache.audit_rate));
    for class in Class::ALL {
        let freshness = cache.of(class);
        page.head(&format!("[cache.class.{}]", class.as_str()));
        page.time("fresh_for", freshness.fresh_for);
        page.time("stale_for", freshness.stale_for);
        page.time("stale_if_error", freshness.stale_if_error);
        page.time("negative_for", freshness.negative_for);
        page.plain("override_no_store", freshness.override_no_store);
    }
    for of in &cache.paths {
        page.head("[[cache.path]]");
        page.string("path", &of.path);
        for (key, time) in [
            ("fresh_for", of.fresh_for),
            ("stale_for", of.stale_for),
            ("stale_if_error", of.stale_if_error),
            ("negative_for", of.negative_for),
        ] {
            if let Some(time) = time {
                page.time(key, time);
            }
        }
        page.option("override_no_store", of.override_no_store);
    }
    for warm in &cache.warm {
        page.head("[[cache.warm]]");
        page.string("path", &warm.target);
        page.string("principal", &warm.principal);
    }
}
