"""Torch modules and the one training loop; leaf modules that are reached by name."""
