"use strict";
const find = (id) => document.getElementById(id);
const stage = find("stage"), canvas = find("scan"), over = find("over");
const S = { points: [], entries: {}, sides: [{ name: "", places: [] }, { name: "", places: [] }], fit: {}, chosen: null, dirty: false };
const view = { x: 0, y: 0, s: 1 };
const tiles = new Map(), MOST_TILES = 160, WHOLE = new Image();
const past = [], MOST_STEPS = 200; // states before each change, as text
let corner = null, box = null, ring = [], timer = 0, asked = 0, last = "";

// --- small helpers: text from data never becomes HTML

function el(name, given = {}, ...inside) {
  const made = given.svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (key === "svg" || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside.filter((one) => one !== null && one !== undefined));
  return made;
}
const svg = (name, given, ...inside) => el(name, { svg: true, ...given }, ...inside);
const fill = (parent, ...inside) => parent.replaceChildren(...inside.filter((one) => one !== null));
const say = (text) => { find("status").textContent = text; };
const number = (value, digits) => value === null || value === undefined ? "–" : Number(value).toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
const metres = (m) => m === null || m === undefined ? "–" : m >= 10000 ? `${number(m / 1000, 0)} km` : m >= 1000 ? `${number(m / 1000, 1)} km` : `${number(m, 0)} m`;
const spot = (c, r) => `column ${number(c, 0)}, row ${number(r, 0)}`;
const tidy = (value) => Math.round(value * 100) / 100;
const degrees = (value, ends) => `${Math.abs(value).toFixed(2)}°${ends[Number(value < 0)]}`;
const tool = () => document.querySelector("#tools input:checked").value;
const placed = () => S.points.filter((one) => one.lon !== null);

async function ask(what, question) {
  let answer;
  try {
    const got = await fetch(what, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question) });
    answer = got.headers.get("Content-Type") === "application/json" ? await got.json() : { error: `the program refuses (${got.status})` };
  } catch { find("lost").hidden = false; throw new Error("the program has stopped"); }
  if (answer.error) throw new Error(answer.error);
  return answer;
}

// --- the view

const onScreen = (c, r) => [(c - view.x) * view.s, (r - view.y) * view.s];
const onScan = (x, y) => [x / view.s + view.x, y / view.s + view.y];
function at(event) { const edge = stage.getBoundingClientRect(); return [event.clientX - edge.left - stage.clientLeft, event.clientY - edge.top - stage.clientTop]; }

function showAll() {
  view.s = Math.min(stage.clientWidth / S.size[0], stage.clientHeight / S.size[1]) * .94;
  view.x = S.size[0] / 2 - stage.clientWidth / view.s / 2 - .5;
  view.y = S.size[1] / 2 - stage.clientHeight / view.s / 2 - .5;
  draw();
}
function zoom(by, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  const [c, r] = onScan(x, y), whole = Math.min(stage.clientWidth / S.size[0], stage.clientHeight / S.size[1]);
  view.s = Math.min(Math.max(view.s * by, whole / 3), 40);
  view.x = c - x / view.s; view.y = r - y / view.s;
  draw();
}
function pan(x, y) { // the middle of the view stays on the scan
  view.x += x / view.s; view.y += y / view.s;
  const wide = stage.clientWidth / view.s / 2, high = stage.clientHeight / view.s / 2;
  view.x = Math.min(Math.max(view.x, -wide), S.size[0] - wide); view.y = Math.min(Math.max(view.y, -high), S.size[1] - high);
  draw();
}
function lookAt(c, r) { const [x, y] = onScreen(c, r); if (!inView(x, y, 5)) pan(x - stage.clientWidth / 2, y - stage.clientHeight / 2); }

let waiting = false;
function draw() { if (!waiting && S.size) { waiting = true; requestAnimationFrame(() => { waiting = false; drawScan(); drawOver(); }); } }

function drawScan() {
  const ratio = devicePixelRatio || 1, wide = stage.clientWidth, high = stage.clientHeight, pen = canvas.getContext("2d");
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) { canvas.width = Math.round(wide * ratio); canvas.height = Math.round(high * ratio); }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, wide, high);
  pen.imageSmoothingEnabled = view.s < 3;
  const [left, top] = onScreen(-.5, -.5);
  if (WHOLE.complete && WHOLE.naturalWidth) pen.drawImage(WHOLE, left, top, WHOLE.naturalWidth * S.factor * view.s, WHOLE.naturalHeight * S.factor * view.s);
  const level = Math.max(0, Math.floor(Math.log2(1 / (view.s * ratio))));
  if (level >= S.levels || 2 ** level >= S.factor) return;
  const side = S.tile * 2 ** level, [c0, r0] = onScan(0, 0), [c1, r1] = onScan(wide, high);
  for (let down = Math.max(0, Math.floor(r0 / side)); down * side < Math.min(r1, S.size[1]); down++)
    for (let across = Math.max(0, Math.floor(c0 / side)); across * side < Math.min(c1, S.size[0]); across++) {
      const tile = tileAt(`tile/${level}/${across}/${down}.jpg`), [x, y] = onScreen(across * side - .5, down * side - .5), by = 2 ** level * view.s;
      if (tile.complete && tile.naturalWidth) pen.drawImage(tile, x, y, tile.naturalWidth * by, tile.naturalHeight * by);
    }
}
function tileAt(name) {
  let tile = tiles.get(name);
  tiles.delete(name);
  if (!tile) { tile = new Image(); tile.onload = draw; tile.src = name; }
  tiles.set(name, tile); // the last used stands last
  if (tiles.size > MOST_TILES) tiles.delete(tiles.keys().next().value);
  return tile;
}

const pathOf = (line) => "M" + line.map(([c, r]) => onScreen(c, r).map((one) => one.toFixed(1)).join()).join("L");
function rect([l, t, r, b], kind) { const [x, y] = onScreen(l, t), [x1, y1] = onScreen(r, b); return svg("rect", { class: kind, x, y, width: x1 - x, height: y1 - y }); }

function drawOver() {
  const parts = [];
  if (find("show-net").checked) for (const { label, line } of S.fit.graticule || []) {
    const d = pathOf(line), [x, y] = onScreen(...(line.find(([c, r]) => inView(...onScreen(c, r), 26)) || [-1e6, 0]));
    parts.push(svg("path", { class: "halo", d }), svg("path", { class: "net", d }), svg("text", { class: "net-label", x: x + 3, y: y + 12 }, label));
  }
  for (const mask of S.entries.masks || []) parts.push(Array.isArray(mask[0]) ? svg("path", { class: "mask", d: `${pathOf(mask)}Z` }) : rect(mask, "mask"));
  if (S.entries.frame) parts.push(rect(S.entries.frame, "halo"), rect(S.entries.frame, "frame"));
  if (ring.length) parts.push(svg("path", { class: "mask", d: pathOf(ring) }), rect([ring[0][0] - 4 / view.s, ring[0][1] - 4 / view.s, ring[0][0] + 4 / view.s, ring[0][1] + 4 / view.s], "frame"));
  if (box) parts.push(rect(boxed(box), tool() === "mask" ? "mask" : "frame"));
  S.sides.forEach((side, k) => side.places.forEach((place) => {
    if (place.col === undefined) return;
    const [x, y] = onScreen(place.col, place.row);
    parts.push(svg("circle", { class: "halo", cx: x, cy: y, r: 5 }), svg("circle", { class: "net", cx: x, cy: y, r: 5 }), svg("text", { class: "held", x: x + 8, y: y + 4 }, side.name || `side ${k + 1}`));
  }));
  const fits = new Map((S.fit.points || []).map((one) => [one.id, one])), by = enlarged();
  for (const one of S.points) {
    const [x, y] = onScreen(one.col, one.row), fit = fits.get(one.id);
    if (fit && one.enable && fit.put[0] !== null && find("show-off").checked) {
      const [x1, y1] = onScreen(one.col + by * (fit.put[0] - one.col), one.row + by * (fit.put[1] - one.row));
      parts.push(svg("line", { class: "halo", x1: x, y1: y, x2: x1, y2: y1 }), svg("line", { class: "off", x1: x, y1: y, x2: x1, y2: y1 }));
    }
    const mark = markOf(one), kind = ["point", one === S.chosen && "chosen", fit?.bad && "bad", !one.enable && "unused"];
    for (const [name, value] of Object.entries({ class: kind.filter(Boolean).join(" "), transform: `translate(${x} ${y})`, "aria-label": `Point ${one.id}, ${spot(one.col, one.row)}` })) mark.setAttribute(name, value);
    mark.lastChild.setAttribute("y", y < 24 ? 20 : -9); mark.lastChild.textContent = one.id;
  }
  for (const [one, mark] of marks) if (!S.points.includes(one)) { mark.remove(); marks.delete(one); }
  if (stage.matches(":focus-visible")) { const x = stage.clientWidth / 2, y = stage.clientHeight / 2, d = `M${x - 14} ${y}H${x + 14}M${x} ${y - 14}V${y + 14}`; parts.push(svg("path", { class: "halo", d }), svg("path", { class: "cross", d })); }
  find("under").replaceChildren(...parts);
}
const marks = new Map(); // of the points: they stay, so that they keep the focus
function markOf(one) {
  if (!marks.has(one)) {
    const mark = svg("g", { tabindex: 0, role: "button", onkeydown: (event) => moveByKey(event, one), onfocus: () => choose(one, false, false) },
      svg("circle", { class: "ring", r: 11 }), svg("circle", { class: "rim", r: 11 }), svg("path", { class: "cross", d: "M-16 0H-3M3 0H16M0-16V-3M0 3V16" }), svg("text", { x: 14 }));
    marks.set(one, mark); find("marks").append(mark);
  }
  return marks.get(one);
}
const inView = (x, y, edge) => x > edge && y > edge && x < stage.clientWidth - edge && y < stage.clientHeight - edge;
function enlarged() { // arrows of the residuals: enlarged so that the longest is seen
  const most = Math.max(0, ...(S.fit.points || []).map((one) => one.residual_px || 0)) * view.s;
  return [100, 50, 20, 10, 5, 2, 1].find((one) => one * most <= 60) || 1;
}

// --- what a click sets

const boxed = ([a, b, c, d]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)].map(tidy);
const onSheet = (c, r) => c >= -.5 && r >= -.5 && c <= S.size[0] - .5 && r <= S.size[1] - .5;

async function act(c, r) {
  c = tidy(c); r = tidy(r);
  const how = tool();
  if (how === "frame" || how === "mask") {
    if (!corner) { corner = [c, r]; say(`First corner at ${spot(c, r)}: now the opposite one.`); return; }
    setBox([...corner, c, r]); return;
  }
  if (how === "ring") { setRing(c, r); return; }
  if (!onSheet(c, r)) { say("That is beside the scan."); return; }
  if (how === "point") addPoint(c, r);
  else if (how === "line" || how === "area") try {
    const { colour } = await ask("pick", { col: c, row: r, kind: how }), held = S.entries[how] ||= [];
    if (held.some((one) => one.colour === colour)) { say(`${colour} is listed already.`); return; }
    held.push({ colour }); changed(); list(); say(`${how === "line" ? "Line" : "Area"} of colour ${colour}.`);
  } catch (error) { say(error.message); }
  else { const side = S.sides[how === "side0" ? 0 : 1]; side.places.push({ col: Math.round(c), row: Math.round(r) }); changed(); list(); say(`${side.name || `Side ${how === "side0" ? 1 : 2}`} holds ${spot(c, r)}.`); }
}
function setBox(corners) {
  const found = boxed([Math.max(corners[0], -.5), Math.max(corners[1], -.5), corners[2], corners[3]].map((one, k) => Math.min(one, S.size[k % 2] - .5)));
  corner = box = null;
  if (found[0] >= found[2] || found[1] >= found[3]) { say("A box needs two different corners."); draw(); return; }
  if (tool() === "frame") S.entries.frame = found; else (S.entries.masks ||= []).push(found);
  changed(); list(); say(tool() === "frame" ? "Frame set." : "Mask set.");
}
function setRing(c, r) {
  const closed = ring.length > 2 && Math.hypot(c - ring[0][0], r - ring[0][1]) * view.s < 10;
  if (!closed) { ring.push([c, r]); draw(); say(`Corner ${ring.length} at ${spot(c, r)}: click the next one, or the first one again to close the mask.`); return; }
  (S.entries.masks ||= []).push(ring); ring = [];
  changed(); list(); say("Mask set.");
}
function addPoint(c, r) {
  let name = S.points.length + 1;
  while (S.points.some((one) => one.id === String(name))) name++;
  const one = { id: String(name), col: c, row: r, lon: null, lat: null, given: "", enable: true };
  S.points.push(one); changed(); choose(one, true, false);
  say(`Point ${one.id} at ${spot(c, r)}: where is it on the ground?`);
}
function drop(one) { S.points = S.points.filter((other) => other !== one); if (S.chosen === one) choose(null); changed(); weigh(); stage.focus({ preventScroll: true }); say(`Point ${one.id} was taken away.`); }
function moveByKey(event, one) {
  const step = event.shiftKey ? .1 : 1, way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (way) { one.col = tidy(one.col + way[0] * step); one.row = tidy(one.row + way[1] * step); changed(); weigh(); edit(); }
  else if (event.key === "Delete" || event.key === "Backspace") drop(one);
  else if (event.key === "Enter") choose(one, true);
  else return;
  event.preventDefault(); event.stopPropagation();
}

// --- mouse, pen and fingers

const fingers = new Map();
let grip = null;
stage.addEventListener("pointerdown", (event) => {
  if (event.target.closest(".buttons") || event.button) return;
  const mark = tool() === "point" && event.target.closest(".point"), [x, y] = at(event);
  fingers.set(event.pointerId, [x, y]); stage.setPointerCapture(event.pointerId);
  grip = fingers.size > 1 ? { pinch: true } : { x, y, from: onScan(x, y), one: mark && S.points.find((one) => marks.get(one) === mark), moved: false };
});
stage.addEventListener("pointermove", (event) => {
  const [x, y] = at(event), [c, r] = onScan(x, y), last = fingers.get(event.pointerId);
  find("where").textContent = onSheet(c, r) ? `column ${c.toFixed(1)}, row ${r.toFixed(1)}` : "";
  if (corner && !fingers.size) { box = [...corner, c, r]; draw(); }
  if (!last || !grip) return;
  if (fingers.size === 2) {
    const apart = () => { const [a, b] = [...fingers.values()]; return [Math.hypot(a[0] - b[0], a[1] - b[1]), (a[0] + b[0]) / 2, (a[1] + b[1]) / 2]; };
    const [before, x0, y0] = apart(); fingers.set(event.pointerId, [x, y]);
    const [after, x1, y1] = apart(); grip.pinch = true;
    pan(x0 - x1, y0 - y1); zoom(after / Math.max(before, 1), x1, y1); return;
  }
  fingers.set(event.pointerId, [x, y]);
  if (grip.pinch || (!grip.moved && Math.hypot(x - grip.x, y - grip.y) < 4)) return;
  grip.moved = true;
  if (grip.one) { grip.one.col = tidy(c); grip.one.row = tidy(r); changed(); }
  else if (tool() === "frame" || tool() === "mask") { box = [...grip.from, c, r]; draw(); }
  else pan(last[0] - x, last[1] - y);
});
function lift(event) {
  const had = grip, known = fingers.delete(event.pointerId);
  if (!known || !had || fingers.size) return;
  grip = null;
  const here = onScan(...at(event));
  if (event.type === "pointercancel" || had.pinch) { box = null; draw(); }
  else if (had.one) { choose(had.one, !had.moved, false); if (had.moved) weigh(); }
  else if (!had.moved) act(...here);
  else if (box) setBox(box);
}
stage.addEventListener("pointerup", lift);
stage.addEventListener("pointercancel", lift);
stage.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.deltaMode ? .05 : .0015)), ...at(event)); }, { passive: false });
stage.addEventListener("keydown", (event) => {
  if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = event.shiftKey ? 4 : 60, way = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
  if (way) pan(...way);
  else if (event.key === "+" || event.key === "=") zoom(1.4);
  else if (event.key === "-") zoom(1 / 1.4);
  else if (event.key === "0") showAll();
  else if (event.key === "Enter" || event.key === " ") act(...onScan(stage.clientWidth / 2, stage.clientHeight / 2));
  else if (event.key === "Escape") { corner = box = null; ring = []; draw(); }
  else return;
  event.preventDefault();
  const [c, r] = onScan(stage.clientWidth / 2, stage.clientHeight / 2);
  find("where").textContent = `column ${c.toFixed(1)}, row ${r.toFixed(1)}`;
});
for (const kind of ["focus", "blur"]) stage.addEventListener(kind, draw);
find("nearer").onclick = () => zoom(1.6);
find("farther").onclick = () => zoom(1 / 1.6);
find("all").onclick = showAll;
for (const one of document.querySelectorAll("#tools input")) one.onchange = () => { corner = box = null; ring = []; draw(); };

// --- the points

function choose(one, type, look = true) {
  const other = S.chosen !== one;
  S.chosen = one; edit(other);
  if (one && look) lookAt(one.col, one.row);
  if (one && type) find("p-lon").focus();
  rows(); draw();
}
function edit(anew = false) {
  const one = S.chosen;
  find("editor").hidden = !one;
  if (!one) return;
  find("editing").textContent = `Point ${one.id}` + (one.given ? ` – ${one.given}` : "");
  find("p-id").value = one.id; find("p-col").value = one.col; find("p-row").value = one.row;
  if (!anew) return;
  find("p-lon").value = one.lon === null ? "" : one.typed?.[0] ?? one.lon; find("p-lat").value = one.lon === null ? "" : one.typed?.[1] ?? one.lat;
  find("town").value = ""; fill(find("towns")); find("p-error").textContent = "";
}
function put(one, { lon, lat, given }, typed) { Object.assign(one, { lon, lat, given, typed }); changed(); edit(true); weigh(); say(`Point ${one.id}: longitude ${lon.toFixed(5)}, latitude ${lat.toFixed(5)} (WGS 84).`); }

find("editor").addEventListener("submit", async (event) => {
  event.preventDefault();
  const one = S.chosen, lon = find("p-lon").value.trim(), lat = find("p-lat").value.trim(), id = find("p-id").value.trim();
  const [col, row] = [find("p-col"), find("p-row")].map((field) => Number(field.value.replace(",", ".")));
  find("p-error").textContent = "";
  try {
    if (!id || S.points.some((other) => other !== one && other.id === id)) throw new Error("Every point needs a name of its own.");
    if (!Number.isFinite(col) || !Number.isFinite(row)) throw new Error("Column and row are numbers.");
    if (one.col !== col || one.row !== row || one.id !== id) { Object.assign(one, { id, col, row }); changed(); weigh(); edit(); }
    const same = one.lon !== null && String(one.typed?.[0] ?? one.lon) === lon && String(one.typed?.[1] ?? one.lat) === lat && (one.grid ?? "") === find("grid").value.trim();
    if ((lon || lat) && !same) { put(one, await ask("read", { lon, lat, crs: find("grid").value }), [lon, lat]); one.grid = find("grid").value.trim(); }
    stage.focus({ preventScroll: true });
  } catch (error) { find("p-error").textContent = error.message; }
});
find("cross").onclick = async () => {
  find("cross-error").textContent = ""; find("cross").disabled = true;
  try {
    const { points } = await ask("cross", { points: placed().filter((one) => one.enable) }), known = new Map(S.points.map((one) => [one.id, one]));
    for (const one of points) if (known.has(one.id)) Object.assign(known.get(one.id), { col: tidy(one.col), row: tidy(one.row) }); else S.points.push({ ...one, col: tidy(one.col), row: tidy(one.row), given: "found on the graticule", enable: true });
    changed(); choose(S.chosen, false, false); weigh(); say(`${points.length} crossings of the graticule: look at each, and take away what is none.`);
  } catch (error) { find("cross-error").textContent = error.message; }
  find("cross").disabled = false;
};
for (const id of ["p-col", "p-row", "p-id"]) find(id).onchange = () => find("editor").requestSubmit();
async function findTowns() {
  const name = find("town").value.trim(), one = S.chosen;
  find("p-error").textContent = "";
  if (!name) return;
  try {
    const { towns } = await ask("find", { name });
    if (!towns.length) find("p-error").textContent = `No town called ${name} is known: only larger ones are, by their names of today.`;
    fill(find("towns"), ...towns.map((town) => el("li", {}, el("button", { type: "button", onclick: () => { put(one, { ...town, given: `${town.name}, ${town.country} (Natural Earth)` }); stage.focus({ preventScroll: true }); } }, `${town.name}, ${town.country} (${degrees(town.lat, "NS")}, ${degrees(town.lon, "EW")})`))));
    if (towns.length) say(`${towns.length} towns: choose the one you mean. A town is good to 1 or 2 km only.`);
  } catch (error) { find("p-error").textContent = error.message; }
}
find("find").onclick = findTowns;
find("town").onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); findTowns(); } };

function rows() {
  const fits = new Map((S.fit.points || []).map((one) => [one.id, one]));
  fill(find("points").tBodies[0], ...S.points.map((one) => {
    const fit = one.enable ? fits.get(one.id) : undefined, kind = [one === S.chosen && "chosen", fit?.bad && "bad"].filter(Boolean).join(" ");
    return el("tr", { class: kind }, el("th", { scope: "row" }, el("button", { type: "button", title: one.given || "no coordinates yet", onclick: () => choose(one, true) }, one.id)),
      el("td", {}, one.lon === null ? "–" : one.lon.toFixed(3)), el("td", {}, one.lon === null ? "–" : one.lat.toFixed(3)),
      el("td", {}, fit ? `${number(fit.residual_px, 1)} px` : "–"), el("td", {}, fit ? metres(fit.left_out_m) : "–"),
      el("td", {}, el("input", { type: "checkbox", checked: one.enable, "aria-label": `Use point ${one.id}`, onchange: (event) => { one.enable = event.target.checked; changed(); weigh(); } })),
      el("td", {}, el("button", { type: "button", "aria-label": `Take point ${one.id} away`, onclick: () => drop(one) }, "✕")));
  }));
}

// --- how well they fit

function weigh() { clearTimeout(timer); timer = setTimeout(weighNow, 200); rows(); draw(); }
async function weighNow() {
  const mine = ++asked;
  find("fit").setAttribute("aria-busy", "true"); find("busy").hidden = placed().length < 2;
  let fit = { words: [] }, wrong = "";
  try { fit = await ask("weigh", { points: placed(), entries: entries(), grid: find("grid").value }); } catch (error) { wrong = error.message; }
  if (mine !== asked) return;
  find("fit").setAttribute("aria-busy", "false"); find("busy").hidden = true;
  S.fit = fit;
  for (const [k, id] of ["l-lon", "l-lat"].entries()) if (fit.axes) find(id).textContent = fit.axes[k];
  find("nofit").hidden = Boolean(fit.words.length || wrong);
  find("fit-error").textContent = wrong;
  fill(find("fit"), ...fit.words.map((line) => el("p", {}, line)), fit.pixel_m ? el("p", {}, `A pixel in the middle is ${number(fit.pixel_m, fit.pixel_m < 10 ? 1 : 0)} m wide.`) : null, (fit.points || []).length ? el("p", { class: "hint" }, "“Off”: from the fit through all points. “Left out”: from what the other points alone say.") : null);
  fill(find("cautions"), ...(fit.cautions || []).map((text) => el("li", {}, text)));
  fill(find("rivals").tBodies[0], ...(fit.rivals || []).map(([name, px]) => el("tr", {}, el("td", {}, name), el("td", {}, `${number(px, 2)} px`))));
  rows(); draw();
  document.documentElement.dataset.weighed = mine;
}

// --- the recipe

const TEXTS = ["date", "crs", "map", "author"], NUMBERS = ["scale", "source_m"];
function entries() { // what is in the fields, as a recipe holds it
  const held = { ...S.entries };
  for (const name of [...TEXTS, "transformation"]) { const text = find(name).value.trim(); if (text) held[name] = text; else delete held[name]; }
  for (const name of NUMBERS) { const typed = find(name).value.trim(), text = name === "scale" ? typed.replaceAll(/[\s,.](?=\d{3})/g, "") : typed.replace(",", "."); if (text) held[name] = Number.isFinite(Number(text)) ? Number(text) : text; else delete held[name]; }
  for (const name of ["line", "area", "masks"]) if (held[name] && !held[name].length) delete held[name];
  delete held.sides;
  if (S.sides.every((side) => side.name && side.places.length) && S.sides[0].name !== S.sides[1].name) held.sides = Object.fromEntries(S.sides.map((side) => [side.name, side.places]));
  return held;
}
const take = (label, act) => el("button", { type: "button", "aria-label": label, onclick: () => { act(); changed(); list(); } }, "✕");
function list() {
  S.sides.forEach((side, k) => { find(`tool-side${k}`).textContent = `Place of ${side.name || `side ${k + 1}`}`; });
  fill(find("names"), ...S.sides.filter((side) => side.name).map((side) => el("option", { value: side.name })));
  fill(find("places"), ...S.sides.flatMap((side, k) => side.places.map((place, n) => {
    const where = place.col === undefined ? `longitude ${place[0]}, latitude ${place[1]}` : spot(place.col, place.row);
    return el("li", {}, el("span", {}, `${side.name || `Side ${k + 1}`} holds ${where}`), take(`Take this place of ${side.name || `side ${k + 1}`} away`, () => side.places.splice(n, 1)));
  })));
  fill(find("colours"), ...["line", "area"].flatMap((kind) => (S.entries[kind] || []).map((one, n) => {
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" }); swatch.style.backgroundColor = one.colour; swatch.style.flex = "none"; swatch.style.minWidth = "1.8rem";
    const title = kind === "line" ? `Line ${n + 1}` : `Area ${n + 1}`, own = kind === "line" ? "name" : "side";
    const field = (key, about, holder, list) => el("input", { value: one[key] || "", list, placeholder: holder, "aria-label": `${title}: ${about}`, onchange: (event) => { const text = event.target.value.trim(); if (text) one[key] = text; else delete one[key]; changed(); } });
    return el("li", {}, swatch, el("span", {}, `${title}: ${one.colour}`),
      own === "side" ? field("side", "side that holds it", "side that holds it", "names") : field("name", "its name", "name, if you like"),
      field("date", "its day, if not the map’s", "day, if not the map’s"),
      take(`Take ${title.toLowerCase()} away`, () => S.entries[kind].splice(n, 1)));
  })));
  const ends = (ring, axis) => [Math.min, Math.max].map((end) => Math.round(end(...ring.map((corner) => corner[axis])))).join(" to ");
  const frame = S.entries.frame;
  fill(find("boxes"), ...(frame ? [el("li", {}, el("span", {}, `Frame: columns ${frame[0]} to ${frame[2]}, rows ${frame[1]} to ${frame[3]}`), take("Take the frame away", () => delete S.entries.frame))] : []),
    ...(S.entries.masks || []).map((mask, n) => el("li", {}, el("span", {}, Array.isArray(mask[0]) ? `Mask ${n + 1}: ${mask.length} corners, columns ${ends(mask, 0)}, rows ${ends(mask, 1)}` : `Mask ${n + 1}: columns ${mask[0]} to ${mask[2]}, rows ${mask[1]} to ${mask[3]}`), take(`Take mask ${n + 1} away`, () => S.entries.masks.splice(n, 1)))));
  draw();
}
const state = () => JSON.stringify({ points: S.points, entries: S.entries, sides: S.sides });
function changed() { // a drag is one change
  if (!grip?.kept) past.push(last);
  if (grip) grip.kept = true;
  past.splice(0, past.length - MOST_STEPS); last = state();
  S.dirty = true; find("saved").textContent = ""; draw();
}
function undo() {
  if (!past.length) { say("There is no change to take back."); return; }
  const id = S.chosen?.id;
  Object.assign(S, JSON.parse(last = past.pop())); S.dirty = true; corner = box = null; ring = [];
  S.sides.forEach((side, k) => { find(`side${k}`).value = side.name; });
  choose(S.points.find((one) => one.id === id) || null, false, false); list(); weigh(); say("The last change was taken back.");
}
find("undo").onclick = undo;
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "z" || event.shiftKey || event.altKey || !(event.ctrlKey || event.metaKey) || event.target.matches("input:not([type=radio], [type=checkbox])")) return;
  event.preventDefault(); undo();
});

async function save() {
  const bare = S.points.length - placed().length, halfway = S.sides.some((side) => side.name || side.places.length) && !("sides" in entries());
  fill(find("saved")); find("save-error").textContent = "";
  try {
    const { files, lacking } = await ask("save", { points: placed(), entries: entries() });
    S.dirty = Boolean(bare || halfway);
    const left = [bare ? `${bare} of the points have no coordinates and were left out` : "", halfway ? "the sides were left out: they need two different names, and a place each" : ""].filter(Boolean);
    fill(find("saved"), `Saved: ${files.join(", ")}`, left.length ? `; ${left.join("; ")}` : "", ". ", lacking ? `Still lacking: ${lacking}` : "Now, in the terminal: ", lacking ? "" : el("code", {}, `frontlines digitize ${files[0]} --out traced`));
  } catch (error) { find("save-error").textContent = error.message; }
  document.documentElement.dataset.saved = Number(document.documentElement.dataset.saved || 0) + 1;
}
find("save").onclick = save;
for (const name of [...TEXTS, ...NUMBERS, "transformation"]) find(name).addEventListener("change", () => { changed(); if (name === "crs" || name === "transformation") weigh(); });
for (const k of [0, 1]) find(`side${k}`).onchange = (event) => { S.sides[k].name = event.target.value.trim(); changed(); list(); };
find("grid").onchange = weigh;
find("show-net").onchange = find("show-off").onchange = draw;
addEventListener("beforeunload", (event) => { if (S.dirty) event.preventDefault(); });
addEventListener("resize", draw);

// --- the start

async function begin() {
  Object.assign(S, await (await fetch("state")).json());
  const isPlace = (held) => !Array.isArray(held) || typeof held[0] === "number";
  Object.entries(S.entries.sides || {}).forEach(([name, held], k) => { S.sides[k] = { name, places: isPlace(held) ? [held] : held }; find(`side${k}`).value = name; });
  for (const name of [...TEXTS, ...NUMBERS, "transformation"]) if (S.entries[name] !== undefined) find(name).value = S.entries[name];
  find("title").textContent = S.name; document.title = `${S.name} – points – frontlines`;
  say([...S.notes, `${S.size[0]} × ${S.size[1]} pixels. Saves ${S.table} and ${S.recipe}.`].join(" "));
  WHOLE.src = "whole.jpg"; await WHOLE.decode();
  new ResizeObserver(draw).observe(stage);
  last = state(); showAll(); list(); rows(); await weighNow();
  const alive = new EventSource("alive");
  alive.onerror = () => { find("lost").hidden = false; };
  alive.onopen = () => { find("lost").hidden = true; };
  document.documentElement.dataset.begun = "";
}
begin();
