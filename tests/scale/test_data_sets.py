"""Days in a data set of several files, and many studies at once."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

import frontlines as fl
from frontlines.cli.main import app
from frontlines.errors import SourceError

CRS, X, Y = "EPSG:3035", 4_321_000, 3_210_000
DISTRICTS = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(X, Y, X + 4000, Y + 2000)], crs=CRS)


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Twenty days in one file, and in folders of years and months."""
    folder, dates = tmp_path_factory.mktemp("days"), pd.date_range("1931-09-22", periods=20)
    shapes = [box(X, Y, X + 1000 + 7 * n, Y + 2000) for n in range(len(dates))]
    frame = gpd.GeoDataFrame({"date": dates, "source": "made up"}, geometry=shapes, crs=CRS)
    frame.assign(side="A").to_parquet(folder / "days.parquet")
    for month, rows in frame.groupby(frame["date"].dt.month):
        inner = folder / "set" / "side=A" / f"month={month}"
        inner.mkdir(parents=True)
        rows.to_parquet(inner / "part-0.parquet")
    return folder


def test_a_data_set_gives_what_one_file_gives(days):
    one, several = (fl.follow(days / name, DISTRICTS, side="A") for name in ("days.parquet", "set"))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, several.tables[name], check_exact=True)
    assert one.manifest["snapshots"] == several.manifest["snapshots"]
    entry = next(one for one in several.manifest["inputs"] if one["role"] == "snapshots")
    assert entry == {"role": "snapshots", "name": "set", "files": 2, "rows": 20}
    resumed = fl.follow(days / "set", DISTRICTS, side="A", previous=several)
    assert resumed.manifest["snapshots"] == several.manifest["snapshots"]


def test_a_data_set_that_cannot_be_read_is_refused(days, tmp_path):
    other = tmp_path / "set" / "month=1"
    other.mkdir(parents=True)
    with pytest.raises(SourceError, match="holds no GeoParquet"):
        fl.follow(tmp_path / "set", DISTRICTS, side="A")
    frame = gpd.read_parquet(days / "days.parquet")
    frame.to_parquet(other / "part-0.parquet")
    frame.to_crs("EPSG:4326").to_parquet(other / "part-1.parquet")
    with pytest.raises(SourceError, match=r"part-1\.parquet has another CRS than part-0\.parquet"):
        fl.follow(tmp_path / "set", DISTRICTS, side="A")
    with pytest.raises(SourceError, match="nowhere://bucket/days cannot be read"):
        fl.follow("nowhere://bucket/days", DISTRICTS, side="A")


STUDY = """
[study]
title = "Made up"
side = "A"
dates = [1931-09-22, 1931-10-11]
[layers]
control = "../days.parquet"
districts = "../districts.gpkg"
[method]
rest = "B"
"""


@pytest.fixture
def batch(days, tmp_path):
    """A list of two studies, of which one has a file that is not there; runs them."""
    (tmp_path / "days.parquet").write_bytes((days / "days.parquet").read_bytes())
    DISTRICTS.to_file(tmp_path / "districts.gpkg")
    for name, text in (("good", STUDY), ("bad", STUDY.replace("days.parquet", "absent.parquet"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "study.toml").write_text(text, encoding="utf-8")

    def run(listed, *more):
        (tmp_path / "studies.toml").write_text(listed, encoding="utf-8")
        words = ["batch", str(tmp_path / "studies.toml"), "--no-map", "--out", str(tmp_path / "out")]
        return CliRunner().invoke(app, [*words, *more])

    return run


def test_many_studies_of_which_one_is_bad(batch, tmp_path):
    result = batch('[studies]\nbad = "bad/study.toml"\ngood = "good"\n')
    assert result.exit_code == 2, result.output
    assert "error: good" not in result.stderr, result.stderr
    table = pd.read_csv(tmp_path / "out" / "studies.csv").set_index("study")
    assert table.loc["good", ["gained_km2", "date_to"]].tolist() == [pytest.approx(0.266), "1931-10-11"]
    assert "absent.parquet is not a file" in table.loc["bad", "error"]
    assert "error: bad: " in result.stderr
    assert "1 of 2 studies" in result.stderr
    assert (tmp_path / "out" / "good" / "balance.csv").exists()
    assert not (tmp_path / "out" / "bad").exists()
    alone = batch('[studies]\ngood = "good"\n', "--force", "--json")
    assert alone.exit_code == 0, alone.output
    assert '"net_km2":' in alone.stdout
    assert "studies.csv of another run: pass --force" in batch('[studies]\ngood = "good"\n').stderr


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ("", "is no list of studies"),
        ('[studies]\n"../x" = "good"\n', "each name is that of a folder"),
        ('[studies]\na = "good"\nA = "good"\n', "two names differ in capital letters alone"),
        ("[studies]\na = 3\n", "'a' = 3"),
    ],
)
def test_a_list_that_is_none_is_refused(batch, tmp_path, listed, told):
    result = batch(listed)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "out").exists()
