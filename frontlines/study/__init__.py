"""Whole pipelines: frames in, results out."""
