// The card of one district and the table of all, for the steps that the slider and the view choose.
const sorted = { key: SOURCES ? "only_first" : "net", down: true };
const INTERVALS = !SOURCES && data.figures[data.followed[0]].net_low_km2 !== undefined;
const LEVEL = data.level ? `${number(100 * data.level, 0)}%` : "";
const SHOWN = SOURCES
  ? [["both", `both, ${UNIT}`], ["only_first", `only ${data.names[0]}, ${UNIT}`], ["only_second", `only ${data.names[1]}, ${UNIT}`], ["iou", "IoU"], ["ratio", "ratio"]]
  : [["gained", `gained, ${UNIT}`], ["lost", `lost, ${UNIT}`], ["net", `net, ${UNIT}`], ...(INTERVALS ? [["interval", `net, ${LEVEL} interval`]] : []), ["after", `at the end, ${UNIT}`], ["share", "share at the end"]];
const MEASURES = ["iou", "ratio"];

function cell(key, district) {
  if (key === "interval") return interval_text(interval("net", district)) || "–";
  if (key === "share") return percent(share(district));
  const value = figure(key, district);
  return MEASURES.includes(key) ? measure(value) : area(value, key === "net");
}
function sort_value(key, district) {
  if (key === "district") return called(district);
  if (key === "interval") return interval("net", district)?.ends?.[0] ?? -Infinity;
  return (key === "share" ? share(district) : figure(key, district)) ?? -Infinity;
}
function span_words() {
  if (SOURCES) return `Ground of ${named(state.side)} on ${day(date_at(state.at))}, as ${data.names[0]} and ${data.names[1]} show it`;
  const [first, last] = [first_day(), date_at(state.at)];
  return first === last ? `Ground of ${named(state.side)} on ${day(first)}` : `Ground of ${named(state.side)}, ${day(first)} to ${day(last)}`;
}
function moved(district) {
  const names = SOURCES ? ["only_first", "only_second"] : ["gained", "lost"];
  return names.some((name) => area(figure(name, district)) !== "0") || (INTERVALS && (interval("net", district)?.ends ?? [0, 0]).some((end) => area(end) !== "0"));
}

function draw_table() {
  const every = document.getElementById("every").checked;
  let rows = data.districts.map((_, district) => district).filter((district) => every || moved(district));
  const by = (a, b) => d3[sorted.down ? "descending" : "ascending"](sort_value(sorted.key, a), sort_value(sorted.key, b));
  rows = d3.sort(rows, by);
  d3.select("#table-words").text(`${span_words()}: ${rows.length === 1 ? "1 district" : `${rows.length} districts`}${every ? "" : SOURCES ? " where they differ" : " with change"}.`);
  const heads = [["district", "district"], ...SHOWN];
  const head = d3.select("#table thead").selectAll("tr").data([0]).join("tr").selectAll("th").data(heads).join((enter) => {
    const made = enter.append("th").attr("scope", "col");
    made.append("button").attr("type", "button").on("click", (_, [key]) => {
      Object.assign(sorted, { key, down: sorted.key === key ? !sorted.down : key !== "district" });
      draw_table();
    });
    return made;
  });
  head.attr("aria-sort", ([key]) => (key !== sorted.key ? "none" : sorted.down ? "descending" : "ascending"));
  head.select("button").text(([key, text]) => `${text}${key === sorted.key ? (sorted.down ? " ▾" : " ▴") : ""}`);
  const body = d3.select("#table tbody").selectAll("tr").data(rows, (district) => district).join((enter) => {
    const row = enter.append("tr");
    row.append("th").attr("scope", "row").append("button").attr("type", "button").on("click", (_, district) => choose(district === state.district ? WHOLE : district, true)).text(called);
    row.selectAll("td").data((district) => SHOWN.map(([key]) => [key, district])).join("td");
    return row;
  });
  body.order().classed("chosen-row", (district) => district === state.district);
  body.selectAll("td").attr("data-name", (_, place) => SHOWN[place][1]).text(([key, district]) => cell(key, district));
  const foot = d3.select("#table tfoot").selectAll("tr").data([0]).join("tr");
  foot.selectAll("th").data([0]).join("th").attr("scope", "row").text("All districts");
  foot.selectAll("td").data(SHOWN).join("td").attr("data-name", ([, name]) => name).text(([key]) => cell(key, WHOLE));
  draw_reasons([...rows, WHOLE]);
}

function draw_reasons(rows) {
  const reasons = new Set(), found = INTERVALS ? rows.flatMap((district) => ["net", "gained", "lost"].map((name) => [name, interval(name, district)])) : [];
  for (const [name, one] of found) {
    if (one?.unsure) reasons.add(`~: ${one.unsure}.`);
    if (one?.why) reasons.add(`${name === "net" ? "Interval of the net change" : "Some intervals of gained and lost, beside the map, are"} withheld: ${one.why}.`);
  }
  if (SOURCES) reasons.add("IoU: ground by both ÷ ground by either. Ratio: ground by the first ÷ ground by the second. Contested ground counts for nobody.");
  d3.select("#reasons").selectAll("li").data([...reasons]).join("li").text((text) => text);
}

function draw_card() {
  const card = d3.select("#card"), district = state.district;
  card.selectAll("*").remove();
  card.append("h3").text(called(district));
  card.append("p").text(`${span_words()}, ${UNIT}`);
  const list = card.append("dl");
  const add = (words, text, note) => {
    const row = list.append("div");
    row.append("dt").text(words);
    row.append("dd").text(text);
    if (note) row.append("dd").attr("class", "note").text(note);
  };
  if (SOURCES) {
    for (const [key, words] of [...SHOWN.slice(0, 3), ["neither", "neither"], ...SHOWN.slice(3)]) add(words.replace(`, ${UNIT}`, ""), cell(key, district));
    return;
  }
  const reasons = new Set();
  for (const [key, words] of [["after", "Held at the end"], ["gained", "Gained"], ["lost", "Lost"], ["net", "Net change"]]) {
    const found = interval(key, district);
    add(words, cell(key, district), found && `${LEVEL} interval ${interval_text(found)}`);
    if (found?.why) reasons.add(`Intervals are withheld: ${found.why}.`);
    if (found?.unsure) reasons.add(`~ ${found.unsure}.`);
  }
  add(district === WHOLE ? "Share of the districts" : "Share of the district", percent(share(district)));
  const contested = runs_of("contested_after_km2", district) && figure("contested_after", district);
  if (contested) add("Contested, counted for nobody", area(contested));
  reasons.forEach((text) => card.append("p").attr("class", "reason").text(text));
}
function tip_words(district) {
  const figures = SOURCES ? SHOWN.slice(0, 3).map(([key, words]) => `${words.replace(`, ${UNIT}`, "")} ${cell(key, district)} ${UNIT}`)
    : [`at the end ${cell("after", district)} ${UNIT} (${percent(share(district))})`, `net ${cell("net", district)} ${UNIT}${INTERVALS && interval("net", district) ? ` (${interval_text(interval("net", district))})` : ""}`, `gained ${cell("gained", district)}, lost ${cell("lost", district)}`];
  return [called(district), ...figures];
}

// The table as it stands, with every figure to its last digit.
function csv() {
  const names = SOURCES ? ["both", "only_first", "only_second", "neither", "iou", "ratio"] : ["before", "after", "gained", "lost", "net"];
  const parts = SOURCES ? [] : ["before", "after", "gained", "lost", "net"].filter((name) => interval(name, WHOLE));
  const heads = ["district", "label", "side", "date_from", "date_to", ...names.map((name) => (MEASURES.includes(name) ? name : `${name}_km2`)), ...parts.flatMap((name) => [`${name}_low_km2`, `${name}_high_km2`])];
  const plain = (text) => `"${(/^\s*[=+\-@]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const rows = [...data.districts.keys(), WHOLE].map((district) => [
    plain(district === WHOLE ? "all districts" : data.districts[district]), plain(called(district)), plain(state.side), first_day(), date_at(state.at),
    ...names.map((name) => figure(name, district) ?? ""), ...parts.flatMap((name) => interval(name, district).ends ?? ["", ""]),
  ]);
  return [heads, ...rows].map((row) => row.join(",")).join("\n") + "\n";
}
function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv()], { type: "text/csv" }));
  link.download = `${first_day()}_${date_at(state.at)}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function draw_places() {
  if (!data.places.length) return;
  document.getElementById("places-part").hidden = false;
  const heads = ["settlement", "district", "from", "to", "between"];
  d3.select("#places thead").append("tr").selectAll("th").data(heads).join("th").attr("scope", "col").text((text) => text);
  const label = new Map(data.districts.map((name, place) => [name, data.labels[place]]));
  const cells = (one) => [one.district ? label.get(one.district) ?? one.district : "–", named(one.side_from), named(one.side_to), `${day(one.date_from)} and ${day(one.date_to)}`];
  const rows = d3.select("#places tbody").selectAll("tr").data(data.places).join("tr");
  rows.append("th").attr("scope", "row").text((one) => one.name + (one.unsure ? " (unsure)" : ""));
  rows.selectAll("td").data(cells).join("td").attr("data-name", (_, place) => heads[place + 1]).text((text) => text);
}
