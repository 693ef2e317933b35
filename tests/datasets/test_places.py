"""Towns by name: every one a name may mean is offered, with its country."""

import csv

from frontlines.datasets.bundled import root
from frontlines.datasets.natural_earth import towns_named


def test_every_town_of_a_name_is_offered_with_its_country():
    found = towns_named("london")
    assert {"Canada", "United Kingdom", "United States of America"} <= {town.country for town in found}
    assert [town.name for town in found[:3]] == ["London"] * 3
    for name, meant in {
        "  gyumri ": "Gyumri", "Lodz": "Łódź", "saint etienne": "Saint-Étienne", "Derry": "Londonderry/Derry",
        "Gyumry": "Gyumri", "SÃO PAULO": "São Paulo",
    }.items():  # fmt: skip
        assert meant in {town.name for town in towns_named(name)}, name
    assert towns_named("") == towns_named("?!") == towns_named("Leninakan under another name") == []
    assert len(towns_named("s")) == 12


def test_the_towns_lie_on_earth_and_are_small_to_ship():
    path = root() / "natural-earth" / "places.csv"
    assert path.stat().st_size < 400_000
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 7000
    assert all(row["name"] and row["country"] for row in rows)
    assert all(abs(float(row["lon"])) <= 180 and abs(float(row["lat"])) <= 90 for row in rows)
    assert len({tuple(row.values()) for row in rows}) == len(rows)
