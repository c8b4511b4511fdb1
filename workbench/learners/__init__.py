"""Labelled examples to a fitted model; one learner a module, reached by name through the catalogue."""
