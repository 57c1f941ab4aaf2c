// How figures are said, and the few ways in which the page is changed: always by text, never by markup.

const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);

/** Sets the text of `node`, if it is another. */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets a big number and its unit. */
function sayFigure(node, [number, unit], exact) {
  const said = unit ? `${number} ${unit}` : number;
  if (node.dataset.said === said) return;
  node.dataset.said = said;
  node.title = exact ?? "";
  node.replaceChildren(number, ...(unit ? [make("small", {}, unit)] : []));
}

/** Makes an element; `class` and attributes by name, children are nodes or texts. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** The same for a part of a picture. */
function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** A bar that fills `share` of its place. */
function meter(share, color) {
  const fill = make("b");
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return make("i", { class: color, "aria-hidden": "true" }, fill);
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const digits = (value, places) => value.toFixed(places);

/** A count: 10 000, written with a thin space. */
const count = (value) => grouped.format(Math.round(value)).replaceAll(",", " ");

/** A rate: more digits the smaller it is. */
function rate(value) {
  if (value >= 99.95) return count(value);
  return digits(value, value > 0 && value < 0.095 ? 2 : 1);
}

/** A share of one, with its unit apart. */
function percent(share) {
  if (share === undefined || share === null) return ["–", ""];
  const value = share * 100;
  const places = value > 0 && value < 0.995 ? 1 : value > 99 && value < 100 ? 1 : 0;
  return [digits(value, places), "%"];
}

/** A time in seconds, as people say it. */
function span(seconds) {
  if (seconds < 0.0005) return "0 s";
  if (seconds < 1) return `${digits(seconds * 1000, 0)} ms`;
  if (seconds < 9.95) return `${digits(seconds, 1)} s`;
  if (seconds < 120) return `${digits(seconds, 0)} s`;
  if (seconds < 7200) return `${digits(Math.floor(seconds / 60), 0)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

/** A time in milliseconds, number and unit apart. */
function took(ms) {
  if (ms === undefined || ms === null) return ["–", ""];
  if (ms < 0.995) return [digits(ms, 2), "ms"];
  if (ms < 9.95) return [digits(ms, 1), "ms"];
  if (ms < 999.5) return [digits(ms, 0), "ms"];
  return [digits(ms / 1000, ms < 9950 ? 1 : 0), "s"];
}

/** Bytes, in the unit that leaves few digits. */
function bytes(value) {
  for (const unit of ["B", "KB", "MB", "GB"]) {
    if (value < 999.5 || unit === "GB") return `${digits(value, value < 9.95 && unit !== "B" ? 1 : 0)} ${unit}`;
    value /= 1000;
  }
  return "";
}

/** The time of day of a moment in seconds since 1970. */
function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}

const joined = (pair) => pair.filter(Boolean).join(" ");

/** Fills a list of pairs, making nothing anew but what has changed in number. */
function pairs(list, all) {
  while (list.children.length > all.length * 2) list.lastChild.remove();
  while (list.children.length < all.length * 2) list.append(make("dt"), make("dd"));
  all.forEach(([name, value, color], place) => {
    const [term, told] = [list.children[place * 2], list.children[place * 2 + 1]];
    const wanted = name + (color ?? "");
    if (term.dataset.of !== wanted) {
      term.dataset.of = wanted;
      term.replaceChildren(...(color ? [make("span", { class: `key ${color}` })] : []), name);
    }
    say(told, value);
  });
}
