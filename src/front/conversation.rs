//! One connection, and what was understood on it.
//!
//! Clients ask the same again and again. What follows from the connection and the head of a request
//! alone is worked out once: what is asked, by whom, whether they may, under which key and in which
//! form. It is found again by the whole head, compared byte for byte, so that nothing that was found
//! out for one request can pass for what another one asks. The credential is not kept with it: it is
//! compared each time, by [`Connection`].
//!
//! What may change between two requests is asked anew each time: the quota and the cache. Callers,
//! policies and teams do not change while the process runs; what lets them must be compared in
//! [`Conversation::recall`] too.

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::uri::{Authority, Uri};
use http::{Method, Version, request};
use parking_lot::Mutex;

use super::asked::Asked;
use crate::auth::Connection;
use crate::record::REQUEST_ID;

/// One connection as the front half sees it; see the [module](self).
#[derive(Debug)]
pub struct Conversation {
    connection: Connection,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    heads: Vec<(Head, Arc<Asked>)>,
    /// Which one makes room for the next.
    oldest: usize,
}

impl Conversation {
    /// One on which nothing was asked yet.
    pub fn new(connection: Connection) -> Self {
        Self {
            connection,
            remembered: Mutex::default(),
        }
    }

    /// Who may be asked who asks.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What a request with this head asks, if that was found out before for the same caller.
    pub(super) fn recall(&self, head: &request::Parts) -> Option<Arc<Asked>> {
        let remembered = self.remembered.lock();
        let mut heads = remembered.heads.iter();
        let (_, asked) = heads.find(|(known, asked)| {
            known.is(head) && self.connection.is_again(&asked.caller, &head.headers)
        })?;
        Some(Arc::clone(asked))
    }

    /// Keeps what was found out of a request with this head, in the place of the oldest.
    pub(super) fn remember(&self, head: &request::Parts, asked: &Arc<Asked>) {
        let Some(head) = Head::copy(head) else {
            return;
        };
        let one = (head, Arc::clone(asked));
        let mut remembered = self.remembered.lock();
        let oldest = remembered.oldest;
        remembered.oldest = (oldest + 1) % HEADS;
        match remembered.heads.get_mut(oldest) {
            Some(place) => *place = one,
            None => remembered.heads.push(one),
        }
    }
}

/// How many heads are remembered on one connection.
const HEADS: usize = 4;

/// The longest head that is remembered, in bytes: several times what usual clients send, and with
/// [`HEADS`] less than the buffers that each connection has anyway.
const LONGEST: usize = 1024;

/// All of a head that an answer may depend on.
struct Head {
    method: Method,
    version: Version,
    target: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Head {
    /// Copies it, for as it came it is a part of the connection's whole buffer; `None` if it is long.
    fn copy(head: &request::Parts) -> Option<Self> {
        let target = head.uri.to_string();
        let headers = || relevant(head);
        let lengths = headers().map(|(name, value)| name.as_str().len() + value.len());
        if target.len() + lengths.sum::<usize>() > LONGEST {
            return None;
        }
        let copied = |(name, value): (&HeaderName, &HeaderValue)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
            Some((name.clone(), value))
        };
        Some(Self {
            method: head.method.clone(),
            version: head.version,
            target: target.parse().ok()?,
            headers: headers().map(copied).collect::<Option<_>>()?,
        })
    }

    /// Whether `head` is the same.
    fn is(&self, head: &request::Parts) -> bool {
        let own = self.headers.iter().map(|(name, value)| (name, value));
        self.method == head.method
            && self.version == head.version
            && is_same_target(&self.target, &head.uri)
            && own.eq(relevant(head))
    }
}

impl fmt::Debug for Head {
    /// Whatever callers send beside their credential is nobody's business either.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").finish_non_exhaustive()
    }
}

/// Not `==`, which folds the case of the host, while links are given as it was written.
fn is_same_target(one: &Uri, other: &Uri) -> bool {
    one.path() == other.path()
        && one.query() == other.query()
        && one.authority().map(Authority::as_str) == other.authority().map(Authority::as_str)
        && one.scheme_str() == other.scheme_str()
}

/// All headers but the credential, which is compared by itself, and what tells requests apart that
/// are otherwise the same, which decides about the record only.
fn relevant(head: &request::Parts) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let headers = head.headers.iter();
    headers.filter(|(name, _)| {
        **name != AUTHORIZATION
            && **name != REQUEST_ID
            && **name != TRACE_PARENT
            && **name != TRACE_STATE
    })
}

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

#[cfg(test)]
mod tests {
    use http::Request;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::auth::{self, Accounts, Door};
    use crate::cache::Directives;
    use crate::caller::{Access, Priority, Weight};
    use crate::coding::Accepted;
    use crate::operation::Operation;
    use crate::{quota, testing};

    /// One to which `one` and `other` are known.
    fn conversation() -> Conversation {
        let config = |token: &str| auth::Config {
            name: token.to_owned(),
            token_sha256: Some(Sha256::digest(token).into()),
            access: Access::Read,
            priority: Priority::Batch,
            weight: Weight::ONE,
            principals: vec!["demo/gateway".to_owned()],
            quota: quota::Config::default(),
        };
        let accounts = Accounts::new(&["one", "other"].map(config), &[testing::principal()]);
        Conversation::new(Connection::new(Door::Required, accounts))
    }

    fn head(target: &str, headers: &[(&str, &str)]) -> request::Parts {
        let mut request = Request::get(target);
        for (name, value) in [("host", "a"), ("authorization", "Bearer one")]
            .iter()
            .chain(headers)
        {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    /// Lets `head` be answered as if its answer were kept.
    fn answer(conversation: &Conversation, head: &request::Parts) {
        let caller = conversation.connection.ask(&head.headers, None).unwrap();
        let asked = Asked {
            path: head.uri.path().into(),
            operation: Arc::new(Operation::parse(&head.method, &head.uri).unwrap()),
            caller,
            principal: testing::principal(),
            accepted: Accepted::of(&head.headers),
            wanted: Directives::default(),
            key: None,
            given: crate::front::asked::Given::default(),
        };
        conversation.remember(head, &Arc::new(asked));
    }

    fn knows(conversation: &Conversation, head: &request::Parts) -> bool {
        conversation.recall(head).is_some()
    }

    #[test]
    fn same_head_is_known_whatever_its_id_and_its_trace() {
        let conversation = conversation();

        answer(&conversation, &head("/a?b=1", &[("accept", "*/*")]));

        assert!(knows(&conversation, &head("/a?b=1", &[("accept", "*/*")])));
        let others = [
            ("x-request-id", "12345678"),
            ("accept", "*/*"),
            ("traceparent", "x"),
        ];
        assert!(knows(&conversation, &head("/a?b=1", &others)));
    }

    #[test]
    fn head_that_differs_in_anything_is_not_known() {
        let conversation = conversation();
        answer(
            &conversation,
            &head("http://Host/a?b=1", &[("accept", "*/*")]),
        );

        for (target, headers) in [
            ("http://Host/a?b=2", &[("accept", "*/*")][..]),
            ("http://Host/a", &[("accept", "*/*")]),
            ("http://Host/a/?b=1", &[("accept", "*/*")]),
            ("http://host/a?b=1", &[("accept", "*/*")]),
            ("https://Host/a?b=1", &[("accept", "*/*")]),
            ("/a?b=1", &[("accept", "*/*")]),
            ("http://Host/a?b=1", &[("accept", "*/* ")]),
            ("http://Host/a?b=1", &[("accept", "*/*"), ("accept", "*/*")]),
            (
                "http://Host/a?b=1",
                &[("accept", "*/*"), ("if-none-match", "*")],
            ),
            (
                "http://Host/a?b=1",
                &[("accept", "*/*"), ("authorization", "Bearer one")],
            ),
            ("http://Host/a?b=1", &[]),
        ] {
            assert!(
                !knows(&conversation, &head(target, headers)),
                "{target} {headers:?}"
            );
        }
        let mut other = head("http://Host/a?b=1", &[("accept", "*/*")]);
        other.method = Method::HEAD;
        assert!(!knows(&conversation, &other));
        other.method = Method::GET;
        other.version = Version::HTTP_10;
        assert!(!knows(&conversation, &other));
        other.version = Version::HTTP_11;
        assert!(knows(&conversation, &other));
    }

    #[test]
    fn head_is_not_known_for_another_credential() {
        let conversation = conversation();
        let shown = |line: &'static str| {
            let mut head = head("/a", &[]);
            head.headers
                .insert(AUTHORIZATION, HeaderValue::from_static(line));
            head
        };
        answer(&conversation, &shown("Bearer one"));

        for other in ["Bearer other", "Bearer nobody", "Basic one", ""] {
            assert!(!knows(&conversation, &shown(other)), "{other}");
        }
        answer(&conversation, &shown("Bearer other"));

        let recalled = conversation.recall(&shown("Bearer other")).unwrap();
        assert_eq!(&*recalled.caller.name, "other");
        // Known again as soon as it was asked again who shows it.
        assert!(!knows(&conversation, &shown("Bearer one")));
        conversation
            .connection
            .ask(&shown("Bearer one").headers, None)
            .unwrap();
        let recalled = conversation.recall(&shown("Bearer one")).unwrap();
        assert_eq!(&*recalled.caller.name, "one");
    }

    #[test]
    fn no_more_than_a_few_short_heads_are_remembered() {
        let conversation = conversation();
        let long = "x".repeat(LONGEST);
        let paths = ["/0", "/1", "/2", "/3", "/4"];

        answer(&conversation, &head("/a", &[("accept", &long)]));
        for path in paths {
            answer(&conversation, &head(path, &[]));
        }

        assert!(!knows(&conversation, &head("/a", &[("accept", &long)])));
        let known = paths.map(|path| knows(&conversation, &head(path, &[])));
        assert_eq!(known, [false, true, true, true, true]);
        assert_eq!(conversation.remembered.lock().heads.len(), HEADS);
    }
}
