"use strict";
// The data of the page, and every figure that is shown: all of them come from the tables of the run.
const data = JSON.parse(document.getElementById("data").textContent);
const WHOLE = data.districts.length; // the last row of the figures: all districts together
const SOURCES = data.kind === "agreement";
const LAST = SOURCES ? data.steps.length - 1 : data.steps.length; // positions of the slider: 0 to LAST
const SEVERAL = data.followed.length > 1;
const side_names = new Map(data.sides.map((side) => [side.id, side.name]));
const named = (side) => side_names.get(side) ?? side;
const called = (district) => (district === WHOLE ? "All districts" : data.labels[district]);

const state = { at: LAST, view: "change", side: data.followed[0], district: WHOLE };

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
function km2(value, signed = false) {
  if (value === null || value === undefined) return "–";
  const text = number(value, data.digits);
  if (!/[1-9]/.test(text)) return value ? text : "0";
  return (signed && value > 0 ? "+" : "") + text;
}
const percent = (value) => (value === null ? "–" : `${number(100 * value, 1)}%`);

// A column of one district: a value for each step, from the steps at which it changes.
const columns = new Map();
function column(name, district, side = state.side) {
  const key = `${name}\n${district}\n${side}`;
  if (columns.has(key)) return columns.get(key);
  const runs = data.figures[side][name]?.[district];
  const values = runs && new Array(data.steps.length);
  if (runs) for (let i = 0; i < runs.length; i += 2) values.fill(runs[i + 1], runs[i]);
  columns.set(key, values);
  return values;
}

// The steps that the figures sum up: from the first snapshot to the position of the slider, or the last step.
const span = (at = state.at) => (SOURCES ? [at, at + 1] : [state.view === "step" ? Math.max(at - 1, 0) : 0, at]);

function figure(name, district, at = state.at, side = state.side) {
  const values = column(`${name}_km2`, district, side);
  const [first, last] = span(at);
  if (SOURCES) return (column(`${name}_km2`, district, side) ?? column(name, district, side))[at];
  if (name === "before") return values[Math.min(first, values.length - 1)];
  if (name.endsWith("after")) return last ? values[last - 1] : column(`${name.replace("after", "before")}_km2`, district, side)[0];
  let sum = 0;
  for (let step = first; step < last; step++) sum += values[step];
  return sum;
}

// An interval of a single step: its ends, or why it is withheld; null where none is asked for.
function interval(name, district, at = state.at, side = state.side) {
  const [first, last] = span(at);
  const low = column(`${name}_low_km2`, district, side);
  if (!low || last - first !== 1) return null;
  const ends = [low[first], column(`${name}_high_km2`, district, side)[first]];
  const trust = column("trust", district, side)?.[first];
  if (ends[0] === null) return { why: data.withheld[trust] ?? "not known" };
  return { ends, unsure: trust === "no" ? data.withheld[trust] : "" };
}
function interval_text(found) {
  if (!found) return "";
  return found.why ? "withheld" : `${km2(found.ends[0])} to ${km2(found.ends[1])}${found.unsure ? " ~" : ""}`;
}

const date_at = (at) => (SOURCES ? data.steps[at].date_to : at ? data.steps[at - 1].date_to : data.steps[0].date_from);
// The day on the axis of time: where steps are months, the end of the month.
const end_at = (at) => (!SOURCES && at && data.steps[at - 1].period_end) || date_at(at);
const first_day = () => date_at(SOURCES ? state.at : span()[0]);
const share = (district) => figure("after", district) / column("district_km2", district)[0];
