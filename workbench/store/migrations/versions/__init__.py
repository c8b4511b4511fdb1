"""One file a change, `v0001_...py` upwards."""
