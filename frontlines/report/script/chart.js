// The chart: over time where there are several steps, else by district. It moves with the slider, and the slider with it.
const chart = d3.select("#chart");

let drawn_chart = "", place_cursor = () => {};
function draw_chart() {
  const wide = chart.node().clientWidth, key = [wide, state.side, state.district].join();
  if (key !== drawn_chart) {
    drawn_chart = key;
    chart.selectAll("*").remove();
    (data.steps.length > 1 ? draw_time : draw_bars)(wide);
  }
  place_cursor();
}

const time_of = (at) => new Date(`${date_at(at)}T00:00:00Z`);
const positions = Array.from({ length: LAST + 1 }, (_, at) => at);

const tick = (value) => d3.format(",")(value).replace("-", "−");
function axes(g, x, y, left, right, ticks, unsigned = false) {
  g.append("g").attr("transform", `translate(${left},0)`).call(d3.axisLeft(y).ticks(ticks).tickSize(left - right).tickPadding(8)
    .tickFormat((value) => tick(unsigned ? Math.abs(value) : value)));
  g.append("line").attr("class", "zero").attr("x1", left).attr("x2", right).attr("y1", y(0)).attr("y2", y(0));
}

// Days, months or years along the foot, as many as there is room for, in the words of the printed charts; the year stands under the first and where it changes.
const LABEL_PX = 52;
function draw_days(g, x) {
  const most = Math.max(2, (x.range()[1] - x.range()[0]) / LABEL_PX), [first, last] = x.domain(), year = (date) => date.getUTCFullYear();
  const decades = [10, 20, 50, 100, 200, 500].map((every) => d3.utcYear.every(every));
  const kinds = [...[1, 2, 5, 10].map((every) => d3.utcDay.filter((date) => (date.getUTCDate() - 1) % every === 0 && (every === 1 || date.getUTCDate() < 30))),
    ...[1, 2, 3, 6].map((every) => d3.utcMonth.every(every)), ...[1, 2, 5].map((every) => d3.utcYear.every(every)), ...decades];
  const place = Math.max(kinds.findIndex((kind) => kind.range(first, +last + 1).length <= most), 0), marks = kinds[place].range(first, +last + 1);
  g.call(d3.axisBottom(x).tickValues(marks).tickSizeOuter(0).tickFormat((date) => {
    const month = MONTHS[date.getUTCMonth()].slice(0, 3);
    return place < 4 ? `${date.getUTCDate()} ${month}` : place < 8 ? month : year(date);
  }));
  if (place < 8)
    g.selectAll(".tick text").filter((date, at) => !at || year(marks[at - 1]) !== year(date)).append("tspan").attr("x", 0).attr("dy", "1.15em").text(year);
}

function draw_time(wide) {
  const left = 66, right = wide - (SEVERAL ? 110 : 16), high = SOURCES ? 230 : 190, low = SOURCES ? 0 : 120, gap = SOURCES ? 0 : 46;
  const total = high + gap + low + 48, svg_ = chart.append("svg").attr("width", wide).attr("height", total).attr("viewBox", [0, 0, wide, total]).attr("role", "img");
  const x = d3.scaleUtc([time_of(0), time_of(LAST)], [left, right]);
  const lines = data.followed.filter((side) => side === state.side || !NOT_A_SIDE.includes(side))
    .map((side) => ({ side, values: SOURCES ? positions.map((at) => figure("iou", state.district, at)) : net_since_first(state.district, side) }));
  const known = lines.flatMap((line) => line.values).filter((value) => value !== null);
  const ends = SOURCES ? [Math.min(...known, 1), Math.max(...known, 0)] : [Math.min(0, ...known), Math.max(0, ...known)];
  const y = d3.scaleLinear(ends[0] === ends[1] ? [ends[0], ends[0] + 1] : ends, [high, 30]).nice(4), upper = svg_.append("g");
  axes(upper, x, y, left, right, 4);
  if (SOURCES) upper.select(".zero").remove();
  const title = SOURCES ? "IoU: ground of both ÷ ground of either" : `Net change since ${day(date_at(0))}, ${UNIT}`;
  svg_.append("text").attr("class", "title").attr("x", 0).attr("y", 14).text(title + (state.district === WHOLE ? "" : `, ${called(state.district)}`));
  for (const line of lines) {
    const path = line.values.map((value, at) => (value === null ? "" : `${at && line.values[at - 1] !== null ? "L" : "M"}${x(time_of(at))},${y(value)}`)).join("");
    const wide_ = SEVERAL && line.side === state.side ? 4.4 : 2.4;
    if (SEVERAL) upper.append("path").attr("class", "line casing").attr("d", path).style("stroke-width", wide_ + 1.6);
    upper.append("path").attr("class", "line").attr("d", path).style("stroke", SEVERAL ? line_colour(line.side) : null).style("stroke-width", wide_);
  }
  if (SEVERAL) name_lines(svg_, lines, y, right);
  if (!SOURCES) draw_steps(svg_, x, left, right, high + gap, low);
  svg_.append("g").attr("transform", `translate(0,${total - 42})`).call(draw_days, x);
  const line = svg_.append("line").attr("class", "cursor").attr("y1", 24).attr("y2", total - 42), dot = svg_.append("circle").attr("class", "dot").attr("r", 4.5);
  const main = lines.find((one) => one.side === state.side).values;
  place_cursor = () => {
    const at_x = x(time_of(state.at)), value = main[state.at];
    line.attr("x1", at_x).attr("x2", at_x);
    dot.attr("cx", at_x).attr("cy", y(value ?? 0)).style("display", value === null ? "none" : "");
  };
  svg_.attr("aria-label", chart_words(main));
  const move = (event) => {
    const date = x.invert(d3.pointer(event, svg_.node())[0]);
    const near = d3.minIndex(positions, (at) => Math.abs(time_of(at) - date));
    if (near !== state.at) go_to(near);
  };
  svg_.on("pointerdown", (event) => { dragging = true; move(event); }).on("pointermove", (event) => { if (dragging && event.buttons) move(event); });
}
const line_colour = (side) => data.looks[`line-${side_number.get(side)}`][0];
const lost_look = (side) => `lost-${data.others[side] ?? UNKNOWN}`;
const lost_words = (side) => (data.others[side] === null ? "" : `; what it lost is in the colour of ${side_called(data.others[side])}`);
let dragging = false;
addEventListener("pointerup", () => { dragging = false; });

function net_since_first(district, side) {
  let sum = 0;
  return [0, ...column("net_km2", district, side).map((value) => (sum += in_unit(value)))];
}
function name_lines(svg_, lines, y, right) {
  let free = 0; // each name stands beside the end of its line, or below the one before
  for (const line of d3.sort(lines, (one) => -one.values.at(-1))) {
    free = Math.max(free + 14, y(line.values.at(-1)) + 4);
    svg_.append("rect").attr("class", "mark").attr("x", right + 6).attr("y", free - 9).attr("width", 10).attr("height", 9).attr("fill", line_colour(line.side));
    svg_.append("text").attr("class", "name").attr("x", right + 20).attr("y", free).text(cut(named(line.side), 12));
  }
}
function draw_steps(svg_, x, left, right, top, low) {
  const [gained, lost] = ["gained_km2", "lost_km2"].map((name) => column(name, state.district).map(in_unit));
  const slot = (right - left) / data.steps.length, foot = slot > VALUE_PX ? 14 : 0;
  const y = d3.scaleLinear([-Math.max(...lost, 1e-9), Math.max(...gained, 1e-9)], [top + low - foot, top + 8 + foot / 2]), g = svg_.append("g");
  axes(g, x, y, left, right, 3, true);
  svg_.append("text").attr("class", "title").attr("x", 0).attr("y", top - 12).text(`${cut(named(state.side), right / 22)}: gained (up), lost (down)${right < 600 ? "" : " in each step"}, ${UNIT}${right < 900 || !d3.sum(lost) ? "" : lost_words(state.side)}`);
  const bar = (values, sign) => values.map((value, step) => {
    const to = x(time_of(step + 1)), wide = Math.max(to - x(time_of(step)) - 1, 0.8);
    return value ? `M${to - wide},${y(0)}V${y(sign * value)}H${to}V${y(0)}Z` : "";
  }).join("");
  for (const [kind, look, values, sign] of [["gained", `gained-${side_number.get(state.side)}`, gained, 1], ["lost", lost_look(state.side), lost, -1]])
    bars(g, look, slot > HATCHED).append("path").attr("class", kind).attr("d", bar(values, sign));
  const step_px = (step) => x(time_of(step + 1)) - x(time_of(step));
  if (foot) [[gained, 1], [lost, -1]].forEach(([values, sign]) => values.forEach((value, step) => {
    if (value && step_px(step) > VALUE_PX) write_value(g, area(value * data.unit.km2), x(time_of(step + 1)) - step_px(step) / 2, y(sign * value) + (sign > 0 ? -3 : 12), "middle");
  }));
  const doubts = data.steps.flatMap((step, place) => (step.suspect && state.district === WHOLE ? [place + 1] : []));
  g.selectAll(".doubt").data(doubts).join("path").attr("class", "doubt").attr("d", (at) => `M${x(time_of(at)) - 4},${top}h8l-4,7z`);
  if (doubts.length) svg_.append("text").attr("x", right).attr("y", right < 600 ? 14 : top - 12).attr("text-anchor", "end").text(right < 600 ? "▼ suspect" : "▼ suspect: perhaps a map drawn anew");
}
const HATCHED = 12; // bars that are narrower [px] have no hatch
const VALUE_PX = 44; // and those of steps no number
const write_value = (g, text, x, y, anchor) => g.append("text").attr("class", "value").attr("x", x).attr("y", y).attr("text-anchor", anchor).text(text);
function bars(g, look, hatched = true) {
  if (hatched) pattern(g, `chart-${look}`, data.looks[look]);
  return g.append("g").attr("class", "bars").attr("fill", hatched ? fill_of(look, "chart") : data.looks[look][0]);
}
function chart_words(values) {
  if (!values) return "Chart";
  const last = values.findLast((value) => value !== null) ?? 0;
  return SOURCES ? `Line chart of the agreement on ${values.length} days, on the last ${measure(last)}.`
    : `Chart of ${data.steps.length} steps. Net change of ${named(state.side)} since ${day(date_at(0))}: ${area(last * data.unit.km2, true)} ${UNIT} on ${day(date_at(LAST))}. The slider of the map moves the line.`;
}

// Bars by district: what was gained to the right, lost to the left, and the interval of the net change.
function draw_bars(wide) {
  const [right_name, left_name] = SOURCES ? ["only_first", "only_second"] : ["gained", "lost"];
  const at = LAST, value = (name, district) => in_unit(figure(name, district, at));
  const bound = (district) => { const found = SOURCES ? null : interval("net", district, at); return (found?.ends ?? [0, 0]).map(in_unit); };
  const all = data.districts.map((_, district) => district).filter((district) => [right_name, left_name].some((name) => area(figure(name, district, at)) !== "0") || bound(district)[1] - bound(district)[0] > 0.5 * 10 ** -data.unit.digits);
  const rows = d3.sort(all, (district) => -(value(right_name, district) + value(left_name, district) + 1e-6 * (bound(district)[1] - bound(district)[0]))).slice(0, 20);
  if (!rows.length) return chart.append("p").text(SOURCES ? "The sources agree everywhere." : "No ground changed hands.");
  const narrow = wide < 800, row = 26, left = Math.min(180, wide * 0.4), top = narrow && INTERVALS ? 66 : 50, total = top + rows.length * row + 8;
  const svg_ = chart.append("svg").attr("width", wide).attr("height", total).attr("viewBox", [0, 0, wide, total]).attr("role", "img");
  const told = (name, district) => area(figure(name, district, at)), text_px = (text) => 7 * text.length + 8;
  const room = Math.max(...rows.flatMap((district) => [right_name, left_name].map((name) => text_px(told(name, district)))));
  const ends = rows.flatMap((district) => [value(right_name, district), -value(left_name, district), ...bound(district)]);
  const x = d3.scaleLinear([Math.min(0, ...ends), Math.max(0, ...ends)], [left + 8 + (rows.some((district) => value(left_name, district)) ? room : 0), wide - Math.max(room, 24)]);
  svg_.append("g").attr("transform", `translate(0,${top})`).call(d3.axisTop(x).ticks(Math.min((wide - left) / 80, 7)).tickSize(-(total - top - 8)).tickFormat(tick));
  svg_.append("line").attr("class", "zero").attr("x1", x(0)).attr("x2", x(0)).attr("y1", top).attr("y2", total - 8);
    svg_.append("text").attr("class", "title").attr("x", 0).attr("y", 14).text(SOURCES ? `Only ${cut(data.names[1], wide / 26)} (left), only ${cut(data.names[0], wide / 26)} (right), ${UNIT}` : `${cut(named(state.side), wide / 20)}: lost (left) and gained (right), ${UNIT}${wide < 1000 || !rows.some((district) => value(left_name, district)) ? "" : lost_words(state.side)}`);
  const ways = SOURCES ? ["first", "second"] : [`gained-${side_number.get(state.side)}`, lost_look(state.side)];
  const drawn = [[right_name, "gained", 1], [left_name, "lost", -1]].map(([name, kind, sign], way) => ({ name, kind, sign, g: bars(svg_, ways[way]) }));
  const dashed = rows.some((district) => interval("net", district, at)?.unsure) ? " (dashed: see ~ below)" : "";
  if (INTERVALS) svg_.append("text").attr("x", narrow ? 0 : wide).attr("y", narrow ? 32 : 14).attr("text-anchor", narrow ? "start" : "end").text(`line: ${LEVEL} interval of the net change${dashed}`);
  rows.forEach((district, place) => {
    const middle = top + (place + 0.5) * row + 3, found = SOURCES ? null : interval("net", district, at);
    svg_.append("text").attr("class", "name").attr("x", left).attr("y", middle + 4).attr("text-anchor", "end").text(cut(called(district), left / 7));
    for (const { name, kind, sign, g } of drawn) {
      const to = x(sign * value(name, district));
      if (to !== x(0)) g.append("rect").attr("class", kind).attr("x", Math.min(to, x(0))).attr("width", Math.abs(to - x(0))).attr("y", middle - 8).attr("height", 16);
    }
    if (found?.ends && found.ends[0] !== found.ends[1])
      svg_.append("path").attr("class", `whisker${found.unsure ? " unsure" : ""}`).attr("d", `M${x(found.ends[0])},${middle - 4}v8m0,-4H${x(found.ends[1])}m0,-4v8`);
    for (const { name, sign } of drawn) { // at the end of the bar; at its foot where the interval goes on beyond it, and leaves room there
      const [bar, ...reach] = [value(name, district) * sign, ...(found?.ends ?? [])].map((end) => sign * (x(end) - x(0))), text = told(name, district);
      const beyond = reach.some((end) => end > bar), from = beyond ? 0 : bar;
      if (bar && (!beyond || Math.min(bar, ...reach) > text_px(text))) write_value(svg_, text, x(0) + sign * (from + 5), middle + 4, sign > 0 ? "start" : "end");
    }
    if (found?.ends || SOURCES) svg_.append("circle").attr("class", "dot").attr("cx", x(SOURCES ? 0 : value("net", district))).attr("cy", middle).attr("r", SOURCES ? 0 : 3.5);
  });
  const words = rows.slice(0, 5).map((district) => `${called(district)} ${area(value(right_name, district))} and ${area(value(left_name, district))}`).join("; ");
  svg_.attr("aria-label", `Bar chart of ${rows.length} districts, ${UNIT} ${SOURCES ? "only one source gives" : "gained and lost"}: ${words}. The table has all.`);
}
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
