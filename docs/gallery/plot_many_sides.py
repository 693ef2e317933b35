"""
Five sides, and who took whose ground
=====================================

No side is named, so all are followed. Each has its colour; ground that changed hands has stripes in the
colour of the side before.
"""

import frontlines as fl
from frontlines.datasets import synthetic_war

war = synthetic_war(180, n_vertices=200, n_sides=5, rng=2)
days = war.control["date"]
before, after = (war.control[days == day] for day in (days.min(), days.max()))
results = fl.compare(before, after, war.districts, margin_m=0, title="A war of five sides")
figure = results.map()
