"""One side followed through many snapshots."""
