"""The door: raw frames in, checked frames in the working CRS out; faults of layers, and their mending."""

from frontlines.geometry.coverage import HAIR_M
from frontlines.layers.columns import BOOKED, days_of
from frontlines.layers.door import (
    as_control,
    as_districts,
    as_frontlines,
    as_settlements,
    as_theatre,
    check_layer,
)
from frontlines.layers.faults import ADVICE
from frontlines.layers.mending import REST_SOURCE
from frontlines.names import KINDS, Kind

__all__ = [
    "ADVICE",
    "BOOKED",
    "HAIR_M",
    "KINDS",
    "REST_SOURCE",
    "Kind",
    "as_control",
    "as_districts",
    "as_frontlines",
    "as_settlements",
    "as_theatre",
    "check_layer",
    "days_of",
]
