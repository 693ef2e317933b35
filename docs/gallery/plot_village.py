"""
A village: hectares and square metres
=====================================

The made-up war of the library, shrunk until it fits between three farms. Tables and captions take the unit
that suits the ground.
"""

import frontlines as fl
from frontlines.datasets import synthetic_war

war = synthetic_war(60, n_vertices=100, n_sides=3)
for frame in (war.control, war.districts):
    small = frame.scale(1 / 400, 1 / 400, origin=(-30, 45))
    frame.geometry = small.translate(36, 3)  # to the open country
names = ["Mill", "Church", "Well", "Orchard", "Bridge", "Pond", "Barn", "Forge", "School", "Inn",
         "Meadow", "Quarry", "Chapel", "Green", "Copse"]  # fmt: skip
days = war.control["date"]
before, after = (war.control[days == day] for day in (days.min(), days.max()))
results = fl.compare(
    before,
    after,
    war.districts.assign(district=names),
    side="Alder",
    sliver_m=0.01,
    margin_m=0,
    title="Three farms",
)
figure = results.map()
