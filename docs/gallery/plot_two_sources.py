"""
Two sources on one day
======================

Where two maps of the same day agree, and what each alone gives to the side. Here the second is a month old.
"""

import frontlines as fl
from frontlines.datasets import synthetic_war

war = synthetic_war(30, n_vertices=150)
days = war.control["date"]
today = war.control[days == days.max()]
late = war.control[days == days.min()].assign(date=days.max())
results = fl.agreement(today, late, war.districts, side="Red", names=("Morning Post", "Old Atlas"))
figure = results.map()
