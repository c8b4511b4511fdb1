"""Texts to vectors; leaf modules that are reached by name."""
