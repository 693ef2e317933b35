"""
A series, month by month
========================

A made-up war of two hundred days: what one side gained and lost in each month, and its net change.
"""

import frontlines as fl
from frontlines.datasets import synthetic_war

war = synthetic_war(200, n_vertices=150)
results = fl.follow(war.control, war.districts, side="Red", every="month")
figure = results.chart()
