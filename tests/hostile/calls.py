"""Good arguments of every public function, on a small study, and what spoils each of them."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from shapely import LineString, Point, Polygon, box

import frontlines as fl
from frontlines import datasets, digitize, plot, report

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000
EAST = 4000


def layer(geometry, **columns):
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def halves(edge):
    return [box(X, Y, X + edge, Y + 8000), box(X + edge, Y, X + 8000, Y + 8000)]


def lines_on(day, x):
    path = LineString([(X + x, Y), (X + x + 100, Y + 4000), (X + x, Y + 8000)])
    date = pd.to_datetime([day])
    return layer([path], date=date, side_left="A", side_right="B", source="s", sigma_m=50.0, note="")


def control_on(day, x):
    return layer(halves(x), date=pd.to_datetime([day] * 2), side=["A", "B"], source="s", sigma_m=50.0)


THEATRE = layer([box(X, Y, X + 8000, Y + 8000)])
BEFORE, AFTER = control_on("1994-04-07", EAST), control_on("1994-05-12", EAST + 900)
CONTROL = pd.concat([BEFORE, AFTER], ignore_index=True)
DISTRICTS = layer(halves(EAST), district=["D", "E"], vintage="")
LINES = pd.concat([lines_on("1994-04-07", EAST), lines_on("1994-05-12", EAST + 900)], ignore_index=True)
PLACES = layer([Point(X + 1, Y + 1), Point(X + 7000, Y + 1)], name=["P", "Q"], side=["A", "B"], source="s")
PLACES = PLACES.assign(date=BEFORE["date"])
NOISE = fl.NoiseModel(sigma_m=50.0, correlation_m=1000.0)


def calls(folder):
    """Give functions and classes with arguments that they can work with."""
    change = fl.change_between(BEFORE, AFTER, THEATRE)
    transitions = fl.transitions_by_district(change, DISTRICTS)
    balance = fl.balance_by_district(transitions, "A")
    series = fl.change_series(CONTROL, DISTRICTS, "A")
    lengths = fl.front_length(LINES, resolution_m=500.0)
    transects = fl.make_transects(LINES, "A", theatre=THEATRE, spacing_m=1000.0, length_m=6000.0)
    displaced = fl.displacement(transects, LINES)
    of_districts = fl.front_length(LINES, DISTRICTS, resolution_m=500.0)
    advance = fl.mean_advance(balance, of_districts)
    nearest, distances = fl.nearest_distance(LINES, "A"), fl.line_distances(LINES, "A")
    results = fl.compare(BEFORE, AFTER, DISTRICTS, side="A")
    nets = fl.net_by_source(
        {"s": CONTROL, "t": CONTROL}, THEATRE, "A", tuple(sorted(set(CONTROL["date"]))), NOISE
    )
    agreement = fl.agreement_by_district(BEFORE, BEFORE.assign(side=["B", "A"]), DISTRICTS, "A")
    ground = fl.differing_ground(BEFORE, BEFORE.assign(side=["B", "A"]), THEATRE, "A")
    days = list(CONTROL["date"].unique())
    ax = Figure().subplots()
    errors = {"balance": balance, "control": CONTROL, "frontlines": LINES, "theatre": THEATRE}
    errors |= {"districts": DISTRICTS, "noise": NOISE, "border_m": 1.0, "reach_m": 5000.0}
    page = {"title": "T", "caption": "C", "style": fl.MapStyle()}
    by_error = fl.error_by_correlation(**errors)
    scan, knobs = np.full((40, 60, 3), 255, np.uint8), digitize.Knobs(stroke_px=3.0)
    scan[:, 29:32] = (200, 0, 0)
    scan[:, :20] = (0, 0, 200)
    points = pd.DataFrame({"id": list("abcdef"), "col": [0, 50, 0, 50, 20, 30], "row": [0, 0, 30, 30, 20, 9]})
    points = points.assign(lon=46 + points["col"] / 100, lat=40 - points["row"] / 100)
    control = digitize.GroundControl(points)
    traced = digitize.trace_lines(scan, {"front": "#c80000"}, knobs=knobs)
    drawn = pd.DataFrame({"x": [3.0], "y": [3.0], "text": ["T"], "size_px": [5.0]})
    stripe = gpd.GeoDataFrame(
        {"colour": ["#c80000"], "width_px": [3.0]}, geometry=[LineString([(30, 2), (30, 38)])]
    )
    raw = {"crs": CRS, "mend": False}
    file = folder / "layer.gpkg"
    fl.write(DISTRICTS, file)
    return {
        fl.as_control: {"frame": BEFORE, **raw, "theatre": THEATRE, "rest": "unknown", "margin_m": 10.0},
        fl.as_frontlines: {"frame": LINES, **raw},
        fl.as_districts: {"frame": DISTRICTS, **raw, "key": "district", "dissolve": True, "theatre": THEATRE},
        fl.as_settlements: {"frame": PLACES, "crs": CRS, "unlocated": "drop"},
        fl.as_theatre: {"frame": THEATRE, **raw},
        fl.check_layer: {"frame": BEFORE, "kind": "control", "key": "district", "theatre": THEATRE},
        fl.working_crs: {"theatre": THEATRE},
        fl.control_from_lines: {"frontlines": LINES, "theatre": THEATRE, "snap_m": 100.0},
        fl.control_from_settlements: {"settlements": PLACES, "theatre": THEATRE, "reach_m": 1e5},
        fl.frontlines_from_control: {"control": BEFORE, "theatre": THEATRE, "border_m": 1.0},
        fl.fronts_of_side: {"control": BEFORE, "theatre": THEATRE, "side": "A", "border_m": 1.0},
        fl.lines_with_sides: {
            "frame": LINES.iloc[:1].drop(columns=["side_left", "side_right"]), "theatre": THEATRE, "mend": False,
            "side_at": {"A": [(10.02, 52.03)], "B": [(10.1, 52.03)]}, "snap_m": 1000.0,
        },
        fl.change_between: {"before": BEFORE, "after": AFTER, "theatre": THEATRE, "sliver_m": 1.0},
        fl.transitions_by_district: {"change": change, "districts": DISTRICTS},
        fl.balance_by_district: {"transitions": transitions, "side": "A"},
        fl.transition_matrix: {"transitions": transitions},
        fl.change_series: {
            "control": CONTROL, "districts": DISTRICTS, "side": "A", "freq": "MS", "day": 1, "mapper": map,
            "progress": None, "tolerance_m": 0.1, "previous": None,
        },
        fl.series_totals: {"series": series},
        fl.follow_places: {
            "control": CONTROL, "settlements": PLACES, "districts": DISTRICTS, "rest": "unknown",
            "sigma_m": 50.0, "border_m": 1.0,
        },
        fl.series_error: {
            "series": series, "control": CONTROL, "districts": DISTRICTS, "noise": NOISE,
            "frontlines": LINES, "border_m": 1.0, "level": 0.9,
        },
        fl.front_length: {"frontlines": LINES, "districts": DISTRICTS, "resolution_m": 500.0},
        fl.make_transects: {
            "frontlines": LINES, "side": "A", "theatre": THEATRE, "spacing_m": 1000.0, "length_m": 6000.0,
            "smoothing_m": 100.0, "copies": 1, "baseline": LINES[:1], "axis": None,
        },
        fl.displacement: {
            "transects": transects, "frontlines": LINES, "districts": DISTRICTS, "dates": days,
            "crossing": "nearest", "level": 0.9, "oblique_deg": 30.0,
        },
        fl.mean_advance: {"balance": balance, "lengths": of_districts},
        fl.nearest_distance: {
            "frontlines": LINES, "side": "A", "districts": DISTRICTS, "step_m": 500.0, "percentiles": (50.0,)
        },
        fl.line_distances: {"frontlines": LINES, "side": "A", "districts": DISTRICTS, "step_m": 500.0},
        fl.estimator_table: {
            "displaced": displaced, "advance": advance, "nearest": nearest, "lines": distances
        },
        fl.NoiseModel: {
            "sigma_m": 50.0, "correlation_m": 1000.0, "rng": 0, "shared_bias_m": 0.0, "between": 0.0,
            "length_factor": 3.0,
        },
        fl.balance_error: {**errors, "level": 0.9},
        fl.error_by_correlation: {**errors, "correlation_m": [100.0]},
        fl.simulate_balance: {**errors, "draws": 4, "level": 0.9, "mapper": map, "progress": None},
        fl.correlation_from: {"first": LINES[:1], "second": LINES[1:]},
        fl.agreement: {"first": BEFORE, "second": BEFORE, "districts": DISTRICTS, "side": "A"},
        fl.agreement_by_district: {"first": BEFORE, "second": BEFORE, "districts": DISTRICTS, "side": "A"},
        fl.differing_ground: {"first": BEFORE, "second": BEFORE, "theatre": THEATRE, "side": "A"},
        fl.front_apart: {"first": LINES[:1], "second": LINES[:1], "apart_m": 100.0},
        fl.net_by_source: {
            "sources": {"s": CONTROL, "t": CONTROL}, "theatre": THEATRE, "side": "A", "dates": tuple(days), "noise": NOISE,
            "border_m": 1.0, "level": 0.9,
        },
        fl.compare: {
            "before": BEFORE, "after": AFTER, "districts": DISTRICTS, "side": "A", "key": "district",
            "progress": None, "theatre": THEATRE, "days": (None, None), "rest": "unknown", "sigma_m": 50.0,
            "correlation_m": 100.0, "draws": 0, "mend": False, "settlements": PLACES, "label": "vintage",
            "source": "s", "title": "T", "sides": {"A": "a"}, "description": fl.Description(),
            "snap_m": 100.0, "sliver_m": 1.0, "border_m": 1.0, "margin_m": 1.0, "reach_m": None,
            "population": None, "population_per": None,
        },
        fl.follow: {
            "snapshots": CONTROL, "districts": DISTRICTS, "side": "A", "key": "district", "every": "month",
            "theatre": THEATRE, "settlements": PLACES, "source": "s", "progress": None, "title": "T",
            "front_m": (500.0,), "tolerance_m": 0.1, "rest": "unknown", "sigma_m": 50.0, "label": "vintage",
            "correlation_m": 1000.0, "sides": {"A": "a"}, "margin_m": 1.0, "border_m": 1.0, "day": None,
        },
        fl.measure_movement: {
            "before": BEFORE, "after": AFTER, "districts": DISTRICTS, "side": "A", "key": "district",
            "progress": None, "spacing_m": 1000.0, "length_m": 6000.0, "copies": 1, "smoothing_m": 100.0,
            "between": (), "crossing": "nearest", "baseline": None, "axis": None,
        },
        fl.run_study: {"study": results.study, "progress": None},
        fl.run_movement: {"study": results.study, "spacing_m": 1000.0, "title": "T"},
        fl.run_series: {
            "snapshots": CONTROL, "districts": DISTRICTS, "side": "A", "freq": "week", "day": None,
            "frontlines": LINES, "noise": None, "previous": None, "record": {}, "population": None,
        },
        fl.run_agreement: {
            "first": BEFORE, "second": BEFORE, "districts": DISTRICTS, "side": "A", "theatre": THEATRE,
            "names": ("a", "b"), "apart_m": (100.0,), "border_m": 1.0, "margin_m": 1.0, "title": "T",
            "sides": {"A": "a"}, "record": {}, "progress": None, "label": "vintage",
        },
        fl.study_from_files: {"before": BEFORE, "after": AFTER, "districts": DISTRICTS, "side": "A"},
        fl.load_study: {"name": "karabakh-1994", "changes": {"study": {"side": "ARM"}}},
        fl.read_study: {"path": datasets.locate("karabakh-1994"), "changes": None},
        fl.read_layer: {"path": file, "description": fl.Description()},
        fl.read_control: {"path": file, "description": fl.Description()},
        fl.read_frontlines: {"path": file, "description": fl.Description()},
        fl.read_districts: {"path": file, "description": fl.Description()},
        fl.read_settlements: {"path": file, "description": fl.Description()},
        fl.read_population: {"path": file, "per": "pixel", "crs": CRS},
        fl.write: {"frame": DISTRICTS, "path": folder / "out.gpkg"},
        fl.raised_limits: {"draws": 1e6},
        fl.Description: {"sides": {"x": "A"}, "shift_days": 0, "date_format": "%Y", "each_day": None},
        fl.MapStyle: {"width_mm": 100.0, "palette": ("#000000",), "font": "DejaVu Sans", "paper": "white"},
        plot.agreement_chart: {"table": agreement, "names": ("a", "b"), "side": "A", **page},
        plot.agreement_figure: {
            "ground": ground, "districts": DISTRICTS, "names": ("a", "b"), "side": "A", "around": "none",
            **page,
        },
        plot.animate_control: {
            "control": CONTROL, "districts": DISTRICTS, "path": folder / "film.gif", "side": "A",
            "theatre": THEATRE, "totals": None, "places": PLACES, "sides": {"A": "a"}, "caption": "C",
            "frames_per_second": 2.0, "width_px": 480, "progress": None, "style": fl.MapStyle(), "around": "none",
        },
        plot.change_figure: {"results": results, "style": fl.MapStyle()},
        plot.district_figure: {"series": series, "most": 2, "labels": {"D": "d"}, "sides": {"A": "a"}},
        plot.draw_change: {"change": change, "side": "A", "ax": ax, "sides": ("A",)},
        plot.draw_context: {"context": DISTRICTS.assign(name="C", kind="country"), "ax": ax, "label": True},
        plot.draw_control: {"control": BEFORE, "ax": ax, "sides": ("A",), "style": fl.MapStyle()},
        plot.draw_districts: {"districts": DISTRICTS, "ax": ax, "label": True, "weight": {"D": 1.0}, "most": 1},
        plot.draw_error_by_correlation: {"table": by_error, "ax": ax},
        plot.draw_front_length: {"lengths": lengths, "ax": ax},
        plot.draw_frontlines: {"frontlines": LINES, "ax": ax, "band": True, "within": None},
        plot.draw_gains_and_losses: {"series_or_totals": series, "ax": ax},
        plot.draw_net_by_side: {"series_or_totals": series, "ax": ax, "sides": {"A": "a"}},
        plot.draw_profile: {"displaced": displaced, "ax": ax, "settlements": PLACES, "level": 0.9},
        plot.draw_series: {"series_or_totals": series, "ax": ax},
        plot.draw_settlements: {"settlements": PLACES, "ax": ax, "names": ["P"], "label": True},
        plot.draw_sides: {"series_or_totals": series, "ax": ax, "whole_km2": 64.0, "sides": {"A": "a"}},
        plot.draw_transects: {"transects": displaced, "ax": ax},
        plot.movement_figure: {
            "displaced": displaced, "frontlines": LINES, "districts": DISTRICTS, "settlements": PLACES,
            "around": "coast", **page,
        },
        plot.net_by_source_figure: {"nets": nets, **page},
        plot.overlay_figure: {"digitized": None},
        plot.residual_figure: {"digitized": None},
        plot.profile_figure: {"displaced": displaced, "settlements": PLACES, "level": 0.9, **page},
        plot.series_figure: {
            "series_or_totals": series, "fronts": lengths, "whole_km2": 64.0, "sides": {"A": "a"}, **page
        },
        plot.transition_matrix_figure: {"transitions": transitions, "sides": {"A": "a"}, "most": 9, **page},
        digitize.digitize: {"recipe": folder / "none.toml", "progress": None},
        digitize.read_recipe: {"path": folder / "none.toml"},
        digitize.read_control_points: {"path": folder / "none.points", "crs": CRS},
        digitize.read_world_file: {"path": folder / "none.pgw"},
        digitize.follow_hidden: {"tracing": traced},
        digitize.georeference: {
            "control": control, "size_px": (60, 40), "crs": "EPSG:4326", "transformation": "affine"
        },
        digitize.georeference_from_affine: {
            "affine": (0.01, 0.0, 46.0, 0.0, -0.01, 40.0), "crs": "EPSG:4326", "size_px": (60, 40), "source": "s"
        },
        digitize.open_scan: {"image": scan, "page": None},
        digitize.open_sheet: {"image": scan},
        digitize.suggest_colours: {"scan": scan, "most": 3, "progress": None},
        digitize.suggest_fills: {"scan": scan},
        digitize.trace_areas: {
            "scan": scan, "colours": {"A": "#0000c8"}, "masks": [box(50, 5, 55, 9)], "min_area_px": 10.0,
            "border_px": 2.0, "coast": "inside", "progress": None,
        },
        digitize.trace_lines: {
            "scan": scan, "colours": {"front": "#c80000"}, "masks": [box(50, 5, 55, 9)], "knobs": knobs
        },
        digitize.Knobs: {"stroke_px": 3.0, "min_length_px": 5.0, "gap_px": 1.0, "spur_px": 1.0},
        digitize.Places: {"lonlat": ((46.0, 40.0),), "pixels": ((1.0, 2.0),)},
        digitize.AreaRecipe: {"colour": "#0000c8", "side": "A", "date": pd.Timestamp("1994-05-12")},
        digitize.LineRecipe: {
            "name": "front", "colour": "#c80000", "date": pd.Timestamp("1994-05-12"), "knobs": knobs,
            "sides": {"A": digitize.Places(pixels=((1.0, 2.0),))}, "note": "",
        },
        digitize.Recipe: {"image": folder / "none.png", "masks": (), "source_m": 1.0, "scale": 1000},
        digitize.GroundControl: {"points": control.points, "source": "s", "left_out": ()},
        fl.save_figure: {"figure": Figure(), "path": folder / "figure.svg", "description": "made up"},
        report.write_page: {"folder": folder, "path": folder / "report.html"},
        datasets.countries: {"names": ["France"]},
        datasets.locate: {"name": "karabakh-1994"},
        datasets.render_scan: {"lines": stripe, "size_px": (60, 40), "labels": drawn, "rng": 0},
        datasets.scan_of_map: {
            "lines": LINES.assign(colour="#c80000", width_px=3.0), "crs": CRS, "width_px": 200,
            "graticule_deg": 0.02, "rng": 0,
        },
        datasets.synthetic_war: {"n_days": 3, "n_vertices": 20, "n_sides": 2, "rng": 0},
        datasets.ScanLook: {"paper": "#ffffff", "unevenness": 0.0, "rotation_deg": 0.0, "jpeg_quality": 85},
    }  # fmt: skip


def spoiled(value):
    """Give, by a name, what stands for a value but is none."""
    if isinstance(value, pd.DataFrame):
        yield from _spoiled_frames(value)
    yield from {"none": None, "object": object(), "complex": 7j, "bytes": b"x\xff"}.items()
    if isinstance(value, bool | None):
        yield from {"text": "x", "int": 7, "list": ["x"]}.items()
    elif isinstance(value, float | int):
        yield from {"text": "x", "below": -1.0, "inf": np.inf, "nan": np.nan, "huge": 1e300}.items()
        yield from {"list": [1], "0": 0, "tiny": 1e-9, "large": 10**25, "true": True}.items()
    elif isinstance(value, str | Path):
        yield from {"int": 3, "list": ["a", 3], "empty": "", "blank": " ", "long": "x" * 5000}.items()
        yield from {"nul": "\0", "surrogate": "\udcff", "unknown": "nothing known", "folder": "."}.items()
    elif isinstance(value, dict):
        yield from {"text": "x", "empty": {}, "bad": {"A": "x", "B": [1]}, "keys": {1: 2}}.items()
        yield "nan", {"A": [(np.nan, 1)], "B": [(1, 2)]}
    else:
        yield from {"text": "x", "int": 3, "4326": 4326, "list": [object()], "empty": ()}.items()


def _spoiled_frames(frame):
    yield from {"no row": frame.iloc[:0], "same labels": frame.set_axis([1] * len(frame))}.items()
    plain = frame.columns.drop("geometry", errors="ignore")
    if len(plain):
        yield "two of each", pd.concat([frame, pd.DataFrame(frame[plain])], axis=1)
    if isinstance(frame, gpd.GeoDataFrame):
        yield from {"no geometry": pd.DataFrame(frame[plain]), "series": frame.geometry}.items()
        yield from {
            "no CRS": frame.set_crs(None, allow_override=True),
            "other CRS": frame.to_crs("EPSG:3857") if frame.crs else frame.set_crs("EPSG:3857"),
        }.items()
        nan = np.array([[0, 0], [np.nan, 1], [1, 1], [0, 0]], float)
        for name, shape in {
            "nowhere": None,
            "empty": Polygon(),
            "nan": shapely.polygons(nan),
            "nan line": shapely.linestrings(nan),
            "point": Point(X, Y),
            "line": LineString([(X, Y), (X + 1, Y)]),
            "square": box(X, Y, X + 1, Y + 1),
        }.items():
            yield name, frame.set_geometry(gpd.GeoSeries([shape] * len(frame), frame.index, frame.crs))
    for column in plain:
        yield f"no {column}", frame.drop(columns=column)
        for name, held in {"number": 3.5, "text": "x", "null": None, "list": [[1]] * len(frame)}.items():
            yield f"{name} as {column}", frame.assign(**{column: held})
        yield f"year 1 as {column}", frame.assign(**{column: pd.Timestamp("0001-01-01").as_unit("s")})
