//! What hyper waits for.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::exchange::{Reply, Response};

/// The future of an answer: ready at once, or boxed.
pub enum Answering {
    /// From memory.
    Now(Option<Response>),
    /// From what may wait.
    Later(Reply<Infallible>),
}

impl Answering {
    pub(super) fn now(response: Response) -> Self {
        Self::Now(Some(response))
    }

    pub(super) fn later(
        future: impl Future<Output = Result<Response, Infallible>> + Send + 'static,
    ) -> Self {
        Self::Later(Box::pin(future))
    }
}

impl Future for Answering {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Now(response) => {
                Poll::Ready(Ok(response.take().expect("polled once after it was ready")))
            }
            Self::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Now(_) => "Now",
            Self::Later(_) => "Later",
        })
    }
}
