"""Speed, as ratios to named peers that do the same work in the same run."""
