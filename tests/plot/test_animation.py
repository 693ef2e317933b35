"""Animations, read back from the files that they write."""

import shutil
import stat
import sys
from itertools import pairwise

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from matplotlib import pyplot as plt
from PIL import Image

from frontlines.errors import CRSError, FrontlinesError, LayerError, SourceError
from frontlines.plot import MapStyle, animate_control
from frontlines.plot.film_files import write_film
from frontlines.plot.style import AreaStyle, seen_from
from frontlines.series.change_series import change_series
from frontlines.series.totals import series_totals

KM = 1000.0
CRS = pyproj.CRS("+proj=laea +lat_0=40 +lon_0=46 +datum=WGS84 +units=m")
HOSTILE = "$x_1$ [bold] </b>"
DAYS = pd.date_range("2031-06-01", periods=4, freq="D")
WIDTHS_KM = (40, 60, 60, 30)  # of the ground that the side holds, day by day
PALE = MapStyle(gained=AreaStyle("#F4B54A"), lost=AreaStyle("#3F9C8F"))


def frame(geometry, **columns):
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def control(side="A", *, fog=False):
    boxes = [shapely.box(0, 0, width * KM, 50 * KM) for width in WIDTHS_KM]
    fronts = frame(boxes, date=DAYS, side=side)
    grey = frame([shapely.box(80 * KM, 0, 95 * KM, 50 * KM)], date=DAYS[:1], side="contested")
    return gpd.GeoDataFrame(pd.concat([fronts, grey] if fog else [fronts]), geometry="geometry", crs=CRS)


def theatre():
    return frame([shapely.box(0, 0, 100 * KM, 50 * KM)])


def districts():
    return frame([shapely.box(x * KM, 0, (x + 50) * KM, 50 * KM) for x in (0, 50)], district=["W", "E"])


def pictures(folder):
    return [np.array(Image.open(file)) for file in sorted(folder.iterdir())]


def pixels(picture, colour):
    return int((picture == np.array(mpl.colors.to_rgb(colour)) * 255).all(axis=2).sum())


def draw(path, **kwargs):
    given = {
        "control": control(),
        "districts": None,
        "side": "A",
        "theatre": theatre(),
        "width_px": 480,
        "style": PALE,
    }
    given |= kwargs
    return animate_control(given.pop("control"), given.pop("districts"), path, **given)


def test_a_folder_gets_a_numbered_picture_for_each_date(tmp_path):
    written = draw(tmp_path / "war")
    assert written == tmp_path / "war"
    assert [file.name for file in sorted(written.iterdir())] == [f"frame_{n:04d}.png" for n in (1, 2, 3, 4)]
    sizes = {picture.shape for picture in pictures(written)}
    assert len(sizes) == 1
    assert sizes.pop()[1] == 480


def test_ground_gained_and_lost_since_the_first_day_has_its_colour(tmp_path):
    shots = pictures(draw(tmp_path / "war"))
    gained = [pixels(shot, PALE.gained.face) for shot in shots]
    lost = [pixels(shot, PALE.lost.face) for shot in shots]
    legend = gained[0]
    assert gained[1] > 10 * legend
    assert gained[1] == gained[2]
    assert gained[3] == legend
    assert lost[0] == lost[1] == lost[2]
    assert (gained[1] - legend) / (lost[3] - lost[0]) == pytest.approx(2, rel=0.05)


def test_gained_ground_takes_its_share_of_the_map(tmp_path):
    first, second, *_ = pictures(draw(tmp_path / "war"))
    changed = pixels(second, PALE.gained.face) - pixels(first, PALE.gained.face)
    inner = 480 - 2 * 16  # the map without the margins of the page
    km_per_px = 100 * 1.06 / inner
    assert changed * km_per_px**2 == pytest.approx(20 * 50, rel=0.05)


def test_contested_ground_is_hatched_only_while_it_is(tmp_path):
    foggy = pictures(draw(tmp_path / "fog", control=control(fog=True)))
    rows = slice(80, 200)
    inked = [int((shot[rows, 380:440].min(axis=2) < 120).sum()) for shot in foggy]
    assert inked[0] > 20 + inked[1]
    assert inked[1] == inked[2]


def test_frames_follow_the_dates_not_the_rows(tmp_path):
    mixed = pictures(draw(tmp_path / "mixed", control=control().iloc[[2, 0, 3, 1]]))
    for one, other in zip(mixed, pictures(draw(tmp_path / "sorted")), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_words_change_from_frame_to_frame(tmp_path):
    heads = [shot[:40] for shot in pictures(draw(tmp_path / "war"))]
    assert all((one != other).any() for one, other in pairwise(heads))


def test_a_gif_plays_the_same_frames(tmp_path):
    shots = pictures(draw(tmp_path / "war"))
    with Image.open(draw(tmp_path / "war.gif", frames_per_second=8)) as film:
        assert film.n_frames == 4
        assert film.info["loop"] == 0
        waits = []
        for number, shot in enumerate(shots):
            film.seek(number)
            waits.append(film.info["duration"])
            off = np.abs(np.array(film.convert("RGB"), dtype=int) - shot)
            assert off.max() <= 32
            assert off.mean() < 0.05
    assert waits[:3] == [120, 130, 120]
    assert waits[3] > 1000


def test_a_gif_keeps_the_colours_of_its_legend(tmp_path):
    style = MapStyle(side_colours={"A": "#0072b2", "B": "#d55e00"})
    grounds = {"control": control(fog=True).iloc[[0, -1]], "districts": districts(), "style": style}
    (shot,) = pictures(draw(tmp_path / "war", **grounds))
    with Image.open(draw(tmp_path / "war.gif", **grounds)) as film:
        played = np.array(film.convert("RGB"))
    seen = seen_from("A", style)
    for colour in (seen.gained.face, seen.lost.face, seen.held.face):
        assert pixels(shot, colour) > 30
        assert pixels(played, colour) == pixels(shot, colour)


def test_a_gif_holds_paper_white_and_only_what_changed(tmp_path):
    path = draw(tmp_path / "war.gif")
    with Image.open(path) as film:
        assert film.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    alone = draw(tmp_path / "one.gif", control=control().iloc[:1])
    assert path.stat().st_size < 3 * alone.stat().st_size


def test_the_same_input_gives_the_same_bytes(tmp_path):
    assert draw(tmp_path / "a.gif").read_bytes() == draw(tmp_path / "b.gif").read_bytes()


def test_the_net_change_of_totals_is_that_of_the_areas(tmp_path):
    totals = series_totals(change_series(control(), districts(), "A"))
    plain = totals.assign(same_input=False)
    one, other = (pictures(draw(tmp_path / n, totals=t)) for n, t in (("a", None), ("b", plain)))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_repeated_and_suspect_snapshots_are_named(tmp_path):
    totals = series_totals(change_series(control(), districts(), "A"))
    assert totals["same_input"].tolist() == [False, True, False]
    shots = pictures(draw(tmp_path / "war", totals=totals.assign(suspect=[False, False, True])))
    rows = slice(68, 82)
    inked = [int((shot[rows].min(axis=2) < 128).sum()) for shot in shots]
    assert inked[0] == inked[1] == 0
    assert inked[2] > 50
    assert inked[3] > 50


def test_a_later_start_counts_from_its_first_day(tmp_path):
    totals = series_totals(change_series(control(), districts(), "A")).assign(same_input=False)
    one = pictures(draw(tmp_path / "a", control=control().iloc[1:], totals=totals))
    other = pictures(draw(tmp_path / "b", control=control().iloc[1:]))
    np.testing.assert_array_equal(one[-1], other[-1])


def test_the_foot_names_the_sources_or_what_is_asked_for(tmp_path):
    one, other = (
        pictures(draw(tmp_path / name, control=control().assign(source=source), caption=caption))[0]
        for name, source, caption in (("a", HOSTILE, None), ("b", "x", f"Source: {HOSTILE}."))
    )
    np.testing.assert_array_equal(one, other)
    none = pictures(draw(tmp_path / "none", around="none"))[0]
    assert none.shape[0] < one.shape[0]
    np.testing.assert_array_equal(pictures(draw(tmp_path / "empty", caption="", around="none"))[0], none)


@pytest.mark.parametrize("width", [480, 961])
def test_any_width_and_layers_will_do(tmp_path, width):
    layers = {"theatre": None, "districts": districts(), "control": control(HOSTILE * 9, fog=True)}
    shots = pictures(draw(tmp_path / "war", side=HOSTILE * 9, width_px=width, **layers))
    assert shots[0].shape[1] == width
    assert shots[0].shape[0] % 2 == 0


def test_a_side_may_hold_nothing_on_a_day(tmp_path):
    none = frame([None], date=DAYS[1:2], side="B")
    rows = pd.concat([control().iloc[[0, 2]], none])
    assert len(pictures(draw(tmp_path / "war", control=gpd.GeoDataFrame(rows, crs=CRS)))) == 3


def test_ground_of_nobody_shown_is_in_the_legend_only_where_there_is_some(tmp_path):
    grey = []
    for day, east_km in enumerate((60, 70)):  # the theatre reaches to 100 km
        shapes = [shapely.box(0, 0, 40 * KM, 50 * KM), shapely.box(40 * KM, 0, (40 + east_km) * KM, 50 * KM)]
        rows = frame(shapes, date=DAYS[0], side=["A", "B"])
        home = frame([shapely.box(0, 0, (100 + 10 * day + 10 * (day == 1)) * KM, 50 * KM)])
        shots = pictures(
            draw(tmp_path / str(day), control=rows, side=["A", "B"], theatre=home, around="none")
        )
        grey.append(pixels(shots[0], MapStyle().unknown.face))
    assert grey[0] < 40 < grey[1]


def test_progress_is_told(tmp_path):
    told = []
    draw(tmp_path / "war", progress=lambda share, _: told.append(share))
    assert told == [0, 0.25, 0.5, 0.75, 1]


def test_frames_and_settings_are_left_alone(tmp_path):
    ground, before = control(), dict(mpl.rcParams)
    copy = ground.copy()
    draw(tmp_path / "war", control=ground)
    assert_geodataframe_equal(ground, copy)
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_a_file_is_replaced_and_a_full_folder_is_not(tmp_path):
    (tmp_path / "war.gif").write_text("old")
    assert draw(tmp_path / "war.gif").read_bytes()[:6] == b"GIF89a"
    (tmp_path / "empty").mkdir()
    assert len(pictures(draw(tmp_path / "empty"))) == 4
    with pytest.raises(SourceError, match="is there and is no empty folder: pass another name"):
        draw(tmp_path / "empty")
    (tmp_path / "name.gif").mkdir()
    with pytest.raises(SourceError, match="is a folder: pass the name of a file"):
        draw(tmp_path / "name.gif")


@pytest.mark.parametrize("name", ["war", "war.gif"])
def test_nothing_is_left_of_a_film_that_breaks(tmp_path, name):
    def frames():
        yield np.zeros((4, 6, 3), dtype=np.uint8)
        raise RuntimeError("broken")

    black = np.zeros((1, 3), dtype=np.uint8)
    with pytest.raises(RuntimeError, match="broken"):
        write_film(frames(), tmp_path / name, pixels=black, frames_per_second=10)
    assert list(tmp_path.iterdir()) == []


def test_a_gif_of_many_colours_never_uses_the_clear_one(tmp_path):
    rng = np.random.default_rng(1)
    noise = [rng.integers(0, 256, (40, 60, 3), dtype=np.uint8) for _ in range(3)]
    write_film(
        noise, tmp_path / "noise.gif", pixels=np.concatenate(noise).reshape(-1, 3), frames_per_second=10
    )
    with Image.open(tmp_path / "noise.gif") as film:
        for number, shot in enumerate(noise):
            film.seek(number)
            off = np.abs(np.array(film.convert("RGB"), dtype=int) - shot)
            assert off.mean() < 25


def fake_ffmpeg(folder, script):
    program = folder / "ffmpeg"
    program.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for ffmpeg is a script")
def test_a_film_is_piped_to_ffmpeg(tmp_path, monkeypatch):
    script = (
        "data = sys.stdin.buffer.read(); open(sys.argv[-1], 'w').write(f'{len(data)} ' + ' '.join(sys.argv))"
    )
    monkeypatch.setitem(mpl.rcParams, "animation.ffmpeg_path", fake_ffmpeg(tmp_path, script))
    told = draw(tmp_path / "war.mp4", frames_per_second=12).read_text()
    height = pictures(draw(tmp_path / "war"))[0].shape[0]
    assert told.split()[0] == str(4 * 480 * height * 3)
    assert f"-s 480x{height} -r 12" in told


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for ffmpeg is a script")
@pytest.mark.parametrize(
    "script", ["sys.exit('no such codec')", "sys.stdin.buffer.read(); sys.exit('no such codec')"]
)
def test_what_ffmpeg_says_is_told(tmp_path, monkeypatch, script):
    (tmp_path / "bin").mkdir()
    monkeypatch.setitem(mpl.rcParams, "animation.ffmpeg_path", fake_ffmpeg(tmp_path / "bin", script))
    with pytest.raises(SourceError, match=r"ffmpeg could not write war.mp4: no such codec"):
        draw(tmp_path / "war.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_film_is_a_film(tmp_path):
    assert b"ftyp" in draw(tmp_path / "war.mp4", width_px=481).read_bytes()[:12]


def test_a_film_needs_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "animation.ffmpeg_path", "no-such-program")
    with pytest.raises(
        SourceError, match=r"no program ffmpeg is found.* or choose a name that ends in \.gif"
    ):
        draw(tmp_path / "war.mp4")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"side": "Z"}, LayerError, "side 'Z' holds no ground on any date: the sides are 'A'"),
        ({"width_px": 300}, FrontlinesError, "width_px = 300 is too narrow for its words: pass 480"),
        ({"frames_per_second": 0}, SourceError, "frames_per_second = 0 cannot be shown"),
        ({"frames_per_second": 90}, SourceError, "frames_per_second = 90 cannot be shown"),
        ({"control": control().drop(columns="date")}, LayerError, "control has no column 'date'"),
        ({"control": control().assign(date=pd.NaT)}, LayerError, "control has no column 'date' of days"),
        ({"control": control().iloc[:0]}, LayerError, "the sides are none"),
        ({"control": control().set_crs(4326, allow_override=True)}, CRSError, "no equal-area plane"),
        ({"theatre": theatre().to_crs(3035)}, CRSError, "theatre is in another CRS than control"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(tmp_path, change, error, words):
    with pytest.raises(error, match=words):
        draw(tmp_path / "war.gif", **change)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"ends in \.avi: choose \.gif, \.mp4, or a name without an ending"):
        draw(tmp_path / "war.avi")


def test_totals_of_another_side_or_of_fewer_dates_are_refused(tmp_path):
    totals = series_totals(change_series(control(), districts(), "A"))
    with pytest.raises(FrontlinesError, match="totals are of side 'B', the frames of 'A'"):
        draw(tmp_path / "war.gif", totals=totals.assign(side="B"))
    with pytest.raises(
        FrontlinesError, match=r"no step that ends on 2031-06-03 \(1 of 4 dates\): pass totals"
    ):
        draw(tmp_path / "war.gif", totals=totals.iloc[[0, 2]])


@pytest.mark.bench
def test_real_snapshots_make_a_small_gif(tmp_path, bench):
    table = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet").iloc[:20]
    ground = table.assign(side="RUS", date=pd.to_datetime(table["date"])).to_crs(
        "+proj=laea +lat_0=48 +lon_0=36 +datum=WGS84 +units=m"
    )
    path = animate_control(ground, None, tmp_path / "war.gif", side="RUS")
    assert path.stat().st_size < 2e6


def test_coasts_and_states_lie_about_the_ground_unless_they_are_not_asked_for(tmp_path):
    shown = {"districts": districts(), "theatre": None}
    bare, drawn = (pictures(draw(tmp_path / name, around=name, **shown))[0] for name in ("none", "coast"))
    assert bare.shape[1] == drawn.shape[1]
    assert pixels(drawn, PALE.country_face) > 0
    assert drawn.shape != bare.shape or (drawn != bare).any()
