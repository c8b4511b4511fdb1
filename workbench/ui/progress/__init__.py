"""The parts of the page Progress."""
