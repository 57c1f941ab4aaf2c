// Asks the gateway once a second, in one request, and shows what it says.

/** Between two looks, and how long one may take, in milliseconds. */
const [PERIOD, PATIENCE] = [1000, 4000];
/** Points that are kept: a quarter of an hour. */
const POINTS = 180;
/** With more kept answers than that they are looked through only when somebody searches. */
const MANY = 20000;
const live = { points: [], outcomes: [], step: 5, point: 0, request: 0, started: 0, seen: 0, restarted: false, paused: false, timer: 0, round: 0 };

function take(state) {
  if (live.started && Math.abs(state.started - live.started) > 0.5) {
    // Another process: its numbers begin anew.
    Object.assign(live, { points: [], point: 0, request: 0, restarted: true });
    Object.assign(log, { all: [], rows: new Map(), open: new Set() });
    live.started = state.started;
    return false;
  }
  live.started = state.started;
  const { history, requests } = state;
  Object.assign(live, { outcomes: history.outcomes, step: history.step_seconds });
  live.points.push(...history.points);
  live.points.splice(0, live.points.length - POINTS);
  live.point = live.points.at(-1)?.number ?? 0;
  takeRequests(requests);
  live.request = requests.at(-1)?.number ?? live.request;
  return true;
}

async function look() {
  try {
    const query = `points=${live.point}&requests=${live.request}`;
    const answer = await fetch(`api/state?${query}`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const state = await answer.json();
    live.seen = performance.now();
    if (take(state)) show(state);
  } catch {
    showAbsence();
  }
}

function show(state) {
  document.body.classList.remove("stale");
  reachFor(state.uptime_seconds);
  showSummary(state);
  showLimits(state);
  showTokens(state);
  showOperations(state);
  showProcess(state);
  showRequests();
  // What changes seldom or costs more is asked for seldom.
  if (live.round % 30 === 0) showConfig().catch(showAbsence);
  const isCheap = state.cache.entries < MANY || live.round === 0;
  if (live.round % 5 === 0 && isCheap && !$("search").contains(document.activeElement)) searchCache().catch(showAbsence);
  live.round += 1;
  showPulse();
}

/** Says how old the figures are, where everybody looks. */
function showAbsence() {
  const ago = (performance.now() - live.seen) / 1000;
  if (live.seen && ago < 2.5) return;
  document.body.classList.toggle("stale", live.seen > 0);
  sayStatus("bad", live.seen ? `No contact. Last update ${span(Math.floor(ago))} ago` : "No contact with the gateway");
  showPulse();
}

function showPulse() {
  const pulse = $("pulse");
  const ago = (performance.now() - live.seen) / 1000;
  const absent = !live.seen || ago >= 2.5;
  pulse.classList.toggle("off", live.paused || absent);
  say(pulse, live.paused ? "paused" : absent ? "no contact" : "live");
}

async function loop() {
  clearTimeout(live.timer);
  if (live.paused || document.hidden) return;
  const since = performance.now();
  await look();
  live.timer = setTimeout(loop, Math.max(100, PERIOD - (performance.now() - since)));
}

function startTheme() {
  const root = document.documentElement;
  try {
    const kept = localStorage.getItem("theme");
    if (kept) root.dataset.theme = kept;
  } catch { /* A browser that keeps nothing shows what it prefers. */ }
  $("theme").addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* As above. */ }
  });
}

function start() {
  say($("where"), location.host);
  document.documentElement.classList.toggle("wall", new URLSearchParams(location.search).has("wall"));
  startTheme();
  startRequests();
  startCache();
  $("pause").addEventListener("click", (event) => {
    live.paused = !live.paused;
    event.currentTarget.setAttribute("aria-pressed", String(live.paused));
    showPulse();
    loop();
  });
  document.addEventListener("visibilitychange", loop);
  loop();
}

start();
