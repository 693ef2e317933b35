"""Plane geometry of layers: coverages and their neighbours, and arrangements of lines."""
