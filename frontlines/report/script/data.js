"use strict";
// The data of the page, and every figure that is shown: all of them come from the tables of the run.
const data = JSON.parse(document.getElementById("data").textContent);
const WHOLE = data.districts.length; // the last row of the figures: all districts together
const SOURCES = data.kind === "agreement";
const LAST = SOURCES ? data.steps.length - 1 : data.steps.length; // positions of the slider: 0 to LAST
const SEVERAL = data.followed.length > 1;
const side_names = new Map(data.sides.map((side) => [side.id, side.name]));
const named = (side) => side_names.get(side) ?? side;
const NOT_A_SIDE = ["unknown", "contested"];
const side_number = new Map(data.sides.map((side, place) => [side.id, place]));
const UNIT = data.unit.name, in_unit = (value) => (value === null ? null : value / data.unit.km2);
const called = (district) => (district === WHOLE ? "All districts" : data.labels[district]);

// Of several sides the page opens on the one with the most change.
const followed_moved = (side) => d3.sum(["gained", "lost"], (name) => summed(runs_of(`${name}_km2`, WHOLE, side), 0, LAST));
const somebody = data.followed.filter((side) => !NOT_A_SIDE.includes(side));
const state = { at: LAST, view: "change", side: SEVERAL ? d3.sort(somebody, (side) => -followed_moved(side))[0] ?? data.followed[0] : data.followed[0], district: WHOLE };

const MONTHS = "January February March April May June July August September October November December".split(" ");
function day(date) {
  const [year, month, number] = date.split("-").map(Number);
  return `${number} ${MONTHS[month - 1]} ${year}`;
}
const formats = new Map();
function number(value, digits) {
  if (!formats.has(digits)) formats.set(digits, new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const text = formats.get(digits).format(Math.abs(value));
  return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
}
function area(value, signed = false) {
  if (value === null || value === undefined) return "–";
  const text = number(in_unit(value), data.unit.digits);
  if (!/[1-9]/.test(text)) return "0";
  return (signed && value > 0 ? "+" : "") + text;
}
// One that is not 1 is not rounded to 1.
const measure = (value) => (value === null ? "–" : number(value === 1 ? 1 : value < 1 ? Math.min(value, 0.999) : Math.max(value, 1.001), 3));
const percent = (value) => (value === null ? "–" : `${number(100 * value, 1)}%`);

// A column of one district: a step, the value from there on, the next step at which it changes, and so on.
function runs_of(name, district, side = state.side) {
  return data.figures[side][name]?.[district];
}
function value_at(runs, step) {
  let last = runs.length - 2;
  while (runs[last] > step) last -= 2;
  return runs[last + 1];
}
function summed(runs, first, last) {
  let sum = 0;
  for (let i = 0; i < runs.length; i += 2) sum += runs[i + 1] * Math.max(Math.min(runs[i + 2] ?? last, last) - Math.max(runs[i], first), 0);
  return sum;
}
const column = (name, district, side = state.side) => data.steps.map((_, step) => value_at(runs_of(name, district, side), step));

// The steps that the figures sum up: from the first snapshot to the position of the slider, or the last step.
const span = (at = state.at) => (SOURCES ? [at, at + 1] : [state.view === "step" ? Math.max(at - 1, 0) : 0, at]);

function figure(name, district, at = state.at, side = state.side) {
  const runs = runs_of(`${name}_km2`, district, side), [first, last] = span(at);
  if (SOURCES) return value_at(runs ?? runs_of(name, district, side), at);
  if (name === "before") return value_at(runs, first);
  if (name.endsWith("after")) return last ? value_at(runs, last - 1) : value_at(runs_of(`${name.replace("after", "before")}_km2`, district, side), 0);
  return summed(runs, first, last);
}

// An interval of a single step: its ends, or why it is withheld; null where none is asked for.
function interval(name, district, at = state.at, side = state.side) {
  const [first, last] = span(at);
  const [low, high, trusts] = [`${name}_low_km2`, `${name}_high_km2`, "trust"].map((key) => runs_of(key, district, side));
  if (!low || last - first !== 1) return null;
  const ends = [value_at(low, first), value_at(high, first)], trust = trusts && value_at(trusts, first);
  if (ends[0] === null) return { why: data.withheld[trust] ?? "not known" };
  return { ends, unsure: trust === "no" ? data.withheld[trust] : "" };
}
function interval_text(found) {
  if (!found) return "";
  return found.why ? "withheld" : `${area(found.ends[0])} to ${area(found.ends[1])}${found.unsure ? " ~" : ""}`;
}

const date_at = (at) => (SOURCES ? data.steps[at].date_to : at ? data.steps[at - 1].date_to : data.steps[0].date_from);
const first_day = () => date_at(SOURCES ? state.at : span()[0]);
const share = (district) => figure("after", district) / runs_of("district_km2", district)[1];
