"""DeepState's map in every form it comes in, and everything that may be wrong with it."""

import gzip
import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box

from frontlines.crs import working_crs
from frontlines.errors import LayerError, LimitError, SourceError
from frontlines.layers.door import as_control, as_theatre
from frontlines.limits import raised_limits
from frontlines.sources import read_published
from frontlines.sources.description import Description
from frontlines.sources.publishers.published import published
from frontlines.sources.snapshots import odd_days

OCCUPIED = "Окуповано /// Occupied /// geoJSON.status.occupied\n"
LIBERATED = "Звільнено /// Liberated /// geoJSON.status.dismissed"
GREY = "Статус невідомий /// Unknown status\xa0/// geoJSON.status.unknown"
EVENING = 1_720_460_000  # 2024-07-08, half past eight in the evening in Kyiv


def read_deepstate(path, *, statuses=None, evening_before=False, **said):
    said |= {"sides": statuses or {}, "shift_days": -1 if evening_before else 0}
    return read_published(path, "deepstate", description=Description(**said))


def feature(geometry=None, **properties):
    geometry = box(37, 48, 38, 49) if geometry is None else geometry
    shape = geometry if isinstance(geometry, dict) else shapely.geometry.mapping(geometry)
    return {"type": "Feature", "properties": properties, "geometry": shape}


def collection(*features, **others):
    return {"type": "FeatureCollection", "features": list(features), **others}


def save(path, document):
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def daily(folder, day, *features, suffix=".geojson"):
    return save(folder / f"deepstatemap_data_{day}{suffix}", collection(*(features or (feature(),))))


def feed(path, *features, **others):
    return save(path, {"id": EVENING, "datetime": "08.07 o 20:33", "map": collection(*features), **others})


def days(frame):
    return frame["date"].dt.strftime("%Y-%m-%d").tolist()


def problems(frame):
    return [(one["date"], one["problem"]) for one in odd_days(frame)]


# forms


def test_a_daily_file_is_occupied_ground(tmp_path):
    frame = read_deepstate(daily(tmp_path, "20240708"))
    assert days(frame) == ["2024-07-08"]
    assert frame["side"].tolist() == ["RUS"]
    assert frame["source"].tolist() == ["DeepStateUA, deepstatemap.live"]
    assert frame["source_file"].tolist() == ["deepstatemap_data_20240708.geojson"]
    assert frame.crs.equals("EPSG:4326")
    assert frame.geometry.iloc[0].equals(box(37, 48, 38, 49))
    assert str(frame["date"].dtype) == "datetime64[s]"


def test_a_folder_is_read_by_date(tmp_path):
    for day in ("20240710", "20240708", "20240709"):
        daily(tmp_path, day)
    (tmp_path / "README.md").write_text("not a day")
    (tmp_path / ".hidden.geojson").write_text("not a day")
    assert days(read_deepstate(tmp_path)) == ["2024-07-08", "2024-07-09", "2024-07-10"]


def test_a_day_may_have_several_polygons(tmp_path):
    frame = read_deepstate(daily(tmp_path, "20240708", feature(), feature(box(39, 48, 40, 49))))
    assert frame["side"].tolist() == ["RUS", "RUS"]


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".geojson", ".geojson.gz"])
def test_one_file_with_a_column_of_dates(tmp_path, suffix):
    shapes = [box(37, 48, 38, 49), MultiPolygon([box(37, 48, 38, 49), box(39, 48, 40, 49)])]
    table = gpd.GeoDataFrame({"Date": ["2024-07-09", "2024-07-08"]}, geometry=shapes, crs="EPSG:4326")
    path = tmp_path / f"all{suffix}"
    if suffix == ".parquet":
        table.to_parquet(path)
    elif suffix == ".gpkg":
        table.to_file(path)
    else:
        text = table.to_json().encode()
        path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    frame = read_deepstate(path)
    assert days(frame) == ["2024-07-08", "2024-07-09"]
    assert frame["side"].tolist() == ["RUS", "RUS"]
    assert [shape.area for shape in frame.geometry] == [2, 1]
    assert frame["source_file"].tolist() == [path.name] * 2


def test_a_table_in_another_crs_is_brought_to_lon_lat(tmp_path):
    table = gpd.GeoDataFrame({"date": ["2024-07-08"]}, geometry=[box(37, 48, 38, 49)], crs="EPSG:4326")
    table.to_crs("EPSG:3857").to_parquet(tmp_path / "all.parquet")
    assert read_deepstate(tmp_path / "all.parquet").total_bounds == pytest.approx([37, 48, 38, 49])


def test_a_table_keeps_the_names_and_sums_of_its_files(tmp_path):
    table = gpd.GeoDataFrame(
        {"date": ["2024-07-08"], "source_file": ["a.geojson"], "source_sha256": ["12ab"]},
        geometry=[box(37, 48, 38, 49)],
        crs="OGC:CRS84",
    )
    table.to_parquet(tmp_path / "all.parquet")
    frame = read_deepstate(tmp_path / "all.parquet")
    assert frame[["source_file", "source_sha256"]].values.tolist() == [["a.geojson", "12ab"]]


def test_the_raw_feed_says_who_holds_what(tmp_path):
    path = feed(
        tmp_path / "last.json",
        feature(name=OCCUPIED, fill="#a52714"),
        feature(
            box(33, 45, 34, 46), name="Окупований Крим /// Occupied Crimea /// geoJSON.territories.crimea"
        ),
        feature(box(39, 48, 40, 49), name=LIBERATED, fill="#0F9D58"),
        feature(box(40, 48, 41, 49), name=GREY, styleUrl="#poly-BCAAA4-2000-77-nodesc"),
    )
    frame = read_deepstate(path)
    assert frame["side"].tolist() == ["RUS", "RUS", "UKR", "contested"]
    assert set(days(frame)) == {"2024-07-08"}
    assert frame["status"].iloc[0] == "Окуповано /// Occupied /// geoJSON.status.occupied / #a52714"


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ("RUS", {"name": "Окуповано"}),
        ("RUS", {"name": "ОРДЛО /// CADR and CALR\xa0/// geoJSON.territories.ordlo"}),
        ("RUS", {"name": "Тузла /// Tuzla /// geoJSON.territories.tuzla", "fill": "#880e4f"}),
        ("RUS", {"name": "x /// Temporarily lost /// geoJSON.status.occupied {{at:01.01}}"}),
        ("RUS", {"fill": "#a52714"}),
        ("UKR", {"fill": "#0288d1", "name": "Звільнено 31.03-02.04"}),
        ("UKR", {"name": "Звільнено 02.04.2022"}),
        ("UKR", {"name": "Звільнено /// Liberated 27.03 – 31.03"}),
        ("UKR", {"name": "x /// y /// geoJSON.status.dismissed_at {{at:27.03 - 31.03}}"}),
        ("UKR", {"name": "Звільнено /// Liberated", "fill": "#01579b"}),
        ("contested", {"name": "Contested", "fill": "#757575"}),
        ("contested", {"name": "", "fill": "#BDBDBD"}),
    ],
)
def test_words_and_colours(tmp_path, side, words):
    assert read_deepstate(feed(tmp_path / "last.json", feature(**words)))["side"].tolist() == [side]


def test_the_plain_feed_is_dated_by_its_name(tmp_path):
    path = save(tmp_path / f"{EVENING}.geojson", collection(feature(name=OCCUPIED)))
    assert days(read_deepstate(path)) == ["2024-07-08"]


def test_the_feed_is_dated_in_kyiv(tmp_path):
    late = feed(tmp_path / "late.json", feature(name=OCCUPIED), id=EVENING + 3 * 3600)  # 23:33 there
    assert days(read_deepstate(late)) == ["2024-07-08"]
    later = feed(tmp_path / "later.json", feature(name=OCCUPIED), id=str(EVENING + 4 * 3600))
    assert days(read_deepstate(later)) == ["2024-07-09"]
    iso = feed(tmp_path / "iso.json", feature(name=OCCUPIED), datetime="2024-07-08T22:30:00Z")
    assert days(read_deepstate(iso)) == ["2024-07-09"]


def test_what_is_not_ground_is_left_out_and_counted(tmp_path):
    arrow = {"type": "LineString", "coordinates": [[37, 48, 0], [38, 49, 0]]}
    path = feed(
        tmp_path / "last.json",
        feature({"type": "Point", "coordinates": [37, 48, 0]}, name=OCCUPIED),
        feature(Point(38, 48), name="328-й полк /// 328th regiment"),
        feature(arrow, name="Напрямок удару /// Direction of attack /// geoJSON.status.attack_direction"),
        feature(name="Придністров'я/// Transnistria /// geoJSON.territories.transnistria", fill="#880e4f"),
        feature(box(33, 45, 34, 46), name=OCCUPIED),
        {"type": "Feature", "properties": None, "geometry": None},
    )
    frame = read_deepstate(path)
    assert frame["side"].tolist() == ["RUS"]
    assert frame["left_out"].tolist() == ["LineString 1, Point 2, left out by its class 1, no geometry 1"]
    assert problems(frame) == [("2024-07-08", "left out")]


def test_collections_are_taken_apart(tmp_path):
    mixed = {
        "type": "GeometryCollection",
        "geometries": [
            shapely.geometry.mapping(box(37, 48, 38, 49)),
            {"type": "Point", "coordinates": [1, 2]},
        ],
    }
    frame = read_deepstate(feed(tmp_path / "last.json", feature(mixed, name=OCCUPIED)))
    assert frame[["side", "left_out"]].values.tolist() == [["RUS", "Point 1"]]


def test_heights_are_dropped_and_holes_kept(tmp_path):
    ring = [[37, 48, 0], [38, 48, 0], [38, 49, 0], [37, 49, 0], [37, 48, 0]]
    hole = [[37.2, 48.2, 0], [37.2, 48.4, 0], [37.4, 48.4, 0], [37.2, 48.2, 0]]
    shape = {"type": "Polygon", "coordinates": [ring, hole]}
    polygon = read_deepstate(feed(tmp_path / "last.json", feature(shape, name=OCCUPIED))).geometry.iloc[0]
    assert not polygon.has_z
    assert polygon.area == pytest.approx(0.98)


# statuses that nobody knows


def test_the_known_fill_decides_and_the_unknown_name_is_told(tmp_path):
    feed(
        tmp_path / "last.json",
        feature(name="Багатокутник 21", fill="#a52714"),
        feature(box(30, 45, 31, 46), name="Зміїний /// Snake Island", fill="#0f9d58"),
        feature(
            box(41, 45, 42, 46),
            name="Окупована Абхазія. /// Occupied Abkhazia.",
            styleUrl="#poly-FF5252-1200-77-nodesc",
        ),
    )
    read = published(tmp_path / "last.json", Description(publisher="deepstate"))
    assert read.frame["side"].tolist() == ["RUS", "UKR"]
    assert read.frame["left_out"].unique().tolist() == ["left out by its class 1"]
    (note,) = read.notes
    assert note == (
        "3 values not known, read by what stands beside: 'Багатокутник 21' by '#a52714' as RUS (1), "
        "'Зміїний /// Snake Island' by '#0f9d58' as UKR (1), 'Окупована Абхазія. /// Occupied Abkhazia.' by "
        "'#poly-FF5252-1200-77-nodesc' as left out (1)"
    )


def test_a_value_that_stands_nowhere_is_refused(tmp_path):
    path = daily(tmp_path, "20240708", feature(name="Багатокутник 21"))
    assert read_deepstate(path, statuses={"багатокутник *": "RUS"})["side"].tolist() == ["RUS"]
    with pytest.raises(SourceError, match=r"no row of .* has the value 'Polygon', which sides names"):
        read_deepstate(path, statuses={"Polygon": "RUS", "Багатокутник*": "RUS"})


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"fill": "#123456"}, "the fill '#123456' is not known"),
        ({"name": OCCUPIED, "fill": "#123456"}, "the fill '#123456' is not known"),
        ({"name": "Мутно /// Murky"}, "the name 'Мутно /// Murky' is not known"),
        (
            {"name": "Окуповано /// Occupied /// geoJSON.status.occupied_soon"},
            "geoJSON.status.occupied_soon' is not",
        ),
        ({"name": LIBERATED, "fill": "#a52714"}, "say different things"),
        ({"name": "Окуповано /// Liberated"}, "say different things"),
    ],
)
def test_an_unknown_status_is_named(tmp_path, words, named):
    path = feed(tmp_path / "last.json", feature(name=OCCUPIED), feature(**words))
    with pytest.raises(SourceError, match=named) as caught:
        read_deepstate(path)
    assert "last.json feature 2" in str(caught.value)
    assert ": 'NAME'}, or leave it out with sides={" in str(caught.value)
    assert "RUS" not in str(caught.value)


def test_every_unknown_status_is_named_at_once(tmp_path):
    many = [feature(fill="#123456") for _ in range(7)]
    feed(tmp_path / "a.json", *many)
    feed(tmp_path / "b.json", feature(fill="#abcdef"), id=EVENING + 86_400)
    with pytest.raises(SourceError, match=r"(?s)#123456.*feature 5 and 2 more.*#abcdef.*b\.json feature 1"):
        read_deepstate(tmp_path)


def test_statuses_are_added(tmp_path):
    path = feed(
        tmp_path / "last.json",
        feature(name="Під контролем повстанців", fill="#ce93d8"),
        feature(box(33, 45, 34, 46), name="Жарт /// A joke"),
        feature(box(35, 45, 36, 46), name=GREY, fill="#bcaaa4"),
        feature(box(39, 48, 40, 49), name=OCCUPIED),
    )
    frame = read_deepstate(path, statuses={"#CE93D8": "PMC", "A joke": None, "geoJSON.status.unknown": "RUS"})
    assert frame["side"].tolist() == ["PMC", "RUS", "RUS"]
    assert frame["left_out"].iloc[0] == "left out by its class 1"


def test_a_polygon_without_status_among_others_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"neither name nor fill.*last\.json feature 2"):
        read_deepstate(feed(tmp_path / "last.json", feature(name=OCCUPIED), feature()))


def test_another_property_is_not_taken_for_nothing(tmp_path):
    with pytest.raises(SourceError, match="the property 'status' says 'liberated'"):
        read_deepstate(daily(tmp_path, "20240708", feature(Status="liberated")))
    frame = read_deepstate(daily(tmp_path, "20240708", feature(FID=3, area_km2=1.5)))
    assert frame["side"].tolist() == ["RUS"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"fill": 5}, "the fill '5' is not known"),
        ({"status": 3}, "the property 'status' says '3'"),
        ({"occupied": False}, "the property 'occupied' says 'False'"),
        ({"about": {"name": "Liberated"}}, "the property 'about' says"),
        ({"name": 2024}, "neither name nor fill|the name '2024' is not known"),
        ({"fill": "757576"}, "the fill '757576' is not known"),
    ],
)
def test_a_status_that_is_no_text_is_refused_by_its_name(tmp_path, said, words):
    with pytest.raises(SourceError, match=words):
        read_deepstate(daily(tmp_path, "20240708", feature(**said)))


def test_a_fill_may_lack_its_mark(tmp_path):
    assert read_deepstate(daily(tmp_path, "20240708", feature(fill="0288D1")))["side"].tolist() == ["UKR"]


def test_text_of_the_file_stays_in_its_quotes(tmp_path):
    nasty = "a\x1b[31m\n" + "b" * 500
    with pytest.raises(SourceError) as caught:
        read_deepstate(feed(tmp_path / "last.json", feature(name=nasty)))
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 600


# days


def test_days_that_say_the_same_twice_are_kept_once_and_told(tmp_path):
    shutil.copy(daily(tmp_path, "20240708"), tmp_path / "copy of 20240708.geojson")
    frame = read_deepstate(tmp_path)
    assert frame[["source_file", "same_file"]].values.tolist() == [
        ["copy of 20240708.geojson", "deepstatemap_data_20240708.geojson"]
    ]
    assert problems(frame) == [("2024-07-08", "given twice")]


def test_days_told_differently_are_refused_with_both_names_until_one_is_chosen(tmp_path):
    daily(tmp_path, "20240708")
    daily(tmp_path, "20240708", feature(box(37, 48, 38, 50)), suffix=".json")
    with pytest.raises(
        SourceError, match=r"several files show 2024-07-08: .*20240708\.geojson, .*20240708\.json"
    ):
        read_deepstate(tmp_path)
    tops = {
        how: read_deepstate(tmp_path, each_day=how).bounds["maxy"].tolist()
        for how in ("first", "last", "all")
    }
    assert tops == {"first": [49], "last": [50], "all": [49, 50]}


def test_of_several_files_of_a_day_the_last_is_that_of_the_last_second(tmp_path):
    for hours, height in ((0, 1), (-3, 2), (2, 3)):
        save(
            tmp_path / f"{EVENING + hours * 3600}.geojson",
            collection(feature(box(37, 48, 38, 48 + height), name=OCCUPIED)),
        )
    tops = [read_deepstate(tmp_path, each_day=how).bounds["maxy"].tolist() for how in ("first", "last")]
    assert tops == [[50], [51]]


def test_a_day_twice_in_one_table_is_refused_at_the_door(tmp_path):
    table = gpd.GeoDataFrame(
        {"date": ["2024-07-08"] * 2}, geometry=[box(37, 48, 38, 49)] * 2, crs="EPSG:4326"
    )
    table.to_parquet(tmp_path / "all.parquet")
    frame = read_deepstate(tmp_path / "all.parquet")
    with pytest.raises(LayerError, match="overlap"):
        as_control(frame, working_crs(frame))


def test_missing_days_are_told(tmp_path):
    daily(tmp_path, "20240708")
    daily(tmp_path, "20240711", feature(box(37, 48, 39, 49)))
    frame = read_deepstate(tmp_path)
    assert problems(frame) == [("2024-07-09", "missing days in a row")]


def test_repeats_and_decimals_are_told(tmp_path):
    fine = feature(box(37.1234567, 48.1234567, 38.1234567, 49.1234567))
    coarse = feature(box(37.123457, 48.123457, 38.123457, 49.123457))
    for day, what in (("20240708", fine), ("20240709", fine), ("20240710", coarse)):
        daily(tmp_path, day, what)
    frame = read_deepstate(tmp_path)
    assert problems(frame) == [("2024-07-09", "same as before"), ("2024-07-10", "decimals changed")]
    assert odd_days(frame)[1]["detail"] == "6 where there were 7"


@pytest.mark.parametrize("nothing", [(), ({"type": "Feature", "properties": {}, "geometry": None},)])
def test_an_empty_day_is_kept_told_and_refused_at_the_door(tmp_path, nothing):
    daily(tmp_path, "20240708")
    save(tmp_path / "deepstatemap_data_20240709.geojson", collection(*nothing))
    frame = read_deepstate(tmp_path)
    assert frame["side"].tolist() == ["RUS", "unknown"]
    assert ("2024-07-09", "no ground") in problems(frame)
    with pytest.raises(LayerError, match="geometry"):
        as_control(frame, working_crs(frame.iloc[:1]))


def test_an_empty_polygon_is_no_ground(tmp_path):
    empty = {"type": "Polygon", "coordinates": []}
    frame = read_deepstate(
        daily(tmp_path, "20240708", feature(empty), feature({**empty, "type": "MultiPolygon"}))
    )
    assert frame[["side", "left_out"]].values.tolist() == [["unknown", "empty MultiPolygon 2"]]


def test_a_file_must_say_its_day(tmp_path):
    with pytest.raises(SourceError, match="does not say its day: name it like"):
        read_deepstate(save(tmp_path / "last.geojson", collection(feature())))
    with pytest.raises(SourceError, match="does not say its day"):
        read_deepstate(save(tmp_path / "last.json", {"id": True, "map": collection(feature())}))


def test_a_date_that_is_no_day_is_named(tmp_path):
    path = save(
        tmp_path / "all.geojson", collection(feature(date="2024-07-08"), feature(date="July"), feature())
    )
    with pytest.raises(
        SourceError, match=r"(?s)date 'July' is no day.*feature 2.*date 'None' is no day.*feature 3"
    ):
        read_deepstate(path)


def test_evenings_are_a_day_earlier_where_a_day_was_written(tmp_path):
    assert days(read_deepstate(daily(tmp_path, "20240301"), evening_before=True)) == ["2024-02-29"]
    path = feed(tmp_path / "last.json", feature(name=OCCUPIED))
    assert days(read_deepstate(path, evening_before=True)) == ["2024-07-08"]


def test_odd_values_do_no_harm(tmp_path):
    odd = {"source_file": [], "source_sha256": {}, "id": [1], "index": {"a": 1}}
    path = save(tmp_path / "all.geojson", collection(feature(date="2024-07-08", **odd)))
    assert read_deepstate(path)["source_file"].tolist() == ["all.geojson"]
    path = feed(tmp_path / "last.json", feature(name=OCCUPIED), datetime="0001-01-01T00:00:00+14:00")
    assert days(read_deepstate(path)) == ["2024-07-08"]
    path = feed(tmp_path / "last.json", feature(name=["Окуповано"]), 7, {"properties": 3})
    with pytest.raises(SourceError, match="is not known"):
        read_deepstate(path)


# geometry


def test_rings_that_cross_themselves_are_told_and_refused_at_the_door(tmp_path):
    bow = Polygon([(37, 48), (38, 49), (38, 48), (37, 49)])
    frame = read_deepstate(daily(tmp_path, "20240708", feature(bow)))
    (odd,) = odd_days(frame)
    assert odd["problem"] == "invalid geometry"
    assert "Self-intersection" in odd["detail"]
    with pytest.raises(LayerError):
        as_control(frame, working_crs(frame))


@pytest.mark.parametrize(
    ("rings", "what"),
    [
        ([[[37, 48], [38, 48], [37, 48]]], "a ring has 3 positions"),
        ([[[37, 48], [38, 48], [38, 49], [37, 49]]], "a ring does not end where it begins"),
        ([[[37, 48], [38, 48], [38, None], [37, 48]]], "not made of rings of numbers"),
        ([[[37, 48], [38, 48], [38, float("nan")], [37, 48]]], "not made of rings of numbers"),
        ([[[37, 48], [38, 48], [38], [37, 48]]], "not made of rings of numbers"),
        ([[37, 48, 38, 48]], "not made of rings of numbers"),
        ("ring", "not made of rings of numbers"),
        (7, "not made of rings of numbers"),
        ({"a": 1}, "not made of rings of numbers"),
        ([[[10**400, 48], [38, 48], [38, 49], [37, 49]]], "not made of rings of numbers"),
    ],
)
def test_rings_that_cannot_be_built_are_named(tmp_path, rings, what):
    daily(tmp_path, "20240708")
    daily(tmp_path, "20240709", feature(), feature({"type": "Polygon", "coordinates": rings}))
    with pytest.raises(SourceError, match=rf"{what}: mend the file \(.*20240709\.geojson feature 2\)"):
        read_deepstate(tmp_path)


def test_the_frame_passes_the_door(tmp_path):
    path = feed(tmp_path / "last.json", feature(name=OCCUPIED), feature(box(38, 48, 39, 49), name=GREY))
    frame = read_deepstate(path)
    ground = gpd.GeoDataFrame(geometry=[box(36, 47, 40, 50)], crs="EPSG:4326")
    crs = working_crs(ground)
    control = as_control(frame, crs, theatre=as_theatre(ground, crs), rest="UKR")
    assert sorted(control["side"]) == ["RUS", "UKR", "contested"]


# files


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(SourceError, match="is not a file or folder: check the path"):
        read_deepstate(tmp_path / "none.geojson")
    with pytest.raises(SourceError, match="holds no file that can be read: give a folder"):
        read_deepstate(tmp_path)
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(SourceError, match="has an ending that is not known: use one of"):
        read_deepstate(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 200_000, "cannot be read as JSON"),
        ("\udcff", "cannot be read as JSON"),
        ("[]", "is no snapshot of a map"),
        ('{"map": 3}', "is no snapshot of a map"),
        ('{"type": "FeatureCollection", "features": {}}', "is no snapshot of a map"),
    ],
)
def test_other_json_is_refused(tmp_path, text, why):
    path = tmp_path / "20240708.geojson"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(SourceError, match=why):
        read_deepstate(path)


def test_broken_archives_are_refused(tmp_path):
    path = tmp_path / "20240708.geojson.gz"
    for content in (b"no archive", gzip.compress(b"{}" * 500)[:-12]):
        path.write_bytes(content)
        with pytest.raises(SourceError, match="cannot be read"):
            read_deepstate(path)


def test_archives_that_swell_are_refused(tmp_path):
    (tmp_path / "20240708.geojson.gz").write_bytes(gzip.compress(b" " * 3_000_000))
    refused = pytest.raises(
        LimitError, match=r"20240708.geojson.gz: .* more than the bound of 1 .*unpacked_mb=2"
    )
    with raised_limits(unpacked_mb=1), refused:
        read_deepstate(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = daily(tmp_path, "20240708")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_deepstate(path)) == 1


def test_only_longitude_and_latitude(tmp_path):
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    path = save(tmp_path / "20240708.geojson", collection(feature(), crs=named))
    assert len(read_deepstate(path)) == 1
    named["properties"]["name"] = "urn:ogc:def:crs:EPSG::3857"
    with pytest.raises(SourceError, match=r"is in the CRS 'urn.*3857': save it in EPSG:4326"):
        read_deepstate(save(path, collection(feature(), crs=named)))
    gpd.GeoDataFrame({"date": ["2024-07-08"]}, geometry=[box(0, 0, 1, 1)]).to_parquet(
        tmp_path / "all.parquet"
    )
    with pytest.raises(SourceError, match=r"has no CRS: say which it is with frame\.set_crs"):
        read_deepstate(tmp_path / "all.parquet")


def test_control_is_not_read_as_a_snapshot(tmp_path):
    with pytest.raises(SourceError, match="has a column 'side', so it is control already: read it as it is"):
        read_deepstate(daily(tmp_path, "20240708", feature(side="UKR")))


def test_no_days_are_described_as_nothing():
    empty = gpd.GeoDataFrame({"date": pd.to_datetime([]), "side": []}, geometry=[], crs="EPSG:4326")
    assert odd_days(empty) == []


# the real thing


@pytest.mark.bench
def test_the_daily_series(bench):
    path = bench / "deepstate_occupied_20240708_20250731.parquet"
    frame = read_deepstate(path)
    assert len(frame) == frame["date"].nunique() == 384
    assert set(frame["side"]) == {"RUS"}
    stored = gpd.read_parquet(path)
    assert (shapely.to_wkb(frame.geometry.values) == shapely.to_wkb(stored.geometry.values)).all()
    odd = odd_days(frame)
    told = {
        one["problem"]: [other["date"] for other in odd if other["problem"] == one["problem"]] for one in odd
    }
    assert told["missing day"] == ["2025-01-01"]
    assert told["missing days in a row"] == ["2024-08-18", "2025-03-31"]
    assert len(told["same as before"]) == 43
    assert told["decimals changed"][::2] == ["2024-09-14", "2024-09-30", "2024-12-29", "2025-04-29"]
    assert set(told) == {"missing day", "missing days in a row", "same as before", "decimals changed"}


@pytest.mark.bench
def test_daily_files_are_the_series_bit_for_bit(bench, tmp_path):
    for file in bench.glob("raw_*.geojson"):
        shutil.copy(file, tmp_path / file.name.removeprefix("raw_"))
    frame = read_deepstate(tmp_path)
    assert days(frame) == ["2024-07-08", "2024-09-13", "2024-09-14", "2024-09-15"]
    series = read_deepstate(bench / "deepstate_occupied_20240708_20250731.parquet")
    same = series[series["date"].isin(frame["date"])]
    assert (
        same[["source_file", "source_sha256"]].values.tolist()
        == frame[["source_file", "source_sha256"]].values.tolist()
    )
    assert (shapely.to_wkb(frame.geometry.values) == shapely.to_wkb(same.geometry.values)).all()
