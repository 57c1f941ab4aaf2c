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
use crate::upstream::error_code;

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
        match refusal(&response) {
            None => token.prove(),
            Some(Refusal::Token) => {
                self.tokens.condemn(&principal, &token);
                response.extensions_mut().insert(Refusal::Token);
            }
            Some(Refusal::Roles) => {
                token.prove();
                if self.tokens.renew_for_roles(&principal, &token).await {
                    response.extensions_mut().insert(Refusal::Roles);
                }
            }
        }
        Ok(response)
    }
}

/// Reads a 401: OPA has three, and only one of them is about the token.
fn refusal(response: &Response) -> Option<Refusal> {
    if response.status() != StatusCode::UNAUTHORIZED {
        return None;
    }
    let body = response.body().whole().unwrap_or_default();
    match error_code(&body).as_deref() {
        Some("authorization_error") => Some(Refusal::Roles),
        Some("server_authorization_revoked") => None,
        // What cannot be read is taken for the common case.
        Some(_) | None => Some(Refusal::Token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::json_error;

    fn refused(code: &str) -> Option<Refusal> {
        let status = StatusCode::UNAUTHORIZED;
        let mut response = Response::new(json_error(status, code, ""));
        *response.status_mut() = status;
        refusal(&response)
    }

    #[test]
    fn only_the_error_about_the_token_condemns_it() {
        assert_eq!(refused("authentication_error"), Some(Refusal::Token));
        assert_eq!(refused("authorization_error"), Some(Refusal::Roles));
        assert_eq!(refused("server_authorization_revoked"), None);
        assert_eq!(refused("upstream_error"), Some(Refusal::Token));
    }
}
