//! One operation of the API as data: who may, what it takes, what it answers, and what carries it out.
//!
//! The same data routes requests, refuses them, describes them to clients and fills the table in the
//! documentation, so that these four cannot differ.

use http::{Method, StatusCode};

use super::answer::{Answer, Code, Problem};
use super::ask::Ask;
use super::role::Roles;
use super::store::Store;
use super::visit::Visit;

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// Its `operationId`.
    pub(super) id: &'static str,
    pub(super) method: Method,
    /// The path below the team, with its parameters in braces.
    pub(super) path: &'static str,
    /// Who may; whoever has a token if empty.
    pub(super) roles: Roles,
    /// Query parameters besides those of pages.
    pub(super) query: &'static [Query],
    pub(super) paging: Paging,
    /// The schema of the body that it takes.
    pub(super) body: Option<&'static str>,
    /// The status of its success.
    pub(super) success: StatusCode,
    /// What its success is answered with.
    pub(super) shape: Shape,
    /// Errors besides those that follow from the rest.
    pub(super) errors: &'static [Code],
    /// Whether the specification has it, or only the real service and its clients.
    pub(super) is_specified: bool,
    /// The test that shows that it works.
    pub(super) shown_by: &'static str,
    pub(super) act: Act,
}

/// What carries an operation out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// The token call, which is neither authenticated nor limited.
    Token,
    /// Something that changes nothing, whatever its method is.
    Read(fn(&Store, &Visit<'_>) -> Result<Answer, Problem>),
    Write(fn(&mut Store, &Visit<'_>) -> Result<Answer, Problem>),
}

/// What the body of a success is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    Nothing,
    /// One object of this schema.
    One(&'static str),
    /// `{"list": […]}` of objects of this schema.
    List(&'static str),
}

/// Whether a list comes in pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Paging {
    /// It is no list.
    No,
    /// Not today, but it may begin to without warning; a switch decides.
    Someday,
    Pages,
}

/// A query parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Query {
    /// Any text.
    Text(&'static str),
    /// Any of these; may come again, or hold several with commas between.
    Words(&'static str, &'static [&'static str]),
}

impl Query {
    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Words(name, _) => name,
        }
    }
}

impl Operation {
    const fn new(id: &'static str, method: Method, path: &'static str, act: Act) -> Self {
        Self {
            id,
            method,
            path,
            roles: Roles::NONE,
            query: &[],
            paging: Paging::No,
            body: None,
            success: StatusCode::OK,
            shape: Shape::Nothing,
            errors: &[],
            is_specified: false,
            shown_by: "",
            act,
        }
    }

    /// The token call.
    pub(super) const fn token(id: &'static str, path: &'static str) -> Self {
        Self::new(id, Method::POST, path, Act::Token)
    }

    /// One that changes nothing.
    pub(super) const fn read(
        id: &'static str,
        method: Method,
        path: &'static str,
        act: fn(&Store, &Visit<'_>) -> Result<Answer, Problem>,
    ) -> Self {
        Self::new(id, method, path, Act::Read(act))
    }

    /// One that changes something.
    pub(super) const fn write(
        id: &'static str,
        method: Method,
        path: &'static str,
        act: fn(&mut Store, &Visit<'_>) -> Result<Answer, Problem>,
    ) -> Self {
        Self::new(id, method, path, Act::Write(act))
    }

    /// Asks for one of these roles.
    pub(super) const fn asks(mut self, roles: Roles) -> Self {
        self.roles = roles;
        self
    }

    /// Takes these query parameters.
    pub(super) const fn query(mut self, query: &'static [Query]) -> Self {
        self.query = query;
        self
    }

    /// Takes a body of this schema.
    pub(super) const fn takes(mut self, schema: &'static str) -> Self {
        self.body = Some(schema);
        self
    }

    /// Answers with an object of this schema.
    pub(super) const fn gives(mut self, success: StatusCode, schema: &'static str) -> Self {
        self.success = success;
        self.shape = Shape::One(schema);
        self
    }

    /// Answers with pages of objects of this schema.
    pub(super) const fn pages(mut self, schema: &'static str) -> Self {
        self.shape = Shape::List(schema);
        self.paging = Paging::Pages;
        self
    }

    /// Answers with objects of this schema, all at once unless a switch says otherwise.
    pub(super) const fn lists(mut self, schema: &'static str) -> Self {
        self.shape = Shape::List(schema);
        self.paging = Paging::Someday;
        self
    }

    /// Answers with 204.
    pub(super) const fn gives_nothing(mut self) -> Self {
        self.success = StatusCode::NO_CONTENT;
        self
    }

    /// May also end with one of these.
    pub(super) const fn or(mut self, errors: &'static [Code]) -> Self {
        self.errors = errors;
        self
    }

    /// Is in the specification.
    pub(super) const fn specified(mut self) -> Self {
        self.is_specified = true;
        self
    }

    /// Is shown to work by this test.
    pub(super) const fn shown_by(mut self, test: &'static str) -> Self {
        self.shown_by = test;
        self
    }

    /// Whether a path below the team is its own.
    pub(super) fn is_at(&self, path: &[String]) -> bool {
        let mut templates = self.path.split('/');
        let mut segments = path.iter();
        loop {
            match (templates.next(), segments.next()) {
                (None, None) => return true,
                (Some(template), Some(segment)) => {
                    let fits = if template.starts_with('{') {
                        !segment.is_empty()
                    } else {
                        template == segment
                    };
                    if !fits {
                        return false;
                    }
                }
                (None, Some(_)) | (Some(_), None) => return false,
            }
        }
    }

    /// The names of its path's parameters, in their order.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        let segments = self.path.split('/');
        segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The value of a parameter of the path.
    pub(super) fn argument<'a>(&self, path: &'a [String], name: &str) -> Option<&'a str> {
        let wanted = |template: &str| {
            let template = template.strip_prefix('{');
            template.and_then(|template| template.strip_suffix('}')) == Some(name)
        };
        let at = self.path.split('/').position(wanted)?;
        path.get(at).map(String::as_str)
    }

    /// Checks the query parameters that take only certain values.
    pub(super) fn check_query(&self, ask: &Ask) -> Result<(), Problem> {
        for query in self.query {
            match query {
                Query::Text(_) => {}
                Query::Words(name, words) => {
                    let values = super::page::exact_values(ask, name);
                    if !values.iter().all(|value| words.contains(&value.as_str())) {
                        let words = words.join(", ");
                        return Err(Problem::invalid(format!("{name}: not one of {words}")));
                    }
                }
            }
        }
        Ok(())
    }

    /// All errors that it can end with.
    pub(super) fn all_errors(&self) -> Vec<Code> {
        let mut errors = vec![Code::AuthenticationError, Code::ResourceDoesNotExist];
        let has_input = self.body.is_some() || !self.query.is_empty() || self.paging != Paging::No;
        if has_input {
            errors.push(Code::InvalidRequest);
        }
        if !self.roles.is_empty() {
            errors.push(Code::AuthorizationError);
        }
        if self.body.is_some() {
            errors.extend([Code::TooLarge, Code::UnsupportedContentType]);
        }
        if !matches!(self.act, Act::Token) {
            errors.push(Code::TooManyRequests);
        }
        let makes = matches!(self.act, Act::Write(_)) && self.method == Method::POST;
        if makes && self.shape != Shape::Nothing {
            errors.push(Code::QuotaExceeded);
        }
        errors.extend_from_slice(self.errors);
        errors.sort_by_key(|code| (code.status().as_u16(), code.as_str()));
        errors
    }
}
