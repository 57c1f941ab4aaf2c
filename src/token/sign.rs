//! Signs requests with their principal's bearer token, and understands refusals.
//!
//! Never sends a request twice: what a refusal means is marked on the response ([`Refusal`]), and
//! `retry` decides.
//!
//! Stands below `shape`: a token picked before the wait for capacity could expire during it.

use http::StatusCode;
use http::header::AUTHORIZATION;
use tokio::time::timeout_at;

use super::Tokens;
use crate::error::{Error, Kind};
use crate::exchange::{Handler, Request, Response};
use crate::middleware::{Middleware, Next};
use crate::upstream::{UNREADABLE, error_code};

/// Adds the principal's token to each request; see the [module](self).
#[derive(Debug)]
pub struct Sign {
    tokens: Tokens,
}

/// Why the upstream refused a request, where another token could help; an extension of the response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The token was not accepted; it is condemned.
    Token,
    /// A newer token is there, which may have the role that this one lacked.
    Roles,
}

impl Sign {
    /// Signs with the token that `tokens` holds at the time of each request.
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens }
    }
}

impl Middleware for Sign {
    async fn handle<S: Handler>(
        &self,
        mut request: Request,
        next: Next<S>,
    ) -> Result<Response, Error> {
        let principal = request.principal.clone();
        let current = self.tokens.current(&principal);
        let token = timeout_at(request.terms.deadline(), current)
            .await
            .map_err(|e| Kind::DeadlineExceeded.because(e))??;
        request.headers.insert(AUTHORIZATION, token.header.clone());

        let mut response = next.run(request).await?;
        let refusal = match judge(&response) {
            Verdict::Accepted => {
                token.prove();
                None
            }
            Verdict::Token => {
                self.tokens.condemn(&principal, &token);
                Some(Refusal::Token)
            }
            Verdict::Unclear => self
                .tokens
                .doubt(&principal, &token)
                .then_some(Refusal::Token),
            Verdict::Permission => {
                token.prove();
                let is_renewed = self.tokens.renew_for_roles(&principal, &token).await;
                is_renewed.then_some(Refusal::Roles)
            }
        };
        if let Some(refusal) = refusal {
            response.extensions_mut().insert(refusal);
        }
        Ok(response)
    }
}

/// What a response says of the token that it was asked with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    /// Nothing against it.
    Accepted,
    /// It is not accepted.
    Token,
    /// It is not allowed to do this.
    Permission,
    /// A 401 that gives no readable reason.
    Unclear,
}

/// Reads a 401: OPA has three, and only one of them is about the token.
fn judge(response: &Response) -> Verdict {
    if response.status() != StatusCode::UNAUTHORIZED {
        return Verdict::Accepted;
    }
    let body = response.body().whole().unwrap_or_default();
    match error_code(&body).as_deref() {
        Some("authentication_error") => Verdict::Token,
        Some("server_authorization_revoked") => Verdict::Accepted,
        Some(UNREADABLE) | None => Verdict::Unclear,
        Some(_) => Verdict::Permission,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::json_error;

    fn judged(code: &str) -> Verdict {
        let status = StatusCode::UNAUTHORIZED;
        let mut response = Response::new(json_error(status, code, ""));
        *response.status_mut() = status;
        judge(&response)
    }

    #[test]
    fn only_the_error_about_the_token_condemns_it() {
        assert_eq!(judged("authentication_error"), Verdict::Token);
        assert_eq!(judged("authorization_error"), Verdict::Permission);
        assert_eq!(judged("missing_capability"), Verdict::Permission);
        assert_eq!(judged("server_authorization_revoked"), Verdict::Accepted);
        assert_eq!(judged(UNREADABLE), Verdict::Unclear);
    }
}
