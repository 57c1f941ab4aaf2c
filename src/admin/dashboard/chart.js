// Pictures over time, drawn to the size that they have.

/** What is shown of the past and of the future, and between two words below, in seconds: a gateway that has just started
 * has little to show, and shows that in full. */
const REACHES = [[120, 60, 60], [300, 120, 60], [900, 300, 300]];
const reach = { past: 120, future: 60, step: 60 };

/** Takes the reach that holds so many seconds. */
function reachFor(seconds) {
  const [past, future, step] = REACHES.find(([past]) => seconds < past - 5) ?? REACHES.at(-1);
  Object.assign(reach, { past, future, step });
  for (const node of document.querySelectorAll(".reach")) say(node, `last ${past / 60} min`);
}

/** How requests end, put together to what people tell apart; drawn from below in this order. */
const KINDS = [
  { name: "from memory", color: "c-memory", of: ["hit", "stale"] },
  { name: "shared", color: "c-shared", of: ["coalesced"] },
  { name: "asked upstream", color: "c-forward", of: ["forwarded"] },
  { name: "refused", color: "c-refused", of: ["denied", "rejected", "limited"] },
  { name: "failed", color: "c-failed", of: ["failed"] },
  { name: "other", color: "c-other", of: ["local", "canceled"] },
];
const COLOR_OF = Object.fromEntries(KINDS.flatMap((kind) => kind.of.map((outcome) => [outcome, kind.color])));

/** A picture in `host`; `paint(at)` draws it anew, `told(time)` says what was at a time. */
class Chart {
  constructor(host, { foresees = false, paint, told }) {
    Object.assign(this, { host, foresees, paint, told, now: 0, right: 6 });
    this.svg = draw("svg", { "aria-hidden": "true" });
    this.layer = draw("g", {});
    this.cross = draw("line", { class: "cross", y1: 0 });
    this.svg.append(this.layer, this.cross);
    this.tip = make("div", { class: "tip" });
    this.summary = make("p", { class: "hidden" });
    host.append(this.svg, this.tip, this.summary);
    new ResizeObserver(() => this.redraw()).observe(host);
    host.addEventListener("pointermove", (event) => this.point(event.offsetX));
    host.addEventListener("pointerleave", () => host.classList.remove("over"));
  }

  /** The place of a time, and of a share of the height. */
  x(time) {
    return this.left + ((time - this.from) / (reach.past + this.future)) * (this.width - this.left - this.right);
  }

  /** The first time that is shown, and how much of what is to come. */
  get from() {
    return this.now - reach.past;
  }

  get future() {
    return this.foresees ? reach.future : 0;
  }

  y(share) {
    return this.bottom - Math.max(0, Math.min(1, share)) * (this.bottom - this.top);
  }

  redraw() {
    this.width = this.host.clientWidth;
    this.height = this.host.clientHeight;
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    [this.left, this.top, this.bottom] = [this.rem * 2.7, 6, this.height - this.rem * 1.15];
    if (this.width < 60 || this.bottom < 20 || !this.now) return;
    this.layer.replaceChildren();
    this.paint(this);
  }

  update(now) {
    this.now = now;
    this.redraw();
  }

  add(tag, attributes, text) {
    this.layer.append(draw(tag, attributes, text));
  }

  /** Lines across at these shares of the height, each with its word. */
  rules(marks) {
    for (const [share, word] of marks) {
      const y = this.y(share);
      this.add("line", { class: "rule", x1: this.left, x2: this.width - this.right, y1: y, y2: y });
      this.add("text", { x: this.left - 6, y: y + 3.5, "text-anchor": "end" }, word);
    }
  }

  /** Words below: minutes ago, now, and minutes to come. */
  times() {
    const { past } = reach;
    let { step } = reach;
    while ((this.width - this.left) * (step / (past + this.future)) < this.rem * 4.4 && step < past) step *= 2;
    for (let ago = Math.max(step, Math.floor(past / step) * step); ago >= -this.future; ago -= step) {
      const x = this.x(this.now - ago);
      const word = ago === 0 ? "now" : ago > 0 ? `−${ago / 60} min` : `+${-ago / 60} min`;
      const anchor = ago === past ? "start" : ago === -this.future && ago <= 0 ? "end" : "middle";
      this.add("text", { x, y: this.height - 2, "text-anchor": anchor }, word);
    }
    if (this.future) {
      const x = this.x(this.now);
      this.add("line", { class: "now", x1: x, x2: x, y1: this.top, y2: this.bottom });
    }
  }

  /** A path through points `[time, share]`, broken where two are further apart than `gap`. */
  path(points, gap = 12) {
    let last = 0;
    return points.map(([time, share], place) => {
      const move = place === 0 || time - last > gap ? "M" : "L";
      last = time;
      return `${move}${this.x(time).toFixed(1)} ${this.y(share).toFixed(1)}`;
    }).join("");
  }

  /** The area between an upper and a lower line with the same times. */
  band(upper, lower, attributes) {
    if (!upper.length) return;
    const back = [...lower].reverse();
    const down = back.map(([time, share]) => `L${this.x(time).toFixed(1)} ${this.y(share).toFixed(1)}`);
    this.add("path", { d: this.path(upper, Infinity) + down.join("") + "Z", ...attributes });
  }

  /** Shows what was at the pointer's place. */
  point(at) {
    const time = this.from + ((at - this.left) / (this.width - this.left - this.right)) * (reach.past + this.future);
    const told = this.now && this.told(time);
    this.host.classList.toggle("over", Boolean(told));
    if (!told) return;
    const x = this.x(told.time);
    for (const [name, value] of [["x1", x], ["x2", x], ["y2", this.bottom]]) this.cross.setAttribute(name, value);
    const list = make("dl");
    pairs(list, [["at", clock(told.time)], ...told.pairs]);
    this.tip.replaceChildren(list);
    const room = this.tip.offsetWidth + 12;
    this.tip.style.left = `${x + room > this.width ? x - room : x + 10}px`;
  }
}

/** The smallest pleasant number that is no smaller. */
function pleasant(most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 0.001)));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((by) => by * power).find((number) => number >= most * 0.9999);
}

/** The point nearest to `time`, if there is one near. */
function nearest(points, time) {
  let best = null;
  for (const point of points) {
    if (!best || Math.abs(point.time - time) < Math.abs(best.time - time)) best = point;
  }
  return best && Math.abs(best.time - time) < 30 ? best : null;
}
