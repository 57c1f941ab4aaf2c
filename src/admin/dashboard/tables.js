// Tables that are told anew as a whole: tokens, operations, and what the gateway runs on.

/** Names that say little by themselves. */
const UNNAMED = { none: "(not understood)", other: "(other paths)", vault: "(vault)", origin: "(other origins)" };

/** Replaces the rows of a table, keeping those that say the same. */
function rows(body, list, none, columns) {
  if (!list.length) {
    body.replaceChildren(make("tr", {}, make("td", { class: "none", colspan: columns }, none)));
    return;
  }
  list.forEach((cells, place) => {
    const row = body.children[place] ?? body.appendChild(make("tr"));
    const said = cells.map((cell) => (typeof cell === "string" ? cell : `${cell.text}|${cell.class ?? ""}`)).join("\t");
    if (row.dataset.said === said) return;
    row.dataset.said = said;
    row.className = cells[0].row ?? "";
    row.replaceChildren(...cells.map((cell) => (typeof cell === "string"
      ? make("td", {}, cell)
      : make("td", { class: cell.class, colspan: cell.wide, title: cell.title }, cell.text))));
  });
  while (body.children.length > list.length) body.lastChild.remove();
}

function showTokens(state) {
  const list = state.principals.flatMap((of) => {
    const name = `${of.team}/${of.principal}`;
    const ends = of.token_held ? span(of.token_expires_in_seconds) : "–";
    const failing = of.consecutive_failures > 0;
    const [kind, word] = of.token_held ? (failing ? ["t-warn", "not renewed"] : ["t-good", "good"]) : failing ? ["t-bad", "none"] : ["c-other", "not yet"];
    const row = [name, { text: word, class: `tag ${kind}` }, { text: ends, class: "n", title: `minted ${span(of.token_age_seconds ?? 0)} ago` }];
    if (!failing) return [row];
    const next = of.next_try_in_seconds === undefined ? "" : `; next try in ${span(of.next_try_in_seconds)}`;
    return [row, [{ text: `${of.last_error ?? "no answer"}${next}`, wide: 3, row: "why" }]];
  });
  rows($("tokens"), list, "No principal is configured.", 3);
}

function showOperations(state) {
  const red = (number) => ({ text: number ? `✕ ${count(number)}` : "0", class: number ? "n t-bad" : "n dim" });
  const list = state.operations.slice(0, 40).map((of) => [
    { text: UNNAMED[of.operation] ?? of.operation, class: "mono" },
    { text: rate(of.requests_per_second), class: "n", title: `${count(of.requests)} requests` },
    red(of.failed),
    { text: count(of.refused), class: of.refused ? "n t-warn" : "n dim" },
    { text: joined(took(of.mean_ms)), class: "n" },
  ]);
  rows($("operations"), list, "No request in the last five minutes.", 5);
}

function showProcess(state) {
  say($("version"), `opagate ${state.version}`);
  const { cache } = state;
  pairs($("process"), [
    ["up", span(state.uptime_seconds)],
    ["started", clock(state.started)],
    ["kept answers", count(cache.entries)],
    ["they take", `${bytes(cache.bytes)} of ${bytes(cache.capacity_bytes)}`],
    ["under way", count(state.inflight_requests)],
    ["answered", count(state.traffic.answered)],
  ]);
}

/** The configuration, its tables and keys told apart. */
async function showConfig() {
  const answer = await fetch("api/config", { cache: "no-store" });
  if (!answer.ok) return;
  const { toml } = await answer.json();
  const host = $("config");
  if (host.dataset.said === toml) return;
  host.dataset.said = toml;
  host.replaceChildren(...toml.trim().split("\n").flatMap((line) => {
    if (/^\[.*\]$/.test(line)) return [make("span", { class: "t" }, line), "\n"];
    const [, key, value] = /^([a-z_0-9]+)( = .*)$/.exec(line) ?? [];
    return key ? [make("span", { class: "k" }, key), value, "\n"] : [line, "\n"];
  }));
}
