"""
How sure: error against correlation
===================================

How far a line may be off is half of its error; along which length it is off the same way is the other half.
The curve shows how much hangs on it in the bundled study.
"""

import frontlines as fl

study = fl.load_study("karabakh-1994")
found = fl.run_study(study)
table = fl.error_by_correlation(
    found.balance,
    found.control,
    found.frontlines,
    theatre=study.theatre,
    districts=study.districts,
    noise=fl.NoiseModel(None, 5000.0),
)
figure = fl.draw_error_by_correlation(table).figure
