// The map: faces of one coverage, coloured by who holds them; d3 moves it, TopoJSON finds the fronts.
const topology = data.topology;
const faces = topology.objects.ground.geometries;
const CELL_M = topology.transform.scale[0];
const NOBODY = -1;
const UNKNOWN = side_number.get("unknown") ?? NOBODY;
const CONTESTED = side_number.get("contested") ?? -2;
const own = side_number.get(data.followed[0]);

// Corners in cells, downwards; the paths of all faces; who holds each on each day.
const arcs = topology.arcs.map((arc) => {
  let x = 0, y = 0;
  return arc.map(([dx, dy]) => [(x += dx), -(y += dy)]);
});
function ring_path(ring) {
  const points = ring.flatMap((arc, place) => {
    const corners = arc < 0 ? arcs[~arc].slice().reverse() : arcs[arc];
    return place ? corners.slice(1) : corners;
  });
  return `M${points.map((point) => point.join(",")).join("L")}Z`;
}
const polygon_path = ({ type, arcs: own_arcs }) => (type === "Polygon" ? own_arcs.map(ring_path).join("") : ring_path(own_arcs).slice(0, -1));
const face_paths = faces.map(polygon_path);
const holders = data.states.map(() => new Int16Array(faces.length));
faces.forEach((face, place) => {
  const held = face.properties.held;
  face.place = place;
  for (let i = 0; i < held.length; i += 2)
    for (let day_ = held[i]; day_ < (held[i + 2] ?? holders.length); day_++) holders[day_][place] = held[i + 1];
});
const of_district = data.districts.map(() => []);
faces.forEach((face, place) => { if (face.properties.district >= 0) of_district[face.properties.district].push(place); });

// The numbers of the two states that the map compares: two days, or two sources.
const state_numbers = new Map(data.states.map((date, place) => [date, place]));
function compared(at = state.at) {
  if (SOURCES) return [at, at + data.steps.length];
  return [state_numbers.get(date_at(span(at)[0])), state_numbers.get(date_at(at))];
}

// Ground in no district is in no figure, whoever holds it.
const followed_numbers = new Set(somebody.map((side) => side_number.get(side)));
const uncounted = (...held) => (data.uncounted && held.some((side) => followed_numbers.has(side)) ? "no-district" : "");
const counts = (face) => SOURCES || face.properties.district >= 0;

// What each face is: the name of a look, or "" for the bare ground. A look is a kind, and the number of the side that has it now.
function look_of(before, after) {
  if (SOURCES) {
    if (before === CONTESTED || after === CONTESTED) return `side-${CONTESTED}`;
    return before === own ? (after === own ? `side-${own}` : "first") : after === own ? "second" : "";
  }
  const [was, now] = [before, after].map((side) => (side === NOBODY ? UNKNOWN : side));
  if (state.view === "who" || was === now) return after === NOBODY ? "" : `side-${after}`;
  if (SEVERAL) return `from-${was}-to-${now}`;
  return `${now === own ? "gained" : was === own ? "lost" : was === UNKNOWN || now === UNKNOWN ? "unknown" : "others"}-${now}`;
}
const KINDS = ["gained", "lost", "others", "unknown"];
const side_called = (number_) => data.sides[number_]?.name ?? "Unknown";
const kind_of = (name) => KINDS.find((kind) => name.startsWith(kind));
function now_words(name) {
  const now = Number(name.slice(kind_of(name).length + 1));
  return now === UNKNOWN ? "now not known whose" : now === CONTESTED ? "now contested" : `now ${side_called(now)}`;
}
function look_text(name, names = []) {
  const kinds = names.map(kind_of);
  const who = named(state.side), since = day(first_day()), pair = /^from-(-?\d+)-to-(-?\d+)$/.exec(name);
  if (pair) return `${side_called(pair[1])} → ${side_called(pair[2])}`;
  if (name === "no-district") return "In no district, not counted";
  if (name === "first" || name === "second") return `${who} by ${data.names[name === "first" ? 0 : 1]} only`;
  if (!name.startsWith("side-"))
    return { gained: `${who}: gained since ${since}`, lost: `${who}: lost since ${since}`, others: "Changed hands between other sides",
      unknown: "Changed hands, not known on one of the dates" }[kind_of(name)] + (kinds.filter((one) => one === kind_of(name)).length < 2 ? "" : `, ${now_words(name)}`);
  const number_ = Number(name.slice(5)), nobody = [UNKNOWN, CONTESTED].includes(number_);
  if (SOURCES) return nobody ? "Contested in either" : `${who} by both`;
  if (state.view === "who" || first_day() === date_at(state.at)) return side_called(number_);
  return `${side_called(number_)}: ${nobody ? "" : "held "}on both dates`;
}
// Their order in the legend: what changed, then who holds the rest, nobody last.
function rank(name) {
  const side = name.startsWith("side-") ? Number(name.slice(5)) : null;
  if (name === "no-district") return 11;
  if (side === null) return KINDS.findIndex((kind) => name.startsWith(kind));
  return side === own ? 8 : [UNKNOWN, CONTESTED].includes(side) ? 10 : 9;
}

// Hatches as on the printed map, so that nothing is told by colour alone.
const STROKES = { "/": "M-2,2L2,-2M0,8L8,0M6,10L10,6", "\\": "M-2,6L2,10M0,0L8,8M6,-2L10,2", "|": "M4,0V8", "-": "M0,4H8",
  "x": "M0,0L8,8M0,8L8,0", "+": "M4,0V8M0,4H8" };
function pattern(defs, id, [face, hatch, ink]) {
  const made = defs.append("pattern").attr("id", id).attr("width", 8).attr("height", 8).attr("patternUnits", "userSpaceOnUse");
  made.append("rect").attr("width", 8).attr("height", 8).attr("fill", face);
  const kinds = hatch === "striped" ? ["/"] : [...new Set(hatch)];
  for (const kind of kinds) {
    if (STROKES[kind]) made.append("path").attr("d", STROKES[kind]).attr("fill", "none").attr("stroke", ink).attr("stroke-width", hatch === "striped" ? 2.2 : 1);
    else made.append("circle").attr("cx", 4).attr("cy", 4).attr("r", kind === "." ? 0.8 : 2).attr("fill", kind === "." ? ink : "none").attr("stroke", kind === "." ? "none" : ink);
  }
  return made;
}
const fill_of = (name, where) => (data.looks[name][1] ? `url(#${where}-${name})` : data.looks[name][0]);

const box = d3.select("#map");
const svg = box.insert("svg", ":first-child").attr("role", "img").attr("aria-label", "Map");
const defs = svg.append("defs");
const world = svg.append("g").attr("class", "world");
const countries = topology.objects.context.geometries;
world.append("g").selectAll("path").data(countries.filter((one) => one.properties.kind !== "oblast")).join("path").attr("class", (one) => one.properties.kind).attr("d", polygon_path);
world.append("path").attr("class", "home").attr("d", faces.map((face, place) => (face.properties.district >= 0 ? face_paths[place] : "")).join(""));
const ground = world.append("g").attr("class", "ground"), edges = world.append("path").attr("class", "edges");
const to_path = (mesh) => mesh.coordinates.map((line) => `M${line.map(([x, y]) => `${x},${-y}`).join("L")}`).join("");
const untransformed = { ...topology, transform: undefined, arcs: arcs.map((arc) => arc.map(([x, y]) => [x, -y])) };
const mesh = (keep, some = faces) => to_path(topojson.mesh(untransformed, { type: "GeometryCollection", geometries: some }, keep));
world.append("path").attr("class", "borders").attr("d", mesh((a, b) => (a === b ? a.properties.district >= 0 : a.properties.district !== b.properties.district)));
world.append("g").selectAll("path").data(countries.filter((one) => one.properties.kind === "oblast")).join("path").attr("class", "oblast").attr("d", polygon_path);
const fronts = ["first casing", "first", "now casing", "now", "both"].map((name) => world.append("path").attr("class", `front ${name}`));
const over = world.append("path").attr("class", "over"), chosen = world.append("path").attr("class", "chosen");
const hits = world.append("g").selectAll("path").data(of_district).join("path").attr("class", "district")
  .attr("d", (places) => places.map((place) => face_paths[place]).join(""));
const marks = svg.append("g").attr("class", "labels"), scale = svg.append("g").attr("class", "scale");
const outline = (district) => (district === WHOLE || district === null ? "" : mesh((a, b) => a === b, of_district[district].map((place) => faces[place])));

// A front lies between two sides; where one of them is not known, the ground just ends. Of two states: what is a front of both.
function front(...numbers) {
  const held = (face, number_) => (holders[number_][face.place] === UNKNOWN || !counts(face) ? NOBODY : holders[number_][face.place]);
  const parted = (one, other) => one !== other && one !== NOBODY && other !== NOBODY;
  return mesh((a, b) => numbers.every((number_) => parted(held(a, number_), held(b, number_))));
}

function draw_map() {
  const [before, after] = compared(), paths = new Map();
  const looks = faces.map((face, place) => (counts(face) ? look_of : uncounted)(holders[before][place], holders[after][place]));
  looks.forEach((name, place) => { if (name) paths.set(name, (paths.get(name) ?? "") + face_paths[place]); });
  edges.attr("d", mesh((a, b) => looks[a.place] !== looks[b.place] || (a === b && looks[a.place])));
  const names = d3.sort(paths.keys(), rank, (name) => name);
  defs.selectAll("pattern").remove();
  names.forEach((name) => pattern(defs, `map-${name}`, data.looks[name]));
  ground.selectAll("path").data(names, (name) => name).join("path").attr("fill", (name) => fill_of(name, "map")).attr("fill-rule", "evenodd")
    .attr("data-look", (name) => name).attr("d", (name) => paths.get(name));
  const earlier = before === after || state.view === "who" ? "" : front(before), now = front(after), both = earlier && front(before, after);
  fronts.forEach((path, place) => path.attr("d", [earlier, earlier, now, now, both][place]));
  chosen.attr("d", outline(state.district));
  draw_legend(names, [earlier !== both && earlier, now !== both && now, both]);
  rescale();
  const words = [...new Set(names.map((name) => look_text(name, names)))].join("; ");
  svg.attr("aria-label", `Map of ${day(date_at(state.at))}: ${words}. The figures stand in the table.`);
}

function draw_legend(names, drawn) {
  const entries = d3.groups(names, (name) => look_text(name, names)).map(([text, some]) => ({ text, names: some.slice(0, 3) }));
  const front_words = SOURCES ? [`Front by ${data.names[0]}`, `Front by ${data.names[1]}`] : [`Front, ${day(first_day())}`, `Front, ${day(date_at(state.at))}`];
  front_words.push(SOURCES ? "Fronts of both sources" : "Fronts of both dates");
  [["front first"], ["front now"], ["front now", "front both"]].forEach((lines, place) => { if (drawn[place]) entries.push({ lines, text: front_words[place] }); });
  for (const name of new Set(countries.filter((one) => one.properties.kind === "oblast").map((one) => one.properties.name))) entries.push({ lines: ["oblast"], text: name });
  if (countries.some((one) => one.properties.kind === "country")) entries.push({ lines: ["country"], text: "State border or coast" });
  if (marks.selectAll(".place").size()) entries.push({ place: true, text: "Settlement that changed hands" });
  const list = d3.select("#legend");
  list.selectAll("li").remove();
  for (const entry of entries) {
    const wide = 26 * (entry.names?.length ?? 1);
    const item = list.append("li"), key = item.append("svg").attr("width", wide).attr("height", 16).attr("aria-hidden", "true");
    if (entry.lines) entry.lines.forEach((line) => key.append("path").attr("class", line).attr("d", "M1,8H25"));
    else if (entry.place) key.append("circle").attr("class", "place").attr("cx", 13).attr("cy", 8).attr("r", 5);
    else entry.names.forEach((name, place) => {
      pattern(key, `key-${name}`, data.looks[name]);
      key.append("rect").attr("class", "swatch").attr("x", 26 * place + 1).attr("y", 1).attr("width", 24).attr("height", 14).attr("fill", fill_of(name, "key"));
    });
    item.append("span").text(entry.text);
  }
}

// Moving and scaling. The page scrolls over the map as over anything else: the wheel needs Ctrl, a finger needs a second one.
let width = 0, height = 0, fit = 1, view = d3.zoomIdentity;
const extent = faces.reduce((found, face, place) => (face.properties.district >= 0 ? grown(found, face.arcs) : found), [Infinity, Infinity, -Infinity, -Infinity]);
function grown([west, north, east, south], rings) {
  for (const arc of rings[0]) for (const [x, y] of arcs[arc < 0 ? ~arc : arc]) {
    west = Math.min(west, x); north = Math.min(north, y); east = Math.max(east, x); south = Math.max(south, y);
  }
  return [west, north, east, south];
}
const zoom = d3.zoom().scaleExtent([1, 60])
  .filter((event) => (event.type === "wheel" ? event.ctrlKey || event.metaKey : event.touches ? event.touches.length > 1 : !event.button))
  .on("zoom", (event) => { view = event.transform; rescale(); });
svg.call(zoom).on("dblclick.zoom", null);
const hint = (text) => {
  const shown = d3.select("#hint").text(text).classed("shown", true);
  clearTimeout(hint.timer);
  hint.timer = setTimeout(() => shown.classed("shown", false), 1500);
};
svg.on("wheel.hint", (event) => { if (!event.ctrlKey && !event.metaKey) hint("Hold Ctrl to enlarge the map with the wheel"); }, { passive: true })
  .on("touchmove.hint", (event) => { if (event.touches.length === 1 && view.k > 1) hint("Move the map with two fingers"); }, { passive: true });

function resize() {
  width = box.node().clientWidth || 640; // a hidden tab or cell has none
  const aspect = (extent[3] - extent[1]) / (extent[2] - extent[0]);
  height = Math.round(Math.min(Math.max(width * aspect, 260), 640, Math.max(innerHeight * 0.72, 320)));
  svg.attr("width", width).attr("height", height).attr("viewBox", [0, 0, width, height]);
  fit = 0.94 * Math.min(width / (extent[2] - extent[0]), height / (extent[3] - extent[1]));
  zoom.extent([[0, 0], [width, height]]).translateExtent([[-0.2 * width, -0.2 * height], [1.2 * width, 1.2 * height]]);
  rescale();
}
const to_screen = (x, y) => view.apply([width / 2 + fit * (x - (extent[0] + extent[2]) / 2), height / 2 + fit * (y - (extent[1] + extent[3]) / 2)]);
function rescale() {
  const [x, y] = to_screen(0, 0), k = view.k * fit;
  world.attr("transform", `translate(${x},${y})scale(${k})`).style("--front", `${front_px(k)}px`);
  defs.selectAll("pattern").attr("patternTransform", `scale(${1 / k})`);
  draw_marks(k);
  draw_scale(k);
}
function show(bounds, most = 24) {
  if (!bounds || bounds[0] > bounds[2]) return;
  const k = Math.min(most, 0.6 / Math.max((fit * (bounds[2] - bounds[0])) / width, (fit * (bounds[3] - bounds[1])) / height, 1e-9));
  const x = fit * ((bounds[0] + bounds[2]) / 2 - (extent[0] + extent[2]) / 2), y = fit * ((bounds[1] + bounds[3]) / 2 - (extent[1] + extent[3]) / 2);
  const to = d3.zoomIdentity.translate(width / 2, height / 2).scale(Math.max(k, 1)).translate(-width / 2 - x, -height / 2 - y);
  svg.call(zoom.transform, to);
}
const bounds_of = (places) => places.reduce((found, place) => grown(found, faces[place].arcs), [Infinity, Infinity, -Infinity, -Infinity]);
// What changed from the first day to the last, or differs; twice the size of a face in cells.
let moved_found = null;
function moved_faces() {
  const [before, after] = SOURCES ? compared() : [0, state_numbers.get(date_at(LAST))];
  return (moved_found ??= [...holders[0].keys()].filter((place) => holders[before][place] !== holders[after][place] && faces[place].properties.district >= 0));
}
const size = (place) => Math.abs(d3.sum(faces[place].arcs[0], (arc) => (arc < 0 ? -1 : 1) * d3.sum(d3.pairs(arcs[arc < 0 ? ~arc : arc]), ([a, b]) => a[0] * b[1] - b[0] * a[1])));
// Fronts are thinner where they would hide the change: a fifth of the breadth of most of it.
let breadth = null;
function front_px(k) {
  if (breadth === null) {
    const sizes = moved_faces().map(size);
    breadth = sizes.length ? Math.sqrt(d3.sum(sizes, (one) => one * one) / d3.sum(sizes) / 2) : Infinity;
  }
  return Math.min(Math.max((breadth * k) / 5, 0.9), 2.2);
}
// Where the change is: the smallest part of the map for what it holds, at least half of it.
function changed_bounds() {
  const sized = d3.sort(moved_faces().map((place) => ({ box: bounds_of([place]), size: size(place) })), (one) => -one.size).slice(0, 300), whole = d3.sum(sized, (one) => one.size);
  const middle = ({ box: [west, north, east, south] }) => [(west + east) / 2, (north + south) / 2], least = 0.03 * Math.max(extent[2] - extent[0], extent[3] - extent[1]);
  let best = [Infinity, Infinity, -Infinity, -Infinity], dearest = Infinity;
  for (const seed of sized.slice(0, 30)) {
    const [x, y] = middle(seed);
    let held = 0, [west, north, east, south] = seed.box;
    for (const { box: own_box, size: own_size } of d3.sort(sized, (one) => Math.hypot(middle(one)[0] - x, middle(one)[1] - y))) {
      [west, north, east, south] = [Math.min(west, own_box[0]), Math.min(north, own_box[1]), Math.max(east, own_box[2]), Math.max(south, own_box[3])];
      held += own_size / whole;
      const cost = Math.max(east - west, south - north, least) / held ** 2;
      if (held >= 0.5 && cost < dearest) [best, dearest] = [[west, north, east, south], cost];
    }
  }
  return best;
}

// Names where they have room, the most telling first; none lies over another.
const place_rows = new Map(data.places.map((place) => [place.row, place]));
const change_of = data.labels.map((_, district) => d3.sum(SOURCES ? ["only_first", "only_second"] : ["gained", "lost"],
  (name) => summed(runs_of(`${name}_km2`, district), 0, data.steps.length)));
const telling = new Set(d3.sort(data.districts.keys(), (district) => -change_of[district]).slice(0, 5).filter((district) => change_of[district]));
const texts = [
  ...topology.objects.places.geometries.map((one) => ({ kind: "place", at: one.coordinates, date: place_rows.get(one.properties.row).date_to, text: place_rows.get(one.properties.row).name, first: 3 })),
  ...topology.objects.labels.geometries.map(({ coordinates, properties: { room, district } }) => ({ kind: "name", at: coordinates, room, district, text: data.labels[district], first: telling.has(district) ? 2 : 1, change: change_of[district] })),
  ...countries.filter((one) => one.properties.room).map(({ properties: { at, room, name } }) => ({ kind: "country", at, room, text: name.toUpperCase(), first: 0 })),
].sort((a, b) => b.first - a.first || (b.first === 2 && b.change - a.change) || (b.room ?? 0) - (a.room ?? 0));
// Where the name of a telling district may stand: where it has most room or beside its change, not over what
// changed that can be seen; on its own ground, where that has room for it.
let moved_boxes = null;
const beside = new Map();
const clear = (area, other) => area[2] < other[0] || area[0] > other[2] || area[3] < other[1] || area[1] > other[3];
const on_screen = ([west, north, east, south]) => [...to_screen(west, north), ...to_screen(east, south)];
function middles_of({ district, half, room, xy }, k) {
  const moved_ = moved_faces(), shape = hits.nodes()[district], to_world = shape.getCTM().inverse();
  moved_boxes ??= d3.sort(moved_, (place) => -size(place)).slice(0, 60).map((place) => bounds_of([place]));
  if (!beside.has(district)) beside.set(district, bounds_of(moved_.filter((place) => faces[place].properties.district === district)));
  const small = moved_boxes.map(on_screen).filter(([left, top, right, foot]) => right - left < 4 * half && Math.max(right - left, foot - top) > 3), found = [{ at: xy, cost: 0 }];
  const [left, top, right, foot] = on_screen(beside.get(district)), abroad = room * k > half ? 8 : 1, columns_ = [(left + right) / 2, left - half - 3, right + half + 3];
  if (left <= right)
    for (const far of [0, 14]) for (const x of columns_) for (const y of [(top + foot) / 2, top - 10 - far, foot + 11 + far])
      found.push({ at: [x, y], cost: (far && 2) + (shape.isPointInFill(new DOMPoint(x, y).matrixTransform(to_world)) ? 0 : abroad) });
  const hides = ({ at: [x, y] }) => small.some((one) => !clear([x - half, y - 8, x + half, y + 7], one));
  const away = ({ at: [x, y] }) => Math.hypot(x - xy[0], y - xy[1]) / (width + height);
  return d3.sort(found, (one) => one.cost + (hides(one) ? 4 : 0) + away(one)).map((one) => one.at);
}
const WIDE = { place: 3.4, name: 3.3, country: 5.4 }; // half the width of a letter [px]
function draw_marks(k) {
  const [from, to] = SOURCES ? ["", ""] : [first_day(), date_at(state.at)];
  const there = texts.map((one) => ({ ...one, xy: to_screen(one.at[0], -one.at[1]), half: one.text.length * WIDE[one.kind] + 3 }))
    .filter(({ kind, first, date, xy: [x, y] }) => (first === 2 || (x > 0 && y > 0 && x < width && y < height)) && (kind !== "place" || (date > from && date <= to)));
  const roomy = (one) => one.half < 1.4 * one.room * k + 3;
  const names = there.filter((one) => one.kind === "name"), many = names.filter(roomy).length > 0.2 * names.length;
  const dots = there.filter((one) => one.kind === "place"), taken = dots.map(({ xy: [x, y] }) => [x - 5, y - 5, x + 5, y + 5]);
  taken.push([0, height - 40, 170, height]); // the scale
  const worded = there.flatMap((one) => {
    if (one.first < 2 && !(roomy(one) && (many || one.kind === "country"))) return [];
    const [x, y] = one.xy, middles = one.kind === "place" ? [[x + one.half + 6, y], [x - one.half - 6, y]] : one.first === 2 ? middles_of(one, k) : [one.xy];
    const areas = middles.map(([x, y]) => [x - one.half, y - 8, x + one.half, y + 7]);
    const free = areas.find((area) => area[0] > 0 && area[1] > 0 && area[2] < width && area[3] < height && taken.every((other) => clear(area, other)));
    if (free) taken.push(free);
    return free ? [{ ...one, x: (free[0] + free[2]) / 2, y: free[3] - 3 }] : [];
  });
  marks.selectAll("circle").data(dots).join("circle").attr("class", "place").attr("cx", (one) => one.xy[0]).attr("cy", (one) => one.xy[1]).attr("r", 3.6);
  marks.selectAll("text").data(worded).join("text").attr("class", (one) => `${one.kind}-name`).attr("x", (one) => one.x).attr("y", (one) => one.y).text((one) => one.text);
}
function draw_scale(k) {
  const most = (140 * CELL_M) / k, power = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map((step) => step * power).find((one) => one <= most), px = (metres * k) / CELL_M;
  scale.attr("transform", `translate(14,${height - 14})`).selectAll("*").remove();
  for (const name of ["casing", "bar"]) scale.append("path").attr("class", name).attr("d", `M0,-5V0H${px}V-5`);
  scale.append("text").attr("x", px / 2).attr("y", -8).attr("text-anchor", "middle").text(metres < 1000 ? `${metres} m` : `${number(metres / 1000, 0)} km`);
}
