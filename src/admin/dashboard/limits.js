// The upstream's limits: a picture of each, who waits for them, and who spends them.

const CLASSES = ["interactive", "batch", "background"];
const DRAWN = [["left", "line c-memory"], ["from now on", "broken c-memory"], ["waiting", "c-refused"], ["taken by others", "c-other"], ["429", "up c-failed"]];
const cards = new Map();

/** In one or two words, how long a limit lasts. */
function verdictOf(bucket) {
  if (!bucket.limit) return ["none", "not known yet: the upstream tells with its first answer"];
  if (bucket.waiting && bucket.next_wait_seconds >= 1) return ["warn", `▲ spent: one more waits ${span(bucket.next_wait_seconds)}`];
  if (bucket.exhausted_in_seconds !== undefined) {
    const kind = bucket.exhausted_in_seconds < 900 ? "warn" : "good";
    return [kind, `${MARKS[kind]} empty in ${span(bucket.exhausted_in_seconds)} at this rate`];
  }
  return ["good", "● lasts for ever at this rate"];
}

class Bucket {
  constructor(place) {
    this.place = place;
    this.name = make("h2");
    this.verdict = make("p", { class: "verdict" });
    this.left = make("b", {}, "–");
    this.unit = make("i", {}, "left");
    this.facts = make("dl", { class: "facts" });
    const host = make("div", { class: "chart" });
    this.node = make("section", { class: "panel bucket" },
      make("header", {}, this.name, this.verdict,
        make("ul", { class: "legend" }, ...DRAWN.map(([word, kind]) => make("li", {}, make("span", { class: `key ${kind}` }), word)))),
      make("div", { class: "head" }, make("p", { class: "figure" }, this.left, this.unit), this.facts), host);
    this.empty = make("p", { class: "empty" }, "The limit is drawn once the upstream has told it.");
    host.append(this.empty);
    this.chart = new Chart(host, { foresees: true, paint: (at) => this.paint(at), told: (time) => this.told(time) });
  }

  show(bucket, now) {
    this.bucket = bucket;
    say(this.name, `Limit of ${bucket.team}/${bucket.principal}`);
    this.node.setAttribute("aria-label", this.name.textContent);
    const [kind, words] = verdictOf(bucket);
    this.verdict.className = `verdict ${kind}`;
    say(this.verdict, words);
    const known = bucket.limit > 0;
    this.empty.hidden = known;
    sayFigure(this.left, known ? percent(bucket.remaining / bucket.limit) : ["–", ""], `${bucket.remaining} of ${bucket.limit}`);
    say(this.unit, known ? `left: ${count(Math.floor(bucket.remaining))} of ${count(bucket.limit)}` : "left");
    this.tell([
      ["comes back", bucket.refill_per_second === undefined ? "–" : `${rate(bucket.refill_per_second)}/s`],
      ["goes", `${rate(bucket.spent_per_second)}/s`],
      ["under way", count(bucket.in_flight)],
      ["waiting", count(bucket.waiting)],
      ["429 so far", count(bucket.limited)],
    ]);
    this.chart.update(now);
  }

  tell(facts) {
    if (!this.facts.children.length) {
      this.facts.append(...facts.map(([name]) => make("div", {}, make("dt", {}, name), make("dd"))));
    }
    facts.forEach(([, value], place) => say(this.facts.children[place].lastChild, value));
  }

  points() {
    const { bucket, place } = this;
    const past = live.points.map((point) => ({ time: point.time, ...point.buckets[place] }));
    const known = past.filter((point) => point.remaining !== undefined && point.time > this.chart.from);
    return [...known, { time: this.chart.now, remaining: bucket.remaining, spent: 0, outside: 0, limited: 0, waiting: bucket.waiting }];
  }

  paint(at) {
    const { bucket } = this;
    if (!bucket?.limit) return;
    const share = (slots) => slots / bucket.limit;
    const points = this.points();
    at.rules([[0, "0"], [0.5, count(bucket.limit / 2)], [1, count(bucket.limit)]]);
    at.times();
    const waits = Math.max(10, ...points.map((point) => point.waiting));
    for (const point of points) {
      const width = Math.min(8, Math.max(1.5, at.x(5) - at.x(0) - 0.5));
      const bar = (part, from, kind) => at.add("rect", { class: kind, x: at.x(point.time) - width, width, y: at.y(from + part), height: at.y(from) - at.y(from + part) });
      if (point.waiting) bar((point.waiting / waits) * 0.3, 0, "waits");
      if (point.outside) bar(share(point.outside), 0, "outside");
      if (point.limited) {
        const x = at.x(point.time);
        at.add("path", { class: "tick", d: `M${x - 4} ${at.bottom}h8l-4 -8z` });
      }
    }
    const line = points.map((point) => [point.time, share(point.remaining)]);
    at.band(line, line.map(([time]) => [time, 0]), { class: "area soft c-memory" });
    at.add("path", { class: "curve c-memory", d: at.path(line) });
    if (bucket.reserved > 0) {
      const y = at.y(share(bucket.reserved));
      at.add("line", { class: "dash c-other", x1: at.left, x2: at.width - at.right, y1: y, y2: y });
      at.add("text", { x: at.left + 4, y: y - 4 }, `kept for others: ${count(bucket.reserved)}`);
    }
    this.foresee(at, share);
    say(at.summary, `${joined(percent(share(bucket.remaining)))} left; ${verdictOf(bucket)[1]}`);
  }

  /** Where it goes from here: down to nothing, or up until it is full. */
  foresee(at, share) {
    const { bucket } = this;
    const from = share(bucket.remaining);
    const goesDown = bucket.exhausted_in_seconds !== undefined;
    const ends = goesDown ? bucket.exhausted_in_seconds : this.full();
    if (ends === null) return;
    const target = goesDown ? share(bucket.reserved) : 1;
    const within = Math.min(ends, reach.future);
    const last = [at.now + within, from + (target - from) * (ends > 0 ? within / ends : 1)];
    const color = goesDown ? "c-refused" : "c-memory";
    const then = ends < reach.future && !goesDown ? [[at.now + reach.future, 1]] : [];
    at.add("path", { class: `${goesDown ? "dash" : "dots"} ${color}`, d: at.path([[at.now, from], last, ...then], Infinity) });
    if (goesDown && ends <= reach.future) {
      const [x, y] = [at.x(last[0]), at.y(last[1])];
      at.add("path", { class: "curve c-failed", d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` });
    }
  }

  /** When it is full at the present rate; `null` if it stays as it is. */
  full() {
    const { bucket } = this;
    const net = (bucket.refill_per_second ?? 0) - bucket.spent_per_second;
    const missing = bucket.limit - bucket.remaining;
    if (missing < 0.5) return 0;
    return net > 0 ? missing / net : null;
  }

  told(time) {
    if (!this.bucket?.limit) return null;
    const point = nearest(this.points(), time);
    return point && { time: point.time, pairs: [
      ["left", count(Math.floor(point.remaining)), "c-memory"], ["spent in 5 s", count(point.spent)],
      ...(point.outside ? [["others took", count(point.outside), "c-other"]] : []),
      ...(point.waiting ? [["waiting", count(point.waiting), "c-refused"]] : []),
      ...(point.limited ? [["429", count(point.limited), "c-failed"]] : []),
    ] };
  }
}

/** Fills `host` with bars; `none` is said if there are none. */
function bars(host, list, none) {
  const rows = list.map(({ name, value, share, color }) =>
    make("div", { class: "bar", title: name }, make("span", {}, name), make("em", {}, make("b", {}, value)), meter(share, color)));
  host.replaceChildren(...(rows.length ? rows : [make("p", { class: "none" }, none)]));
}

/** Adds up the shares of all limits. */
function spentBy(state, what) {
  const sums = new Map();
  for (const { spending } of state.buckets) {
    for (const { name, slots } of spending[what]) sums.set(name, (sums.get(name) ?? 0) + slots);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}

function showLimits(state) {
  const host = $("buckets");
  state.buckets.forEach((bucket, place) => {
    if (!cards.has(place)) {
      cards.set(place, new Bucket(place));
      host.append(cards.get(place).node);
    }
    cards.get(place).show(bucket, state.time);
  });

  const { queue } = state;
  sayFigure($("depth"), [count(queue.depth), ""]);
  say($("depth-unit"), queue.depth === 1 ? "request" : "requests");
  say($("longest"), queue.depth ? `longest ${span(queue.oldest_seconds)}` : "");
  const of = (word) => queue.callers.filter((line) => line.priority === word).reduce((sum, line) => sum + line.depth, 0);
  const bar = (name, depth, color) => ({ name, value: count(depth), share: queue.depth ? depth / queue.depth : 0, color });
  const callers = [...queue.callers].sort((a, b) => b.depth - a.depth).slice(0, 3);
  bars($("queue"), [...CLASSES.map((word) => bar(word, of(word), "c-refused")), ...callers.map((line) => bar(`↳ ${line.caller}`, line.depth, "c-other"))], "");

  const outside = state.buckets.reduce((sum, bucket) => sum + bucket.spending.outside, 0);
  const all = state.buckets.reduce((sum, bucket) => sum + bucket.spending.slots, 0);
  const part = (whole, color) => ([name, slots]) => ({ name, value: joined(percent(slots / whole)), share: slots / whole, color });
  const who = [...spentBy(state, "callers").slice(0, 4).map(part(all, "c-forward")), ...(outside ? [part(all, "c-other")(["others, past the gateway", outside])] : [])];
  bars($("spends"), who, "Nobody in the last five minutes.");
  bars($("onwhat"), spentBy(state, "operations").slice(0, 5).map(part(all - outside || 1, "c-forward")), "Nothing was asked upstream.");
  const over = Math.max(0, ...state.buckets.map((bucket) => bucket.spending.seconds));
  say($("spent-over"), all ? `${count(all)} calls in ${span(over)}` : "");
}
