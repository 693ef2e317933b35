"""
How far the front moved
=======================

Transects across the first front of the bundled study, coloured by how far it moved along each.
"""

import frontlines as fl

figure = fl.run_movement(fl.load_study("karabakh-1994")).map()
