"""
Two sources on one day
======================

Where two maps of the same day agree, and what each alone gives to the side.
"""

import frontlines as fl
from frontlines.datasets import synthetic_war

one = synthetic_war(30)
day = one.control["date"].max()
first = one.control[one.control["date"] == day]
second = one.control[one.control["date"] == one.control["date"].min()].assign(date=day)
results = fl.agreement(first, second, one.districts, side="Red", names=("morning", "evening"))
figure = results.map()
