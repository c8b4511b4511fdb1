"""Judging data and models: figures, confusions, calibration, agreement, curves and the report."""
