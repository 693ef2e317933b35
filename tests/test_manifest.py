"""What was read and done, as text that is the same for the same run; and the caption made from it."""

import hashlib
import json

import geopandas as gpd
import pytest
from shapely import box

import frontlines
from frontlines.manifest import caption, edge_notes, fingerprint, long_date, sha256, to_json, versions
from frontlines.sources.files import write

HOSTILE = ["[bold]x[/bold]", "$x$", "two\nlines", "</script>", '"quoted"', "\\frac", "Мардакерт Şuşa"]


@pytest.fixture
def manifest():
    return {
        "dates": ["1994-04-07", "1994-05-12"],
        "cadence": "two snapshots 35 days apart",
        "notes": ["A note", "A question?", " "],
        "sources": ["a map.", "a book"],
        "boundaries": "Borders as in 1991",
        "district_vintage": ["2010", "1988"],
        "projection": {"name": "a plane"},
        "versions": {"frontlines": "0.1.0"},
    }


def test_the_caption_is_made_of_sentences(manifest):
    assert caption(manifest) == (
        "Control at the end of 7 April 1994 and of 12 May 1994, two snapshots 35 days apart. "
        "A note. A question? Sources: a map; a book. Districts: 2010; 1988. Borders as in 1991. "
        "Projection: a plane. Computed with frontlines 0.1.0."
    )


def test_what_is_not_said_leaves_no_stop_behind(manifest):
    text = caption(manifest | {"notes": [], "boundaries": ""})
    assert ". ." not in text
    assert "  " not in text


def test_of_many_sources_the_rest_is_counted(manifest):
    text = caption(manifest | {"sources": [f"source {n}" for n in range(7)]})
    assert "Sources: source 0; source 1; source 2; source 3; and 3 more, see the manifest." in text
    assert "and" not in caption(manifest | {"sources": list("abcd")}).partition("Sources: ")[2][:12]


def test_a_caption_is_for_readers_and_names_no_option(manifest):
    given = {"margin_m": 8500.0, "found": False, "km2": {"RUS": 41.8}}
    beyond = [{"km2": 511.0, "share": 0.005, "date": day} for day in ("0994-07-08", "2025-07-30")]
    text = caption(manifest | {"margin": given, "no_district": beyond, "sources": ["a map"]})
    went = "Ground along the edge that no polygon covers, thinner than 8.5 km, went to the side beside it"
    assert f"{went}: RUS 41.8 km²." in text
    called = caption(manifest | {"margin": given, "sides": {"RUS": "Russia"}})
    assert "Russia 41.8 km²" in called
    assert "RUS" not in called
    assert "511 km² (0.5%) on 8 July 994 and 511 km² (0.5%) on 30 July 2025." in text
    assert "Source: a map." in text
    strips = {"km2": 60.0, "pieces": 1, "largest": [{"km2": 60.0, "place": "34.4189°E 44.5116°N"}]}
    bare = {"margin": {"margin_m": None, "bare": {"strips": strips, "margin_m": 7000.0}}}
    told, read = edge_notes(bare), caption(manifest | bare)
    assert "--margin-m 7000" in told[0]
    assert "a front there may be coast or border." in read
    assert "margin" not in text + read


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stands_in_caption_and_manifest_as_it_is(manifest, text):
    manifest |= {"notes": [text], "title": text}
    assert text in caption(manifest)
    assert json.loads(to_json(manifest)) == manifest


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("1994-04-07", "7 April 1994"),
        ("1994-05-12 00:00:00", "12 May 1994"),
        ("2024-02-29", "29 February 2024"),
    ],
)
def test_days_are_written_out(day, text):
    assert long_date(day) == text


def test_a_day_before_pandas_nanoseconds_begin_can_be_written():
    assert long_date("1612-05-12") == "12 May 1612"


def test_json_is_plain_and_ends_with_a_newline():
    text = to_json({"side": "Ərmən", "books": {"closure_error_km2": -3.3e-11}})
    assert text.endswith("}\n")
    assert "Ərmən" in text
    assert json.loads(text)["books"]["closure_error_km2"] == -3.3e-11
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"area": float("nan")})


def test_a_file_is_known_by_its_digest(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"front" * 100_000)
    entry = fingerprint(tmp_path / "a.txt", "note")
    digest = hashlib.sha256(b"front" * 100_000).hexdigest()
    assert entry == {"role": "note", "name": "a.txt", "bytes": 500_000, "sha256": digest}
    assert sha256(tmp_path / "a.txt") == digest
    assert fingerprint(str(tmp_path / "a.txt"), "note") == entry


def test_of_a_shapefile_every_part_is_known(tmp_path):
    for stem in ("a[1]", "a[1]b", "other"):
        frame = gpd.GeoDataFrame({"n": [1]}, geometry=[box(46, 39, 47, 40)], crs="EPSG:4326")
        write(frame, tmp_path / f"{stem}.shp")
    (tmp_path / "a[1].DBF").write_bytes((tmp_path / "a[1].dbf").read_bytes())
    (tmp_path / "a[1].dbf").unlink()
    entry = fingerprint(tmp_path / "a[1].shp", "districts")
    assert entry["parts"] == {
        ending: sha256(
            next(tmp_path / f"a[1]{e}" for e in (ending, ending.upper()) if (tmp_path / f"a[1]{e}").exists())
        )
        for ending in (".dbf", ".shx", ".prj", ".cpg")
    }
    changed = tmp_path / "a[1].DBF"
    changed.write_bytes(changed.read_bytes() + b" ")
    assert fingerprint(tmp_path / "a[1].shp", "districts") != entry


def test_versions_name_all_that_a_result_depends_on():
    found = versions()
    wanted = {"frontlines", "geopandas", "matplotlib", "numpy", "pandas", "pyogrio", "pyproj", "shapely"}
    assert wanted | {"GEOS", "PROJ", "Python"} <= set(found)
    assert all(isinstance(version, str) and version for version in found.values())
    assert versions() == found


def test_a_package_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr("frontlines.manifest._PACKAGES", ("nonesuch",))
    assert versions()["nonesuch"] == "not installed"


def test_the_version_of_the_package_is_the_one_on_record():
    assert frontlines.__version__ == versions()["frontlines"]
