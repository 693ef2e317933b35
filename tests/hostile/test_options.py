"""A table of words that no command can make sense of: one line, exit code 2, and nothing written."""

import os

import pytest
import rasterio
from affine import Affine

from tests.hostile.files import good
from tests.hostile.running import content_of, faults_of, run

_GROUND = ["--districts", "{districts}", "--side", "A"]
CHANGE = ["change", "{before}", "{after}", *_GROUND]
MOVED = ["displacement", "{before}", "{after}", *_GROUND]
SERIES = ["series", "{days}", *_GROUND]
TWO = ["compare", "{before}", "{before}", *_GROUND]
CHECK = ["check", "{before}"]
_LONG = "x" * 10_000
_BYTES = os.fsdecode(b"\xff\xfe")  # what is not UTF-8, as the system hands it over

REFUSED = [
    # --- what is not understood
    (["nothing"], "no such command 'nothing': see frontlines --help"),
    (["--nothing"], "no such option: --nothing.*: see frontlines --help"),
    (["change"], "missing argument 'BEFORE': see frontlines change --help"),
    ([*CHANGE, "more"], "unexpected extra argument.*: see frontlines change --help"),
    ([*CHANGE, "--nothing"], "no such option: --nothing"),
    ([*CHANGE, "--title"], "--title"),
    (["check"], "missing argument 'FILE...'"),
    (["datasets", "more"], "unexpected extra argument"),
    (["digitize"], "pass a recipe such as digitize.toml"),
    (["series"], "missing argument 'SOURCE'"),
    ([*SERIES, "--freq", "Z"], "invalid value for '--freq'.*: see frontlines series --help"),
    ([*MOVED, "--crossing", "none"], "invalid value for '--crossing'"),
    ([*CHANGE, "--date-before", "1994-02-30"], "invalid value for '--date-before'"),
    ([*CHANGE, "--mend", "none"], "invalid value for '--mend'"),
    ([*CHANGE, "--population-per", "head"], "invalid value for '--population-per'"),
    ([*CHANGE, "--each-day", "x"], "invalid value for '--each-day'"),
    ([*CHANGE, "--shift-days", "1.5"], "invalid value for '--shift-days'"),
    # --- lengths and numbers
    *(
        ([*words, option, value], f"{option}.*({value}|greater|less)")
        for words, option in (
            (CHANGE, "--sigma-m"),
            (CHANGE, "--sliver-m"),
            (CHANGE, "--snap-m"),
            (CHANGE, "--reach-m"),
            (CHANGE, "--margin-m"),
            (CHANGE, "--border-m"),
            (MOVED, "--spacing-m"),
            (MOVED, "--length-m"),
            (MOVED, "--smoothing-m"),
            (SERIES, "--front-length"),
            (SERIES, "--tolerance-m"),
            (TWO, "--apart-m"),
        )
        for value in ("-1", "nan", "inf", "1e20")
    ),
    ([*CHANGE, "--sigma-m", "far"], "invalid value for '--sigma-m'"),
    ([*CHANGE, "--correlation-m", "nan"], "--correlation-m"),
    (
        [*CHANGE, "--correlation-m", "1e20"],
        "--correlation-m is 1e.20: .*or inf, no finer than 0.001 and at most 20,000,000",
    ),
    ([*MOVED, "--spacing-m", "0"], "--spacing-m is 0.0: give a number of metres, more than 0"),
    ([*MOVED, "--length-m", "0"], "--length-m is 0.0: give a number of metres, more than 0"),
    ([*CHANGE, "--draws", "-1"], "--draws"),
    ([*CHANGE, "--draws", "1"], "--draws is 1: give a whole number, 2 or more"),
    ([*CHANGE, "--draws", "1.5"], "--draws"),
    ([*MOVED, "--axis", "{before}", "--copies", "-1"], "--copies is -1: give a whole number, 0 or more"),
    ([*SERIES, "--freq", "MS", "--day", "31"], "day 31 of freq"),
    ([*SERIES, "--day", "2"], "day 2 of freq"),
    ([*CHANGE, "--shift-days", "1000000000"], "out of range"),
    # --- bounds on work
    ([*CHANGE, "--sigma-m", "9", "--draws", "1000000000"], "100,000 .*--limit draws=1000000000$"),
    ([*MOVED, "--spacing-m", "1e-6"], "--spacing-m is 1e-06: .*no finer than 0.001"),
    ([*MOVED, "--axis", "{before}", "--copies", "1000000000"], "copies.*--limit points="),
    ([*CHANGE, "--population", "{people}"], "people_count.tif on this ground: .*--limit pixels="),
    ([*CHANGE, "--limit", "draws"], "write NAME=NUMBER"),
    ([*CHANGE, "--limit", "draws=many"], "write NAME=NUMBER"),
    ([*CHANGE, "--limit", "draw=9"], "--limit draw: no such limit, use one of draws, "),
    ([*CHANGE, "--limit", "draws=nan"], "give a number above 0"),
    # --- texts
    *(
        ([*CHANGE, option, value], f"{option}.*--limit letters=1000")
        for option, value in (
            ("--title", _LONG),
            ("--source", _LONG),
            ("--side", _LONG),
            ("--rest", _LONG),
            ("--label", _LONG),
            ("--side-name", f"A={_LONG}"),
            ("--where", f"side={_LONG}"),
        )
    ),
    ([*CHANGE, "--rest", " "], "rest is blank"),
    ([*CHANGE[:-1], " "], "' '"),
    ([*CHANGE[:-1], "Z"], "'Z' holds no ground"),
    *(
        ([*CHANGE, option, value], f"{option}.*UTF-8")
        for option, value in (
            ("--source", _BYTES),
            ("--rest", _BYTES),
            ("--title", _BYTES),
            ("--side", _BYTES),
            ("--side-name", f"A={_BYTES}"),
            ("--key", _BYTES),
        )
    ),
    ([*CHANGE, "--key", "nokey"], "has no column 'nokey'"),
    ([*CHANGE, "--label", "nolabel"], "no column 'nolabel' for --label"),
    ([*CHANGE, "--map", "x"], "--map 'x': write VALUE=SIDE"),
    ([*CHANGE, "--where", "x"], "--where 'x': write COLUMN=VALUE"),
    ([*CHANGE, "--where", "side=Z"], "no row with side=Z"),
    ([*CHANGE, "--where", "none=Z"], "none"),
    ([*CHANGE, "--side-name", "A"], "--side-name 'A': write NAME=TEXT"),
    ([*CHANGE, "--side-at", "A"], "--side-at 'A': write SIDE=LON,LAT"),
    ([*CHANGE, "--side-at", "A=nan,nan"], "side.at"),
    ([*CHANGE, "--crs", "EPSG:999999"], "EPSG:999999"),
    ([*CHANGE, "--crs", ""], "crs"),
    ([*CHANGE, "--crs", "EPSG:5773"], r"--crs 'EPSG:5773' \(EGM96 height\) gives no place on Earth"),
    ([*CHANGE, "--encoding", "none"], "none"),
    ([*CHANGE, "--date-format", "none"], "date.format"),
    ([*CHANGE, "--date-format", "%"], "date.format"),
    ([*CHANGE, "--as", "nobody"], "no publisher 'nobody' is known"),
    ([*CHANGE, "--as", "x.toml"], "x.toml is not a file"),
    ([*CHANGE, "--date-before", "1994-06-01", "--date-after", "1994-05-12"], "1994-0"),
    ([*TWO, "--source", "one"], "--source names all sources: give it 2 times"),
    ([*TWO, "--as", "a", "--as", "b", "--as", "c"], "--as is given once"),
    ([*TWO, "--side", "B"], "give --side once"),
    ([*CHECK, "--kind", "x"], "--kind x is not known"),
    ([*CHECK, "--key", "nokey", "--kind", "districts"], "nokey"),
    # --- files that are none, and places that take none
    *(
        ([*words[:1], path, *words[2:]], says)
        for words in (CHANGE, SERIES, CHECK, ["run", "x"], ["digitize", "x"])
        for path, says in (
            ("nothing.toml", "nothing.toml"),
            ("y" * 300, "y{20}"),
            ("/dev/null", "/dev/null|null"),
            ("", "the name is empty: name a file or folder|no bundled study ''"),
            (_BYTES, "^error: �� is not a file( or folder)?: check the path|holds bytes that are not UTF-8"),
        )
    ),
    ([*CHANGE, "--theatre", "nothing.gpkg"], "nothing.gpkg"),
    ([*CHANGE, "--settlements", "{folder}"], "layers is not a file: check the path"),
    *(
        ([*words, option, ""], f"'{option}': the name is empty: name a file or folder")
        for words, options in (
            (CHANGE, ("--out", "--theatre", "--settlements", "--population", "--districts")),
            (MOVED, ("--out", "--baseline", "--axis")),
            (CHECK, ("--write-problems",)),
            (["digitize"], ("--suggest-colours",)),
            (["report", "out"], ("--out",)),
        )
        for option in options
    ),
    # --- options that would be of no effect
    ([*MOVED, "--copies", "2"], "--copies is of no effect without --axis"),
    ([*MOVED, "--axis", "{before}", "--length-m", "9"], "--length-m: of no effect with --axis"),
    ([*CHECK, "--force"], "--force is of no effect without --write-problems"),
    (
        [*TWO, "--dates", "1994-04-07", "1994-05-12", "--report", "--apart-m", "9"],
        "--apart-m, --report: of no",
    ),
    ([*CHANGE, "--no-map", "--pdf"], "--pdf: of no effect with --no-map, give one of them"),
    (["digitize", "--suggest-colours", "x.png", "--force"], "--force: of no effect with --suggest-colours"),
    ([*CHANGE, "--population-per", "pixel"], "--population-per 'pixel' .*: give --population too"),
    ([*CHANGE[:3], "--theatre", "{districts}", "--side", "A", "--dissolve"], "--dissolve joins rows of dist"),
    ([*CHANGE, "--draws", "100"], "--draws 100: of no effect, .*: give --sigma-m too"),
    ([*CHANGE, "--correlation-m", "100"], "--correlation-m 100: of no effect"),
    (["displacement", "karabakh-1994", "--key", "nokey"], "has no column 'nokey'"),
    ([*CHANGE, "--population", "{before}"], "cannot be read as a GeoTIFF"),
    (["digitize", "--suggest-colours", "{before}"], "cannot be read as an image"),
    (["digitize", "{before}", "--suggest-colours", "{before}"], "pass a recipe such as"),
    *(
        ([*words, "--out", out], says)
        for words in (CHANGE, MOVED, SERIES, TWO)
        for out, says in (
            ("{before}", "is a file: pass the name of a folder"),
            ("/dev/null", "is a file: pass the name of a folder"),
            ("/proc/x", "/proc/x cannot be written"),
            ("y" * 300, "File name too long"),
            ("x/" * 3000, "File name too long"),
        )
    ),
    (["series", "{folder}", *_GROUND, "--out", "{folder}"], "the folder that is read: pass another --out"),
    ([*SERIES, "--resume"], "out holds no series to go on with"),
    ([*CHECK, "--write-problems", "{before}"], "which is read: pass another name"),
    ([*CHECK, "--write-problems", "{after}"], "pass another name, or --force"),
    ([*CHECK, "--write-problems", "{after}.xyz"], "xyz"),
    ([*CHECK, "--write-problems", "/proc/x.gpkg"], "/proc/x.gpkg"),
    ([*CHECK, "--write-problems", "y" * 300 + ".gpkg"], "y{20}"),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Good layers of every role in a folder of their own, by their names."""
    folder = tmp_path_factory.mktemp("sound") / "layers"
    paths = good(folder)
    paths["people"] = folder.parent / "people_count.tif"
    shape = {"width": 100_000, "height": 100_000, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    place = Affine(2e-5, 0, 45.5, 0, -2e-5, 41.0)
    with rasterio.open(
        paths["people"],
        "w",
        driver="GTiff",
        transform=place,
        tiled=True,
        blockxsize=4096,
        blockysize=4096,
        SPARSE_OK=True,
        **shape,
    ):
        pass
    return paths | {"folder": folder, "days": paths["before"]}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    "manifest",
    [
        "", "null", "[]", "{}", "[" * 100_000, '{"outputs": {}}', '{"versions": ["frontlines"]}',
        '{"versions": {"frontlines": "0"}}',
        '{"versions": {"frontlines": "0"}, "outputs": [1], "snapshots": [2]}',
        '{"versions": {"frontlines": "0"}, "outputs": {"series.parquet": ["x"]}, "snapshots": {"a": [[1]]}}',
        '{"versions": {"frontlines": "0"}, "outputs": {"series.parquet": "x"}, "snapshots": {}}',
    ],
)  # fmt: skip
def test_a_series_goes_on_from_no_manifest_but_its_own(tmp_path, sound, manifest):
    for name in ("manifest.json", "series.parquet"):
        (tmp_path / "w" / "out").mkdir(parents=True, exist_ok=True)
        (tmp_path / "w" / "out" / name).write_text(manifest, encoding="utf-8")
    before = content_of(tmp_path / "w")
    answer = run([*(word.format(**sound) for word in SERIES), "--resume"], tmp_path / "w")
    assert faults_of(answer, "out") == []
    assert content_of(tmp_path / "w") == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_makes_no_sense_is_refused_in_one_line_and_nothing_is_written(tmp_path, sound, number):
    words, says = REFUSED[number]
    folder = tmp_path / "w"
    folder.mkdir()
    before = content_of(sound["folder"])
    answer = run([word.format(**sound) if "{" in word else word for word in words], folder)
    assert faults_of(answer, says) == [], words
    assert content_of(folder) == {}
    assert content_of(sound["folder"]) == before
