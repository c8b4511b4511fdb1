"""The parts of the page of models: what can be started, what came of it, runs side by side."""
