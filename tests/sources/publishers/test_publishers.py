"""Publishers that are described: those that come with the library, a newcomer, and what is refused."""

import json
import re
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import Point, box

import frontlines as fl
from frontlines.errors import SourceError
from frontlines.sources import PUBLISHERS, read_published
from frontlines.sources.description import Description
from frontlines.sources.files import Reading
from frontlines.sources.publishers.publisher import publisher_called
from frontlines.sources.snapshots import read_snapshots

DOCS = Path(__file__).parents[3] / "docs" / "publishers.md"
LONLAT = "EPSG:4326"


def collection(*features):
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": said, "geometry": shapely.geometry.mapping(shape)}
            for said, shape in features
        ],
    }


def save(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def layer(path, *shapes, crs=LONLAT):
    path.parent.mkdir(parents=True, exist_ok=True)
    gpd.GeoDataFrame({"Id": range(len(shapes))}, geometry=list(shapes), crs=LONLAT).to_crs(crs).to_file(path)


def degrees(frame):
    """Give the ground of each day and side [square degrees]."""
    return {
        (f"{day:%m-%d}", side): round(shapely.area(rows.geometry.values).sum(), 6)
        for (day, side), rows in frame.groupby(["date", "side"])
    }


def read(path, publisher, **said):
    return read_published(path, publisher, description=Description(**said))


def test_every_publisher_says_whom_to_credit_and_what_may_be_done():
    assert PUBLISHERS == ("cities-ukraine", "deepstate", "isw", "liveuamap", "nzz", "viina")
    assert all(publisher_called(name).credit and publisher_called(name).licence for name in PUBLISHERS)
    assert "consent" in publisher_called("isw").licence


# nzz, liveuamap


@pytest.fixture
def nzz(tmp_path):
    held = {"_datefrom": "2022-09-06", "_dateto": "2022-09-08", "date": "2022-09-08", "view": "daily"}
    for day, east in (("2022-09-10", 37), ("2022-11-15", 36.4)):
        areas = [({"type": "nochange", **held}, box(36, 49, east, 50))]
        if east < 37:
            areas.append(({"type": "losses", **held}, box(east, 49, 37, 50)))
        save(tmp_path / "nzz" / f"{day}.json", {"value": collection(*areas)})
    return tmp_path / "nzz"


def test_nzz_means_the_day_of_the_file_name_and_losses_are_the_other_side_s(nzz):
    frame = read(nzz, "nzz")
    assert degrees(frame) == {("09-10", "RUS"): 1, ("11-15", "RUS"): 0.4, ("11-15", "UKR"): 0.6}
    plain = save(nzz / "2022-12-01.json", collection(({"type": "gains"}, box(36, 49, 37, 50))))
    assert read(plain, "nzz")["side"].tolist() == ["RUS"]
    save(plain, collection(({"type": "unsure"}, box(36, 49, 37, 50))))
    with pytest.raises(
        SourceError, match="the type 'unsure' is not known: say whose ground it is with sides="
    ):
        read(plain, "nzz")


def test_liveuamap_builds_ground_from_points_and_ukraine_lies_on_top(tmp_path):
    corners = [(36, 49), (37, 49), (37, 50), (36, 50)]
    fields = {
        "1": {"name": "Russian forces", "points": [{"lat": lat, "lng": lon} for lon, lat in corners]},
        "2": {"name": "Ukraine recaptured", "points": [[36.5, 49, 37, 49, 37, 50, 36.5, 50]]},
        "3": {"name": "Transnistria", "points": [[29, 46, 30, 46, 30, 47]]},
        "4": {"name": "Bryansk region of Russia", "points": [[33, 52, 34, 52, 34, 53]]},
        "5": {
            "name": "",
            "description": "liberated from Russian forces",
            "points": [[38, 49], [39, 49], [39, 50]],
        },
    }
    path = save(tmp_path / "1646179200.json", {"fields": fields})
    frame = read(path, "liveuamap")
    assert degrees(frame) == {("03-02", "RUS"): 0.5, ("03-02", "UKR"): 1.0}
    assert frame["left_out"].unique().tolist() == ["left out by its class 2"]
    fields["1"]["points"] = [{"lat": 49}]
    with pytest.raises(SourceError, match="not made of rings of numbers: mend the file"):
        read(save(path, {"fields": fields}), "liveuamap")


# isw


@pytest.fixture
def isw(tmp_path):
    """Two days of four layers: names as ISW gives them, with and without years, days and endings."""
    for day, named, short in (("2024-08-17", "17AUG2024", "AUG17"), ("2024-08-24", "24AUG2024", "24AUG")):
        folder = tmp_path / "isw" / day
        layer(folder / f"UkraineCOntrolMapAO{named}.shp", box(36, 49, 37, 50))
        layer(folder / f"AssessedRussianAdvancesinUkraine{short}.geojson", box(36.9, 49, 37.2, 50))
        layer(folder / "VIEW_ClaimedRussianTerritoryinUkraine_V2.geojson", box(37.1, 49, 37.5, 50))
        layer(
            folder / f"ClaimedUkrainianCounteroffensives{short}.shp", box(36, 49, 36.1, 50), crs="EPSG:3857"
        )
    return tmp_path / "isw"


def test_layers_of_isw_are_summed_in_order(isw):
    whole = {
        (day, side): km
        for day in ("08-17", "08-24")
        for side, km in (("RUS", 1.1), ("UKR", 0.1), ("contested", 0.3))
    }
    assert degrees(read(isw, "isw")) == pytest.approx(whole)
    without = degrees(read(isw, "isw", sides={"claimed": None}))
    assert without == pytest.approx({key: area for key, area in whole.items() if key[1] != "contested"})
    claimed = degrees(read(isw, "isw", sides={"claimed": "RUS"}))
    assert claimed["08-17", "RUS"] == pytest.approx(1.4)


@pytest.mark.parametrize(
    "name",
    [
        "UkraineControlMapAO02FEB22024.geojson",
        "ClaimedUkrainianCounteroffensivesDEC060205.geojson",
        "AssessedRussianAdvanceinUkraineAUG18.geojson",
    ],
)
def test_malformed_days_of_isw_are_refused(isw, name):
    layer(isw / "2024-08-17" / name, box(36, 49, 37, 50))
    with pytest.raises(SourceError, match=rf"{name} names a day that cannot be read, or is not its folder's"):
        read(isw, "isw")


def test_a_day_of_isw_needs_its_control_map_and_known_layers(isw):
    extra = isw / "2024-08-17" / "SignificantFighting.geojson"
    layer(extra, box(36, 49, 37, 50))
    with pytest.raises(SourceError, match="the layer 'SignificantFighting' is not known"):
        read(isw, "isw")
    assert len(read(isw, "isw", sides={"SignificantFighting": None})) == 6
    extra.unlink()
    for file in (isw / "2024-08-24").glob("UkraineCOntrol*"):
        file.unlink()
    with pytest.raises(SourceError, match=r"2024-08-24 lacks the layer 'control': get it \(AssessedRussian"):
        read(isw, "isw")
    layer(isw / "2024-08-24" / "UkraineControlMapAO17AUG2024.geojson", box(36, 49, 37, 50))
    with pytest.raises(SourceError, match="names the day 2024-08-17, and its folder 2024-08-24"):
        read(isw, "isw")


# places


def test_viina_finds_its_places_in_the_file_beside_it(tmp_path):
    rows = ["geonameid,date,status_wiki,status_boost,status_dsm,status_isw,status"]
    rows += [
        f"{place},20220901,UA,UA,UA,RU,{held}" for place, held in ((1, "RU"), (2, "CONTESTED"), (3, "UA"))
    ]
    path = tmp_path / "control_latest_2022.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/control_latest_2022.csv", "\n".join(rows))
    with pytest.raises(SourceError, match=r"says no places: put gn_UA_tess\.geojson or .* into its folder"):
        read(path, "viina")
    cells = gpd.GeoDataFrame(
        {"geonameid": [2, 1], "longitude": [36.5, 36.2], "latitude": [49.5, 49.5]},
        geometry=[box(36.4, 49, 37, 50), box(36, 49, 36.4, 50)],
        crs=LONLAT,
    )
    cells.to_file(tmp_path / "gn_UA_tess.geojson")
    frame = read(path, "viina")
    assert frame["side"].tolist() == ["RUS", "contested"]
    assert frame.geometry.tolist() == [Point(36.2, 49.5), Point(36.5, 49.5)]
    assert frame["left_out"].iloc[0] == "no geometry 1"
    assert set(read(path, "viina", side_column="status_isw")["side"]) == {"RUS"}


@pytest.mark.bench
def test_towns_of_wikipedia(bench):
    frame = read(bench / "ukraine_towns_control_2022.parquet", "cities-ukraine")
    twice = "places of several sides at one point"
    assert frame.loc[frame["date"] == "2022-09-14", "left_out"].unique().tolist() == [f"{twice} 2"]
    assert frame["side"].value_counts().to_dict() == {
        "UKR": 57917,
        "RUS": 24287,
        "contested": 3517,
        "unknown": 140,
    }
    assert frame["date"].nunique() == 259
    assert frame["left_out"].iloc[0] == "no geometry 199"


# a newcomer: one file, no Python


@pytest.fixture
def river(tmp_path):
    """The made-up publisher of the documentation, its TOML taken from there."""
    text = DOCS.read_text(encoding="utf-8")
    (tmp_path / "river.toml").write_text(
        re.search(r"```toml\n(credit.*?)```", text, re.DOTALL)[1], encoding="utf-8"
    )
    for day, edge in (("13.03.2031", 36.5), ("14.03.2031", 36.7)):
        save(
            tmp_path / "river" / f"river_{day}.geojson",
            collection(
                ({"class": "bank north"}, box(36, 49, edge, 50)),
                ({"class": "Bank  south"}, box(edge, 49, 37, 50)),
                ({"class": "sandbank 7"}, box(36.4, 49.4, 36.6, 49.6)),
            ),
        )
    return tmp_path


def test_a_new_publisher_is_one_toml_file(river):
    frame = read(river / "river", str(river / "river.toml"), allow_date=True)
    assert degrees(frame) == {
        ("03-13", "N"): 0.5, ("03-13", "S"): 0.5, ("03-14", "N"): 0.7, ("03-14", "S"): 0.3,
    }  # fmt: skip
    assert set(frame["source"]) == {"River Watch"}
    description = Description(publisher=str(river / "river.toml"), allow_date=True)
    one = fl.read_control(
        river / "river" / "river_14.03.2031.geojson", description=description, source="mine"
    )
    assert one[["side", "source"]].values.tolist() == [["N", "mine"], ["S", "mine"]]
    earlier = read(river / "river", str(river / "river.toml"), allow_date=True, shift_days=-1)
    assert sorted(earlier["date"].dt.day.unique()) == [12, 13]


def test_a_publisher_may_say_which_file_of_a_day_counts_and_which_day_it_means(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(
        "credit = 'a'\n[layers]\nunnamed = 'A'\neach_day = 'last'\nshift_days = -1\n", encoding="utf-8"
    )
    for name, east in (("a", 37), ("b", 38)):
        save(tmp_path / "days" / f"{name}_2022-09-10.geojson", collection(({}, box(36, 49, east, 50))))
    frame = read(tmp_path / "days", str(own))
    assert frame[["date", "source_file"]].astype(str).values.tolist() == [
        ["2022-09-09", "b_2022-09-10.geojson"]
    ]
    assert read(tmp_path / "days", str(own), each_day="first").bounds["maxx"].tolist() == [37]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("credit = 3\n[layers]\nside_column = 'a'", "credit must be a text that is not empty, not 3"),
        ("[layers]\nside_column = 'a'", "credit is missing"),
        ("credit = 'a'", r"\[layers\] side_column is missing"),
        ("credit = 'a'\n[layers]\nside_colum = 'a'", r"\[layers\] side_colum is not known"),
        ("credit = 'a'\ncode = 'print()'\n[layers]\nunnamed = 'A'", "code is not known"),
        ("credit = 'a'\n[files]\ntable = '../a.csv'\n[layers]\nunnamed = 'A'", "without a folder"),
        (
            "credit = 'a'\n[places]\nfiles = ['/etc/passwd']\nkey = 'a'\n[layers]\nunnamed = 'A'",
            "without folders",
        ),
        ("credit = 'a'\n[places]\nfiles = ['a.csv']\n[layers]\nunnamed = 'A'", "needs both files and key"),
        (
            "credit = 'a'\n[files]\ntime_zone = '../../etc'\n[layers]\nunnamed = 'A'",
            "the name of a time zone",
        ),
        ("credit = 'a'\nlayers = 3", r"layers must be a table: write \[layers\]"),
        ("credit = 'a'\nrecognized = 3\n[layers]\nunnamed = 'A'", "recognized must be a list of tables"),
        ("credit = ", "cannot be read as a publisher"),
    ],
)
def test_what_describes_no_publisher_says_why(tmp_path, text, words):
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=words):
        publisher_called(str(tmp_path / "mine.toml"))


def test_an_unknown_publisher_is_answered_with_those_that_are_known():
    with pytest.raises(
        SourceError, match=r"use one of cities-ukraine, deepstate, isw, .*, or a file ending in \.toml"
    ):
        publisher_called("../deepstate")


# recognized, or not


def test_unmistakable_files_are_recognized_and_that_is_said(nzz, isw):
    for folder, name, files in ((nzz, "nzz", 2), (isw, "isw", 8)):
        reading = Reading()
        assert "RUS" in set(read_snapshots(folder, reading, side="nobody")["side"])
        assert reading.notes[0] == f"recognized as a map of {name}, and read as such"
        assert len(reading.inputs()) == files


def test_files_that_may_be_anyone_s_are_not_recognized(tmp_path):
    path = save(tmp_path / "a_2022-09-10.geojson", collection(({"type": "nochange"}, box(36, 49, 37, 50))))
    reading = Reading()
    assert reading.front(path, "before", side="A")["side"].tolist() == ["A"]
    assert reading.notes == []
    named = collection(({"name": "Окуповано /// Occupied", "side": "A"}, box(36, 49, 37, 50)))
    assert reading.front(save(tmp_path / "b_2022-09-10.geojson", named), "after")["side"].tolist() == ["A"]
    whole = Reading(description=Description(one_side=True))
    del named["features"][0]["properties"]["side"]
    assert whole.front(save(tmp_path / "c_2022-09-10.geojson", named), "after", side="A")[
        "side"
    ].tolist() == ["A"]


# several files of one day, also where nobody is described


def test_several_plain_files_of_a_day_are_refused_until_one_is_chosen(tmp_path):
    for name, east in (("a_2022-09-10", 37), ("b_2022-09-10", 38), ("c_2022-09-11", 39)):
        save(tmp_path / f"{name}.geojson", collection(({}, box(36, 49, east, 50))))
    with pytest.raises(SourceError) as caught:
        read_snapshots(tmp_path, Reading(), side="A")
    assert str(caught.value) == (
        "several files show 2022-09-10: take one with each_day='last' or each_day='first', or join them with "
        "each_day='all' (a_2022-09-10.geojson, b_2022-09-10.geojson)"
    )
    for how, east in (("first", [37, 39]), ("last", [38, 39]), ("all", [37, 38, 39])):
        frame = read_snapshots(tmp_path, Reading(description=Description(each_day=how)), side="A")
        assert frame.bounds["maxx"].tolist() == east


def test_days_are_shifted_where_they_are_written(tmp_path):
    path = save(tmp_path / "a_2022-09-01.geojson", collection(({}, box(36, 49, 37, 50))))
    shifted = Description(shift_days=-1)
    assert fl.read_control(path, side="A", description=shifted)["date"].tolist() == ["2022-08-31"]
    save(path, collection(({"date": "2022-03-01"}, box(36, 49, 37, 50))))
    frame = fl.read_control(path, side="A", description=shifted)
    assert frame["date"].tolist() == [pd.Timestamp("2022-02-28")]
