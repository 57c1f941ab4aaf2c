// The last requests: filtered, frozen, and each opened to its phases.

/** How many are kept here, and how many of them are shown. */
const [KEPT, SHOWN] = [500, 100];
const log = { all: [], open: new Set(), frozen: false, rows: new Map() };
const REASONS = {
  absent: "never kept, or evicted", invalidated: "a write has touched it", expired: "too old", refused: "the caller wanted it newer",
  vary: "only answers to other headers", refresh: "given while it is fetched anew", budget: "given because the limit is nearly spent",
  error: "given because the upstream failed", wanted: "the caller takes it old", method: "nothing that can be kept", secret: "secrets are never kept",
};

function takeRequests(list) {
  log.all.push(...list);
  if (log.all.length > KEPT) log.all.splice(0, log.all.length - KEPT);
  const choices = { outcome: live.outcomes, caller: [...new Set(log.all.map((of) => of.caller).filter(Boolean))].sort() };
  for (const [name, words] of Object.entries(choices)) {
    const select = $("filters").elements[name];
    const known = new Set([...select.options].map((option) => option.value));
    select.append(...words.filter((word) => !known.has(word)).map((word) => make("option", {}, word)));
    if (log.wanted?.[name]) select.value = log.wanted[name];
  }
}

function wantedRequests() {
  const { outcome, caller, path } = $("filters").elements;
  const part = path.value.toLowerCase();
  const wanted = log.all.filter((of) =>
    (!outcome.value || of.outcome === outcome.value) && (!caller.value || of.caller === caller.value) &&
    (!part || of.path.toLowerCase().includes(part) || of.operation.includes(part) || of.id === path.value));
  return wanted.slice(-SHOWN).reverse();
}

function showRequests() {
  if (log.frozen) return;
  const wanted = wantedRequests();
  const body = $("log");
  const nodes = wanted.flatMap((of) => {
    if (!log.rows.has(of.number)) log.rows.set(of.number, rowOf(of));
    const more = log.open.has(of.number) ? [moreOf(of)] : [];
    return [log.rows.get(of.number), ...more];
  });
  // Only what is new is put in, so that what somebody reads or has the focus on stays.
  const stays = new Set(nodes);
  for (const node of [...body.children]) if (!stays.has(node)) node.remove();
  nodes.forEach((node, place) => { if (body.children[place] !== node) body.insertBefore(node, body.children[place] ?? null); });
  const known = new Set(log.all.map((of) => of.number));
  for (const number of log.rows.keys()) if (!known.has(number)) { log.rows.delete(number); log.open.delete(number); }
  if (!nodes.length) {
    const none = log.all.length ? "None of the last requests is like that." : "No request yet.";
    body.replaceChildren(make("tr", {}, make("td", { class: "none", colspan: 7 }, none)));
  }
  say($("log-note"), `The last ${count(wanted.length)} that match. All but hits are listed; of hits at most 100 a second, while a page is open.`);
}

function rowOf(of) {
  const kind = of.outcome === "failed" ? "t-bad" : COLOR_OF[of.outcome] === "c-refused" ? "t-warn" : COLOR_OF[of.outcome];
  const open = make("button", { class: "open", type: "button", "aria-expanded": "false", title: `Open ${of.id}` }, clock(of.time));
  const row = make("tr", { class: "one" },
    make("td", {}, open),
    make("td", { title: of.caller }, of.caller ?? "–"),
    make("td", { class: "mono", title: of.path }, make("span", { class: "m" }, of.method), short(of.path)),
    make("td", { class: of.status >= 500 ? "n t-bad" : "n" }, of.status ? String(of.status) : "–"),
    make("td", { class: `tag ${kind}` }, make("span", {}, of.outcome)),
    make("td", { class: "n dim" }, of.queue_ms >= 1 ? joined(took(of.queue_ms)) : ""),
    make("td", { class: "n" }, joined(took(of.duration_ms))));
  row.addEventListener("click", () => {
    const opens = !log.open.delete(of.number);
    if (opens) log.open.add(of.number);
    open.setAttribute("aria-expanded", String(opens));
    if (opens) row.after(moreOf(of));
    else row.nextSibling?.remove();
  });
  return row;
}

/** What all paths begin with says nothing. */
function short(path) {
  return path.replace(/^\/v1\/teams\//, "…/");
}

const opened = new WeakMap();

function moreOf(of) {
  if (opened.has(of)) return opened.get(of);
  const queue = of.queue_ms ?? 0;
  const upstream = of.upstream_ms ?? 0;
  const own = Math.max(of.duration_ms - queue - upstream, 0);
  const parts = [["here", own, "c-memory"], ["waited", queue, "c-refused"], ["upstream", upstream, "c-forward"]];
  const phases = make("div", { class: "phases", role: "img", "aria-label": parts.map(([name, ms]) => `${name} ${joined(took(ms))}`).join(", ") });
  for (const [name, ms, color] of parts.filter(([, ms]) => ms > 0)) {
    const phase = make("i", { class: color, title: `${name} ${joined(took(ms))}` }, make("b", {}, `${name} ${joined(took(ms))}`));
    phase.style.flexGrow = ms;
    phase.style.flexBasis = "0";
    phases.append(phase);
  }
  const cache = [of.cache, REASONS[of.cache_reason] ?? of.cache_reason, of.cache_age_ms === undefined ? "" : `${span(of.cache_age_ms / 1000)} old`];
  const facts = [
    ["path", of.path], ["request id", of.id], ["operation", of.operation], ["caller", of.caller], ["as", of.principal], ["allowed by", of.rule],
    ["cache", cache.filter(Boolean).join(": ")], ["error", of.error], ["upstream said", of.upstream_status], ["attempts", of.attempts],
    ["pages joined", of.pages], ["kept now", of.stored === undefined ? undefined : of.stored ? "yes" : "no"], ["size", bytes(of.bytes)],
  ];
  const list = facts.filter(([, value]) => value !== undefined && value !== "");
  const told = make("dl", {}, ...list.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
  const row = make("tr", { class: "more" }, make("td", { colspan: 7 }, phases, told));
  opened.set(of, row);
  return row;
}

/** The filters stand in the address, so that it can be sent to somebody. */
function keepFilters() {
  const said = new URLSearchParams();
  for (const { name, value } of $("filters").elements) if (name && value) said.set(name, value);
  history.replaceState(null, "", said.size ? `#${said}` : location.pathname + location.search);
}

function startRequests() {
  const form = $("filters");
  log.wanted = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  form.elements.path.value = log.wanted.path ?? "";
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    log.wanted = null;
    keepFilters();
    const { frozen } = log;
    log.frozen = false;
    showRequests();
    log.frozen = frozen;
  });
  $("freeze").addEventListener("click", (event) => {
    log.frozen = !log.frozen;
    event.currentTarget.setAttribute("aria-pressed", String(log.frozen));
    showRequests();
  });
}
