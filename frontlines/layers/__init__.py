"""The door: raw frames in, checked frames in the working CRS out; faults of layers, and their mending."""
