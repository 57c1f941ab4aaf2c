// What is said in one look: the state, requests, what was saved, how long it took.

const SAVED = [
  ["answers from memory", "hit", "c-memory"],
  ["whole lists from memory", "merged", "c-shared"],
  ["shared with another", "coalesced", "c-forward"],
  ["kept a little longer", "stale", "c-refused"],
];
const MARKS = { good: "●", warn: "▲", bad: "✕", none: "○" };

/** Says how things are, in the one place that is read aloud. */
function sayStatus(kind, words) {
  const node = $("status");
  node.className = `status ${kind}`;
  say(node.querySelector(".mark"), MARKS[kind] ?? MARKS.none);
  say(node.querySelector(".words"), words);
  document.title = kind === "good" ? "opagate" : `${MARKS[kind] ?? ""} ${words} – opagate`;
}

function showConditions(state) {
  const level = (of) => (of.level === "bad" ? "bad" : "warn");
  const [worst, ...others] = state.conditions;
  if (worst) sayStatus(level(worst), worst.text);
  else if (live.restarted && state.uptime_seconds < 60) {
    sayStatus("warn", `Ready. The gateway was restarted ${span(state.uptime_seconds)} ago: figures begin anew`);
  } else sayStatus("good", "Ready. Nothing needs you");
  const list = $("conditions");
  const said = others.map((of) => `${level(of)} ${of.text}`).join("\n");
  if (list.dataset.said === said) return;
  list.dataset.said = said;
  list.replaceChildren(...others.map((of) => make("li", { class: level(of) }, make("span", { "aria-hidden": "true" }, MARKS[level(of)]), of.text)));
}

/** Requests a second of each kind, in one point of the history; what the upstream failed at has failed. */
function kindsOf(point) {
  const of = (word) => point.outcomes[live.outcomes.indexOf(word)] ?? 0;
  const passedOn = Math.min(Math.max(point.failed - of("failed"), 0), of("forwarded"));
  const moved = { forwarded: -passedOn, failed: passedOn };
  return KINDS.map((kind) => kind.of.reduce((sum, word) => sum + of(word) + (moved[word] ?? 0), 0) / live.step);
}

const requestsChart = new Chart($("requests-chart"), {
  paint(at) {
    const points = live.points.filter((point) => point.time > at.from);
    const rates = points.map(kindsOf);
    const most = pleasant(Math.max(1, ...rates.map((all) => all.reduce((a, b) => a + b, 0))));
    at.rules([[0, "0"], [0.5, rate(most / 2).replace(".0", "")], [1, rate(most).replace(".0", "")]]);
    let below = points.map((point) => [point.time, 0]);
    KINDS.forEach((kind, place) => {
      const above = below.map(([time, share], n) => [time, share + rates[n][place] / most]);
      if (rates.some((all) => all[place] > 0)) {
        at.band(above, below, { class: `area ${kind.color}`, opacity: 0.85 });
      }
      below = above;
    });
    at.times();
    say(at.summary, `Requests by how they ended over a quarter of an hour; at most ${rate(most)} a second.`);
  },
  told(time) {
    const point = nearest(live.points, time);
    if (!point) return null;
    const rates = kindsOf(point);
    const shown = KINDS.map((kind, place) => [kind.name, `${rate(rates[place])}/s`, kind.color]);
    return { time: point.time, pairs: shown.filter((_, place) => rates[place] > 0).reverse() };
  },
});

const timesChart = new Chart($("times-chart"), {
  paint(at) {
    const points = live.points.filter((point) => point.time > at.from && point.p99_ms !== undefined);
    // From a tenth of a millisecond to a minute, each ten times as high.
    const share = (ms) => (Math.log10(Math.max(ms, 0.1)) + 1) / 5.8;
    at.rules([[share(1), "1 ms"], [share(1000), "1 s"]]);
    at.add("path", { class: "dots c-memory", d: at.path(points.map((point) => [point.time, share(point.p50_ms)])) });
    at.add("path", { class: "curve c-forward", d: at.path(points.map((point) => [point.time, share(point.p99_ms)])) });
    at.times();
    say(at.summary, "Half of the requests, and all but one of a hundred, over a quarter of an hour.");
  },
  told(time) {
    const point = nearest(live.points.filter((of) => of.p99_ms !== undefined), time);
    return point && { time: point.time, pairs: [["99 of 100", joined(took(point.p99_ms)), "c-forward"], ["half", joined(took(point.p50_ms)), "c-memory"]] };
  },
});

function showLegend() {
  const list = $("legend");
  if (!list.children.length) {
    list.append(...KINDS.map((kind) => make("li", {}, make("span", { class: `key ${kind.color}` }), kind.name, make("b"))));
  }
  const last = live.points.at(-1);
  const rates = last ? kindsOf(last) : KINDS.map(() => 0);
  rates.forEach((now, place) => say(list.children[place].lastChild, rate(now)));
}

function showSummary(state) {
  const { traffic } = state;
  showConditions(state);
  sayFigure($("rate"), [rate(traffic.requests_per_second), ""], `${traffic.requests_per_second} per second in the last ten seconds`);
  showLegend();
  requestsChart.update(state.time);

  sayFigure($("saved"), percent(traffic.saved_ratio), `${traffic.saved_ratio ?? "no"} of calls`);
  const { saved } = traffic;
  const bar = $("saved-bar");
  if (!bar.children.length) bar.append(...SAVED.map(([, , color]) => make("i", { class: color })));
  SAVED.forEach(([, name], place) => { bar.children[place].style.flexGrow = saved[name]; });
  pairs($("saved-how"), [
    ...SAVED.map(([words, name, color]) => [words, count(saved[name]), color]),
    ["calls saved since the start", count(saved.calls)],
    ["reads answered from memory", joined(percent(traffic.hit_ratio))],
  ]);

  sayFigure($("p99"), took(traffic.p99_ms), `${traffic.p99_ms ?? "no"} ms`);
  timesChart.update(state.time);
  pairs($("times"), [
    ["99 of 100", joined(took(traffic.p99_ms)), "c-forward"],
    ["half of them", joined(took(traffic.p50_ms)), "c-memory"],
    ["99 of 100, time spent here", joined(took(traffic.own_p99_ms))],
    ["failed", joined(percent(traffic.error_ratio))],
  ]);
}
