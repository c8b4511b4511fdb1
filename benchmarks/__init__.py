"""One script a claim, each beside a named peer in the same run; figures go to `results/` as JSON."""
