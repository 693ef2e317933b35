// The chart: over time where there are several steps, else by district. It moves with the slider, and the slider with it.
const chart = d3.select("#chart");
const SHORT = innerWidth < 600;

function draw_chart() {
  chart.selectAll("*").remove();
  const wide = chart.node().clientWidth;
  if (data.steps.length > 1) draw_time(wide);
  else draw_bars(wide);
}

const time_of = (at) => new Date(`${end_at(at)}T00:00:00Z`);
const positions = Array.from({ length: LAST + 1 }, (_, at) => at);

function axes(g, x, y, left, right, ticks) {
  g.append("g").attr("transform", `translate(${left},0)`).call(d3.axisLeft(y).ticks(ticks).tickSize(left - right).tickPadding(8)
    .tickFormat((value) => d3.format(",")(value).replace("-", "−")));
  g.append("line").attr("class", "zero").attr("x1", left).attr("x2", right).attr("y1", y(0)).attr("y2", y(0));
}

function draw_time(wide) {
  const left = 66, right = wide - (SEVERAL || SOURCES ? 12 : 16), high = SOURCES ? 230 : 190, low = SOURCES ? 0 : 120, gap = SOURCES ? 0 : 46;
  const total = high + gap + low + 34, svg_ = chart.append("svg").attr("width", wide).attr("height", total).attr("role", "img");
  const x = d3.scaleUtc([time_of(0), time_of(LAST)], [left, right]);
  const lines = SOURCES ? [{ side: state.side, values: positions.map((at) => figure("iou", state.district, at)) }]
    : data.followed.filter((side) => !SEVERAL || side === state.side || !["unknown", "contested"].includes(side))
      .map((side) => ({ side, values: net_since_first(state.district, side) }));
  const known = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const y = d3.scaleLinear(SOURCES ? [Math.min(...known, 1), Math.max(...known, 0)] : [Math.min(0, ...known), Math.max(0, ...known)], [high, 30]).nice(4);
  const upper = svg_.append("g");
  axes(upper, x, y, left, right, 4);
  if (SOURCES) upper.select(".zero").remove();
  const where = state.district === WHOLE ? "" : `, ${called(state.district)}`;
  const title = SOURCES ? "IoU: ground of both ÷ ground of either" : `Net change since ${day(date_at(0))}, km²`;
  svg_.append("text").attr("class", "title").attr("x", 0).attr("y", 14).text(title + where);
  for (const line of lines) {
    const colour = SEVERAL ? data.sides[side_number.get(line.side)].look[2] : null;
    const path = line.values.map((value, at) => (value === null ? "" : `${at && line.values[at - 1] !== null ? "L" : "M"}${x(time_of(at))},${y(value)}`)).join("");
    upper.append("path").attr("class", "line").attr("d", path).style("stroke", colour).style("stroke-width", SEVERAL && line.side === state.side ? 3.2 : 2);
  }
  if (SEVERAL) name_lines(svg_, lines, right);
  if (!SOURCES) draw_steps(svg_, x, left, right, high + gap, low);
  svg_.append("g").attr("transform", `translate(0,${total - 28})`).call(d3.axisBottom(x).ticks(SHORT ? 4 : 8).tickSizeOuter(0));
  const cursor = svg_.append("g"), at_x = x(time_of(state.at));
  cursor.append("line").attr("class", "cursor").attr("x1", at_x).attr("x2", at_x).attr("y1", 24).attr("y2", total - 28);
  const main = lines.find((line) => line.side === state.side), value = main?.values[state.at];
  if (value !== null && value !== undefined) cursor.append("circle").attr("class", "dot").attr("cx", at_x).attr("cy", y(value)).attr("r", 4.5);
  svg_.attr("aria-label", chart_words(main?.values));
  const move = (event) => {
    const date = x.invert(d3.pointer(event, svg_.node())[0]);
    const near = d3.minIndex(positions, (at) => Math.abs(time_of(at) - date));
    if (near !== state.at) go_to(near);
  };
  svg_.on("pointerdown", (event) => { dragging = true; move(event); }).on("pointermove", (event) => { if (dragging && event.buttons) move(event); });
}
let dragging = false;
addEventListener("pointerup", () => { dragging = false; });

function net_since_first(district, side) {
  let sum = 0;
  return [0, ...column("net_km2", district, side).map((value) => (sum += value))];
}
function name_lines(svg_, lines, right) {
  const row = svg_.append("g");
  let x = right;
  for (const line of [...lines].reverse()) {
    x -= named(line.side).length * 7 + 30;
    const look_ = data.sides[side_number.get(line.side)].look;
    row.append("line").attr("x1", x).attr("x2", x + 16).attr("y1", 10).attr("y2", 10).style("stroke", look_[2]).style("stroke-width", 3);
    row.append("text").attr("x", x + 20).attr("y", 14).text(named(line.side));
  }
  if (x < 260) row.attr("transform", `translate(${-Math.max(x, 0)},14)`);
}
function draw_steps(svg_, x, left, right, top, low) {
  const gained = column("gained_km2", state.district), lost = column("lost_km2", state.district);
  const y = d3.scaleLinear([-Math.max(...lost, 1e-9), Math.max(...gained, 1e-9)], [top + low, top + 8]).nice(3), g = svg_.append("g");
  axes(g, x, y, left, right, 3);
  svg_.append("text").attr("class", "title").attr("x", 0).attr("y", top - 12).text(`${named(state.side)}: gained (up) and lost (down) in each step, km²`);
  const bar = (values, sign) => values.map((value, step) => {
    const to = x(time_of(step + 1)), wide = Math.max(to - x(time_of(step)) - 1, 0.8);
    return value ? `M${to - wide},${y(0)}V${y(sign * value)}H${to}V${y(0)}Z` : "";
  }).join("");
  g.append("path").attr("class", "gained").attr("d", bar(gained, 1));
  g.append("path").attr("class", "lost").attr("d", bar(lost, -1));
  const doubts = data.steps.flatMap((step, place) => (step.suspect && state.district === WHOLE ? [place + 1] : []));
  g.selectAll(".doubt").data(doubts).join("path").attr("class", "doubt").attr("d", (at) => `M${x(time_of(at)) - 4},${top}h8l-4,7z`);
  if (doubts.length) svg_.append("text").attr("x", right).attr("y", top - 12).attr("text-anchor", "end").text(SHORT ? "▼ suspect" : "▼ suspect: perhaps a map drawn anew");
}
function chart_words(values) {
  if (!values) return "Chart";
  const last = values.findLast((value) => value !== null) ?? 0;
  return SOURCES ? `Line chart of the agreement on ${values.length} days, on the last ${number(last, 3)}.`
    : `Chart of ${data.steps.length} steps. Net change of ${named(state.side)} since ${day(date_at(0))}: ${km2(last, true)} km² on ${day(date_at(LAST))}. The slider of the map moves the line.`;
}

// Bars by district: what was gained to the right, lost to the left, and the interval of the net change.
function draw_bars(wide) {
  const [right_name, left_name] = SOURCES ? ["only_first", "only_second"] : ["gained", "lost"];
  const at = LAST, value = (name, district) => figure(name, district, at);
  const bound = (district) => { const found = SOURCES ? null : interval("net", district, at); return found?.ends ?? [0, 0]; };
  const all = data.districts.map((_, district) => district).filter((district) => value(right_name, district) || value(left_name, district) || bound(district)[1] - bound(district)[0] > 0.05);
  const rows = d3.sort(all, (district) => -(value(right_name, district) + value(left_name, district) + 1e-6 * (bound(district)[1] - bound(district)[0]))).slice(0, 20);
  const row = 26, left = Math.min(160, wide * 0.32), top = 50, total = top + rows.length * row + 8;
  const svg_ = chart.append("svg").attr("width", wide).attr("height", total).attr("role", "img");
  const ends = rows.flatMap((district) => [value(right_name, district), -value(left_name, district), ...bound(district)]);
  const x = d3.scaleLinear([Math.min(0, ...ends), Math.max(0, ...ends)], [left + 8, wide - 14]).nice(5);
  svg_.append("g").attr("transform", `translate(0,${top})`).call(d3.axisTop(x).ticks(SHORT ? 4 : 7).tickSize(-(total - top - 8)).tickFormat((tick) => d3.format(",")(tick).replace("-", "−")));
  svg_.append("line").attr("class", "zero").attr("x1", x(0)).attr("x2", x(0)).attr("y1", top).attr("y2", total - 8);
  const level = data.level ? `; line: ${number(100 * data.level, 0)}% interval of the net change (dashed: see the table’s ~)` : "";
  svg_.append("text").attr("class", "title").attr("x", 0).attr("y", 14).text(SOURCES ? `Only ${data.names[1]} (left), only ${data.names[0]} (right), km²` : `${named(state.side)}: lost (left) and gained (right), km²`);
  if (level && !SHORT) svg_.append("text").attr("x", wide).attr("y", 14).attr("text-anchor", "end").text(level.slice(2));
  rows.forEach((district, place) => {
    const middle = top + (place + 0.5) * row + 3, found = SOURCES ? null : interval("net", district, at);
    svg_.append("text").attr("class", "name").attr("x", left).attr("y", middle + 4).attr("text-anchor", "end").text(cut(called(district), left / 7));
    for (const [name, kind, sign] of [[right_name, "gained", 1], [left_name, "lost", -1]]) {
      const to = x(sign * value(name, district));
      svg_.append("rect").attr("class", kind).attr("x", Math.min(to, x(0))).attr("width", Math.abs(to - x(0))).attr("y", middle - 8).attr("height", 16);
    }
    if (found?.ends && found.ends[0] !== found.ends[1])
      svg_.append("path").attr("class", `whisker${found.unsure ? " unsure" : ""}`).attr("d", `M${x(found.ends[0])},${middle - 4}v8m0,-4H${x(found.ends[1])}m0,-4v8`);
    if (found?.ends || SOURCES) svg_.append("circle").attr("class", "dot").attr("cx", x(SOURCES ? 0 : figure("net", district, at))).attr("cy", middle).attr("r", SOURCES ? 0 : 3.5);
  });
  const words = rows.slice(0, 5).map((district) => `${called(district)} ${km2(value(right_name, district))} and ${km2(value(left_name, district))}`).join("; ");
  svg_.attr("aria-label", `Bar chart of ${rows.length} districts, km² ${SOURCES ? "only one source gives" : "gained and lost"}: ${words}. The table has all.`);
  if (!rows.length) chart.append("p").text(SOURCES ? "The sources agree everywhere." : "No ground changed hands.");
}
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
