//! One page of a list, and the links to those beside it.
//!
//! `offset` is the id of the boundary object: the page begins beyond it, and goes on from where it
//! was if it is gone. `prev` walks the other way, from the boundary back, and links on with
//! `rel="prev"`. Unless it is told otherwise, a page that is walked to forward says nothing of those
//! before it, and a list that ends has no `Link`: clients are known that take any `Link` for one more
//! page.

use http::header::LINK;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use uuid::Uuid;

use super::answer::{Answer, Problem};
use super::ask::Ask;
use super::behaviour::Links;
use super::operation;
use super::table::{Row, Table};
use super::visit::Visit;

/// Which part of a list is asked for.
#[derive(Debug)]
pub(super) struct Paging {
    /// The most rows of a page; all if the list does not come in pages.
    count: usize,
    offset: Option<Uuid>,
    prev: bool,
    descending: bool,
}

impl Paging {
    /// Reads `count`, `offset`, `prev` and `descending`, if the list knows them.
    pub(super) fn read(visit: &Visit<'_>) -> Result<Self, Problem> {
        if visit.operation.paging == operation::Paging::Someday && !visit.pages.everywhere {
            return Ok(Self {
                count: usize::MAX,
                offset: None,
                prev: false,
                descending: false,
            });
        }
        let (ask, page_size) = (visit.ask, visit.pages.size);
        let offset = ask.exact_param("offset").map(|offset| offset.parse());
        let offset = offset.transpose();
        let offset = offset.map_err(|_| Problem::invalid("offset: not a UUID"))?;
        Ok(Self {
            count: count(ask)?.unwrap_or(page_size).min(page_size).max(1),
            offset,
            prev: ask.flag("prev")?,
            descending: ask.flag("descending")?,
        })
    }

    /// Takes the page from those rows of `table` that are to be `kept`.
    pub(super) fn of<'a, T: Row>(
        &self,
        table: &'a Table<T>,
        kept: impl Fn(&T) -> bool,
    ) -> Result<Page<'a, T>, Problem> {
        let place = self.offset.map(|id| table.place(id).ok_or(id)).transpose();
        let place = place.map_err(|_| Problem::invalid("offset: no such object"))?;
        let one_more = self.count.saturating_add(1);
        let kept = |row: &&T| kept(row);
        let rows: Vec<_> = if self.descending == self.prev {
            table.after(place).filter(kept).take(one_more).collect()
        } else {
            table.before(place).filter(kept).take(one_more).collect()
        };
        Ok(self.page(rows, |first| {
            let first = first.map_or(place, |id| table.place(id));
            if self.descending {
                table.after(first).any(|row| kept(&row))
            } else {
                table.before(first).any(|row| kept(&row))
            }
        }))
    }

    /// Takes the page from a short list.
    pub(super) fn of_list<'a, T: Row>(&self, list: &'a [T]) -> Result<Page<'a, T>, Problem> {
        let place_of = |id| list.iter().position(|row| row.id() == id);
        let place = self.offset.map(|id| place_of(id).ok_or(id)).transpose();
        let place = place.map_err(|_| Problem::invalid("offset: no such object"))?;
        let one_more = self.count.saturating_add(1);
        let rows = if self.descending == self.prev {
            let after = place.map_or(0, |place| place.saturating_add(1));
            list.iter().skip(after).take(one_more).collect()
        } else {
            let before = place.unwrap_or(list.len());
            let before = list.iter().take(before).rev();
            before.take(one_more).collect()
        };
        Ok(self.page(rows, |first| {
            let first = first.map_or(place, place_of);
            let end = if self.descending {
                list.last()
            } else {
                list.first()
            };
            first != end.and_then(|row| place_of(row.id()))
        }))
    }

    /// The page that begins with these rows, of which one more than it holds were sought.
    ///
    /// `is_preceded` says whether there is anything before its first row, or before its offset if it
    /// has no row.
    fn page<'a, T: Row>(
        &self,
        mut rows: Vec<&'a T>,
        is_preceded: impl FnOnce(Option<Uuid>) -> bool,
    ) -> Page<'a, T> {
        let more = rows.len() > self.count;
        rows.truncate(self.count);
        let beyond = rows.last().filter(|_| more).map(|row| row.id());
        if self.prev {
            rows.reverse();
            return Page {
                rows,
                beyond,
                before: None,
                backward: true,
            };
        }
        // The first page needs no look: whoever sends no offset is at the start.
        let first = rows.first().map(|row| row.id());
        let before = self.offset.filter(|_| is_preceded(first));
        Page {
            beyond,
            before: before.map(|offset| first.unwrap_or(offset)),
            rows,
            backward: false,
        }
    }
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<'a, T> {
    rows: Vec<&'a T>,
    /// The boundary of the page that the walk comes to after this one.
    beyond: Option<Uuid>,
    /// On a walk forward, the boundary of the page that it came from.
    before: Option<Uuid>,
    backward: bool,
}

impl<'a, T> Page<'a, T> {
    /// Answers `ask` with the page.
    pub(super) fn answer<V: Serialize>(&self, ask: &Ask, view: impl Fn(&'a T) -> V) -> Answer {
        let list = List {
            list: self.rows.iter().copied().map(view).collect(),
        };
        let mut answer = Answer::json(StatusCode::OK, &list);
        let beyond = self.beyond.map(|id| ask.url_beyond(&id.to_string()));
        answer.neighbours = if self.backward {
            Neighbours {
                prev: beyond,
                backward: true,
                ..Neighbours::default()
            }
        } else {
            Neighbours {
                prev: self.before.map(|id| ask.url_before(&id.to_string())),
                next: beyond,
                backward: false,
            }
        };
        answer
    }
}

/// The absolute URLs of the pages beside one.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    prev: Option<String>,
    next: Option<String>,
    backward: bool,
}

impl Neighbours {
    /// Writes `Link`, in one line or several.
    pub(super) fn write(&self, headers: &mut HeaderMap, links: Links) {
        let prev = self.prev.as_ref().filter(|_| links.prev || self.backward);
        let all = [(prev, "prev"), (self.next.as_ref(), "next")].into_iter();
        let all = all.filter_map(|(url, relation)| {
            let url = url?;
            let url = if links.relative {
                without_origin(url)
            } else {
                url
            };
            Some(format!("<{url}>; rel=\"{relation}\""))
        });
        let mut lines: Vec<_> = all.collect();
        if !links.separate_lines && lines.len() > 1 {
            lines = vec![lines.join(", ")];
        }
        for value in lines.into_iter().filter_map(|line| line.try_into().ok()) {
            headers.append(LINK, value);
        }
    }
}

fn without_origin(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(rest)
}

/// The form of all lists.
#[derive(Serialize)]
struct List<V> {
    list: Vec<V>,
}

fn count(ask: &Ask) -> Result<Option<usize>, Problem> {
    let Some(text) = ask.exact_param("count") else {
        return Ok(None);
    };
    match text.parse::<i32>().map(usize::try_from) {
        Ok(Ok(count)) if count > 0 => Ok(Some(count)),
        _ => Err(Problem::invalid("count: not a number above 0")),
    }
}

/// The filters by name and id that most lists have.
#[derive(Debug)]
pub(super) struct Filter {
    contains: Option<String>,
    starts_with: Option<String>,
    ids: Vec<String>,
}

impl Filter {
    /// Reads `contains`, `starts_with` and `id`; names are compared without case.
    pub(super) fn read(ask: &Ask) -> Self {
        let lower = |name| ask.param(name).map(|value| value.to_lowercase());
        Self {
            contains: lower("contains"),
            starts_with: lower("starts_with"),
            ids: values(ask, "id"),
        }
    }

    /// Whether the object is wanted.
    pub(super) fn admits(&self, id: Uuid, name: &str) -> bool {
        if !self.ids.is_empty() {
            let id = id.to_string();
            if !self
                .ids
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(&id))
            {
                return false;
            }
        }
        if self.contains.is_none() && self.starts_with.is_none() {
            return true;
        }
        let name = name.to_lowercase();
        let contains = self.contains.as_ref();
        let starts_with = self.starts_with.as_ref();
        contains.is_none_or(|part| name.contains(part))
            && starts_with.is_none_or(|start| name.starts_with(start))
    }
}

/// The values of a parameter that may come again, or hold several with commas between.
pub(super) fn values(ask: &Ask, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    for value in ask.params(name) {
        values.extend(value.split(',').map(|part| part.trim().to_owned()));
    }
    values
}

/// The same, where an empty one makes no sense.
pub(super) fn exact_values(ask: &Ask, name: &str) -> Vec<String> {
    let mut values = values(ask, name);
    if ask.exact_param(name).is_some_and(|value| value.is_empty()) {
        values.push(String::new());
    }
    values
}
