// What is kept: searched by path, and dropped after asking once.

const WHY_NOT = {
  class: "its class is never kept", wish: "its caller wanted so", size: "too large", status: "answered with an error", no_store: "the upstream says no-store",
  vary: "depends on what no cache compares", generation: "a write touched it meanwhile", secret: "holds a secret", not_json: "not JSON",
  incomplete: "not whole", negative: "too many 404s are kept", share: "its principal has its share", variants: "too many forms of it are kept", personal: "about one caller only",
};
const kept = { drops: 0, part: "" };

function entryRow(of) {
  const fresh = of.is_touched ? ["t-warn", "touched by a write"] : of.fresh_seconds > 0
    ? ["t-good", `fresh ${span(of.fresh_seconds)}`]
    : of.usable_seconds > 0 ? ["c-other", `stale ${span(of.usable_seconds)}`] : ["c-other", "too old"];
  const drop = make("button", { type: "button", "aria-label": `Drop ${of.target}` }, "Drop");
  const path = of.target.split("?")[0];
  drop.addEventListener("click", () => purge(`Drop what is kept of ${path}, with every query?`, { path }));
  const status = of.status === 200 ? [] : [make("span", { class: "dim" }, ` ${of.status}`)];
  const about = [of.principal, ...of.headers, `${of.pages} ${of.pages === 1 ? "call" : "calls"} upstream`].join("\n");
  return make("tr", {},
    make("td", { class: "mono", title: about }, of.target, ...status),
    make("td", { class: "n", title: "age" }, span(of.age_seconds)),
    make("td", { class: `tag ${fresh[0]}` }, make("span", {}, fresh[1])),
    make("td", { class: "n" }, bytes(of.bytes)),
    make("td", { class: "n" }, drop));
}

async function searchCache() {
  const part = $("search").elements.path.value.trim();
  const answer = await fetch(`api/cache?limit=50&path=${encodeURIComponent(part)}`, { cache: "no-store" });
  if (!answer.ok) return;
  const told = await answer.json();
  const old = told.found - told.usable;
  say($("kept"), `${count(told.usable)} ${told.usable === 1 ? "answer" : "answers"}${part ? " found" : ""}${old ? `, and ${count(old)} that a write has touched` : ""}`);
  const none = part ? "Nothing kept has this in its path." : "Nothing is kept yet.";
  $("entries").replaceChildren(...(told.entries.length
    ? told.entries.map(entryRow)
    : [make("tr", {}, make("td", { class: "none", colspan: 5 }, none))]));
  const skipped = told.not_kept.map((of) => make("tr", {},
    make("td", { class: "mono" }, of.path), make("td", {}, WHY_NOT[of.reason] ?? of.reason), make("td", { class: "n dim" }, `${span(of.age_seconds)} ago`)));
  $("not-kept").replaceChildren(...(skipped.length
    ? [make("h3", {}, "Fetched lately and not kept"), make("table", {}, make("tbody", {}, ...skipped))]
    : []));
  // Below a path if one is named, else everything: anything in between could not be said in a word.
  const button = $("drop");
  const drops = told.would_drop ?? (part ? 0 : told.usable);
  button.disabled = drops === 0;
  say(button, told.would_drop === undefined ? (part ? "Drop: name a path" : `Drop all ${count(drops)}`) : `Drop ${count(drops)} below it`);
  Object.assign(kept, { part, drops });
}

/** Asks once, drops, and says what came of it. */
function purge(question, what) {
  const dialog = $("sure");
  say($("sure-what"), question);
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.onclose = async () => {
    if (dialog.returnValue !== "yes") return;
    const answer = await fetch("api/cache/purge", {
      method: "POST",
      headers: { "content-type": "application/json", "x-opagate-admin": "1" },
      body: JSON.stringify(what),
    });
    const told = await answer.json();
    const { dropped } = told;
    const words = answer.ok ? `${count(dropped)} ${dropped === 1 ? "answer" : "answers"} dropped at ${clock(Date.now() / 1000)}.` : told.message;
    say($("cache-note"), words);
    await searchCache();
  };
}

function startCache() {
  let timer = 0;
  const form = $("search");
  const later = () => { clearTimeout(timer); timer = setTimeout(searchCache, 250); };
  form.addEventListener("input", later);
  form.addEventListener("submit", (event) => { event.preventDefault(); searchCache(); });
  $("drop").addEventListener("click", () => {
    const answers = `${count(kept.drops)} kept ${kept.drops === 1 ? "answer" : "answers"}`;
    if (kept.part) purge(`Drop ${answers} at and below ${kept.part}?`, { prefix: kept.part.replace(/\/+$/, "") || "/" });
    else purge(`Drop all ${answers}?`, { all: true });
  });
}
