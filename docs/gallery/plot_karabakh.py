"""
The first Karabakh war, 7 April and 12 May 1994
===============================================

The bundled study: two front lines, sixteen districts, an interval for every figure.
"""

import frontlines as fl

results = fl.run_study(fl.load_study("karabakh-1994"))
figure = results.map()
