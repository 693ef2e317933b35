"""KML with folders, styles, spans and data; hostile XML is refused."""

import zipfile

import pytest
import shapely

from frontlines.errors import SourceError
from frontlines.sources.kml import read_kml

RING = "<LinearRing><coordinates>36,35,0 37,35,0 37,36,0 36,35,0</coordinates></LinearRing>"
POLYGON = f"<Polygon><outerBoundaryIs>{RING}</outerBoundaryIs></Polygon>"


def kml(tmp_path, inner, head='<?xml version="1.0"?>', name="a.kml"):
    path = tmp_path / name
    path.write_text(
        f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inner}</Document></kml>',
        encoding="utf-8",
    )
    return path


def test_folders_styles_spans_and_data_become_columns(tmp_path):
    frame = read_kml(kml(tmp_path, f"""
        <Style id="red"><PolyStyle><color>4d0000ff</color></PolyStyle><LineStyle><color>ff112233</color></LineStyle></Style>
        <StyleMap id="map"><Pair><key>normal</key><styleUrl>#red</styleUrl></Pair></StyleMap>
        <Folder><name>Sides</name><Folder><name>Government</name>
          <Placemark><name>North</name><styleUrl>#map</styleUrl><Snippet>held</Snippet>
            <TimeSpan><begin>2016-01-01</begin></TimeSpan>
            <ExtendedData><Data name="grade"><value>7</value></Data></ExtendedData>{POLYGON}</Placemark>
        </Folder></Folder>
        <Placemark><Style><PolyStyle><color>ff00ff00</color></PolyStyle></Style>
          <ExtendedData><SchemaData><SimpleData name="grade">8</SimpleData></SchemaData></ExtendedData>{POLYGON}</Placemark>
        <Placemark><name>no shape</name></Placemark>"""))  # fmt: skip
    first, second = frame.to_dict("records")
    assert first["folder"] == "Sides/Government"
    assert (first["fill"], first["stroke"], first["styleUrl"]) == ("#ff0000", "#332211", "#map")
    assert (first["snippet"], first["begin"], first["grade"]) == ("held", "2016-01-01", "7")
    assert (second["folder"], second["fill"], second["grade"]) == ("", "#00ff00", "8")
    assert frame.crs == "EPSG:4326"
    assert shapely.area(frame.geometry.values).tolist() == [0.5, 0.5]


def test_shapes_of_every_kind(tmp_path):
    hole = "<innerBoundaryIs><LinearRing><coordinates>36.8,35.1 36.9,35.1 36.9,35.2 36.8,35.1</coordinates></LinearRing></innerBoundaryIs>"
    line = "<LineString><coordinates>1,2 3,4</coordinates></LineString>"
    marks = [
        POLYGON.replace("</outerBoundaryIs>", f"</outerBoundaryIs>{hole}"),
        f"<MultiGeometry>{POLYGON}{POLYGON}</MultiGeometry>",
        line,
        "<Point><coordinates>5,6,7</coordinates></Point>",
        f"<MultiGeometry>{POLYGON}{line}</MultiGeometry>",
    ]
    frame = read_kml(kml(tmp_path, "".join(f"<Placemark>{mark}</Placemark>" for mark in marks)))
    kinds = ["Polygon", "MultiPolygon", "LineString", "Point", "GeometryCollection"]
    assert frame.geom_type.tolist() == kinds
    assert frame.geometry.iloc[0].area == pytest.approx(0.5 - 0.005)
    assert frame.geometry.iloc[3].equals(shapely.Point(5, 6))


def test_a_folder_can_be_picked(tmp_path):
    inner = "".join(f"<Folder><name>{name}</name><Placemark>{POLYGON}</Placemark></Folder>" for name in "AB")
    assert read_kml(kml(tmp_path, inner), "B")["folder"].tolist() == ["B"]
    with pytest.raises(SourceError, match="has no folder 'C': it holds A, B"):
        read_kml(kml(tmp_path, inner), "C")


def test_a_kmz_is_unpacked(tmp_path):
    plain = kml(tmp_path, f"<Placemark>{POLYGON}</Placemark>")
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.write(plain, "doc.kml")
        archive.writestr("files/._doc.kml", "x")
    assert len(read_kml(tmp_path / "a.kmz")) == 1
    with zipfile.ZipFile(tmp_path / "b.kmz", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(SourceError, match=r"must hold one KML \(it holds none\)"):
        read_kml(tmp_path / "b.kmz")


@pytest.mark.parametrize(
    ("inner", "head", "words"),
    [
        ("&a;", '<!DOCTYPE kml [<!ENTITY a "aa">]>', "declares entities"),
        ("<Placemark>", "", "cannot be read as KML: mismatched tag"),
        ("<a>" * 200 + "</a>" * 200, "", "more than 100 deep"),
        (f"<Placemark>{POLYGON.replace('36,35,0', 'x,y', 1)}</Placemark>", "", "no numbers such as 46.9,40.1"),
        (f"<Placemark>{POLYGON.replace('36,35,0', 'nan,1', 1)}</Placemark>", "", "not finite"),
        (f"<Placemark><name>N</name>{POLYGON.replace('36,35,0</c', '1,1</c')}</Placemark>", "",
         "placemark 'N': a ring does not end where it begins"),
        ("<Placemark><LineString><coordinates>1,2</coordinates></LineString></Placemark>", "", "fewer than two"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(tmp_path, inner, head, words):
    with pytest.raises(SourceError, match=words):
        read_kml(kml(tmp_path, inner, head))


def test_nothing_is_an_empty_layer(tmp_path):
    assert read_kml(kml(tmp_path, "")).empty
