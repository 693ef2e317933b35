"""
Names in any script
===================

Names are written as they stand in the data, from right to left where they run so. For letters that no
installed font has (perhaps Chinese, Hindi, Thai), the program says once which package brings one.
"""

import frontlines as fl
from frontlines.datasets import synthetic_war

names = [
    "القاهرة", "Ἀθῆναι", "Երևան", "Київ", "თბილისი",
    "بغداد", "Θήβα", "Գյումրի", "Харків", "ქუთაისი",
    "تهران", "Πάτρα", "Վանաձոր", "Đà Nẵng", "ბათუმი",
]  # fmt: skip
sides = {"Alder": "الجنوب", "Birch": "Север", "Cedar": "Κέντρο"}
war = synthetic_war(60, n_vertices=200, n_sides=3)
control = war.control.replace({"side": sides})
before, after = (control[control["date"] == day] for day in (control["date"].min(), control["date"].max()))
results = fl.compare(
    before,
    after,
    war.districts.assign(district=names),
    side="الجنوب",
    margin_m=0,
    title="حدود · Граница · Σύνορα",
)
figure = results.map()
