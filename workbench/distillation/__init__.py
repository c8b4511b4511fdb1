"""Soft labels and a verified run to a small student."""
