// Everything that a reader can turn: slider, view, side, district.
const by_id = (id) => document.getElementById(id);
const slider = by_id("slider");

function draw() {
  const [date, net] = [day(date_at(state.at)), SOURCES ? "" : `, net ${area(figure("net", state.district), true)} ${UNIT}`];
  slider.value = state.at;
  slider.setAttribute("aria-valuetext", date + net + notes_at(state.at));
  by_id("date").textContent = date;
  by_id("date").title = notes_at(state.at).slice(2);
  draw_map();
  draw_chart();
  draw_card();
  draw_table();
}
function notes_at(at) {
  const step = SOURCES || !at ? {} : data.steps[at - 1];
  return (step.same_input ? "; this snapshot repeats the one before" : "") + (step.suspect ? "; suspect, perhaps a map drawn anew" : "");
}
let waiting = 0;
function go_to(at) {
  state.at = Math.min(Math.max(at, 0), LAST);
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(draw);
}
function choose(district, near = false) {
  state.district = district;
  by_id("district").value = district;
  draw();
  if (near && district !== WHOLE) show(bounds_of(of_district[district]), 6);
}

const VIEWS = SOURCES ? [] : [["change", LAST > 1 ? "Since the start" : "Change"], ...(LAST > 1 ? [["step", "In this step"]] : []), ["who", "Who holds what"]];
const view_labels = d3.select("#views").selectAll("label").data(VIEWS).join("label");
view_labels.append("input").attr("type", "radio").attr("name", "view").attr("value", ([key]) => key).property("checked", ([key]) => key === state.view)
  .on("change", (_, [key]) => { state.view = key; draw(); });
view_labels.append("span").text(([, text]) => text);

d3.select("#side").on("change", (event) => { state.side = event.target.value; draw(); })
  .selectAll("option").data(data.followed).join("option").attr("value", (side) => side).property("selected", (side) => side === state.side).text(named);
by_id("side-box").style.display = SEVERAL ? "" : "none";
const by_label = d3.sort(data.districts.keys(), (a, b) => called(a).localeCompare(called(b)));
d3.select("#district").on("change", (event) => choose(Number(event.target.value), true))
  .selectAll("option").data([WHOLE, ...by_label]).join("option").attr("value", (district) => district).text(called);

slider.max = LAST;
by_id("time").style.display = LAST ? "" : "none";
slider.addEventListener("input", () => go_to(Number(slider.value)));
by_id("back").addEventListener("click", () => go_to(state.at - 1));
by_id("on").addEventListener("click", () => go_to(state.at + 1));
let playing = null;
by_id("play").addEventListener("click", () => {
  if (playing) return stop();
  if (state.at === LAST) go_to(0);
  by_id("play").textContent = "❚❚";
  by_id("play").setAttribute("aria-label", "Pause");
  playing = setInterval(() => (state.at < LAST ? go_to(state.at + 1) : stop()), Math.min(Math.max(24000 / LAST, 60), 900));
});
function stop() {
  clearInterval(playing);
  playing = null;
  by_id("play").textContent = "▶";
  by_id("play").setAttribute("aria-label", "Play");
}
by_id("every").addEventListener("change", draw_table);
by_id("csv").addEventListener("click", download);

// Pointers over the map: a note of figures; a click chooses a district.
const tip = d3.select("#tip");
function show_tip(event, district) {
  const [x, y] = d3.pointer(event, box.node());
  tip.style("display", "block").selectAll("*").data(tip_words(district)).join((enter) => enter.append((_, place) => document.createElement(place ? "span" : "b"))).text((text) => text);
  const { offsetWidth: wide, offsetHeight: high } = tip.node();
  tip.style("left", `${x + 16 + wide > width ? Math.max(x - wide - 12, 0) : x + 16}px`).style("top", `${Math.max(y + 16 + high > height ? y - high - 12 : y + 16, 0)}px`);
}
let pointed = null;
function point_at(district) {
  if (district !== pointed) over.attr("d", outline(district));
  pointed = district;
}
hits.each(function (_, district) {
  d3.select(this).on("pointermove", (event) => { point_at(district); show_tip(event, district); })
    .on("pointerleave", () => { point_at(null); tip.style("display", "none"); })
    .on("click", () => choose(district === state.district ? WHOLE : district));
});
svg.on("click.none", (event) => { if (event.target === svg.node() && state.district !== WHOLE) choose(WHOLE); });

by_id("nearer").addEventListener("click", () => svg.call(zoom.scaleBy, 1.6));
by_id("farther").addEventListener("click", () => svg.call(zoom.scaleBy, 1 / 1.6));
by_id("whole").addEventListener("click", () => svg.call(zoom.transform, d3.zoomIdentity));
let closeup = null; // of all changes; found when the map is seen
by_id("closeup").addEventListener("click", () => show(closeup));
by_id("closeup").textContent = SOURCES ? "Zoom to the difference" : "Zoom to the change";
by_id("views").style.display = VIEWS.length ? "" : "none";
const KEYS = {
  ArrowLeft: () => svg.call(zoom.translateBy, 60 / view.k, 0), ArrowRight: () => svg.call(zoom.translateBy, -60 / view.k, 0),
  ArrowUp: () => svg.call(zoom.translateBy, 0, 60 / view.k), ArrowDown: () => svg.call(zoom.translateBy, 0, -60 / view.k),
  "+": () => svg.call(zoom.scaleBy, 1.6), "=": () => svg.call(zoom.scaleBy, 1.6), "-": () => svg.call(zoom.scaleBy, 1 / 1.6),
  0: () => svg.call(zoom.transform, d3.zoomIdentity), Escape: () => choose(WHOLE),
};
box.on("keydown", (event) => {
  if (event.target !== box.node() || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

let resizing = 0;
addEventListener("resize", () => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(() => { resize(); draw_chart(); }); });
addEventListener("beforeprint", () => { resize(); draw_chart(); });
resize();
draw_map();
performance.mark("map");
requestAnimationFrame(() => setTimeout(() => { // the map is seen before the rest is there
  closeup = changed_bounds();
  by_id("closeup").disabled = closeup[0] > closeup[2];
  draw_places();
  draw();
  document.documentElement.dataset.drawn = "true";
}));
