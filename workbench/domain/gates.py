"""What a manifest says of its gate, computed anew: a bundle is as good as its figures, not as its word."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any


def keeps_limit(figure: Mapping[str, Any]) -> bool:
    """Tell whether a figure's value keeps its limit; what is no finite number does not.

    >>> keeps_limit({"value": 0.99, "limit": 0.98, "direction": "at least"})
    True
    >>> keeps_limit({"value": 0.99, "limit": 0.98, "direction": "at most"})
    False
    """
    value, limit = figure.get("value"), figure.get("limit")
    for number in (value, limit):
        if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
            return False
    assert isinstance(value, int | float)
    assert isinstance(limit, int | float)
    direction = figure.get("direction")
    return (direction == "at most" and value <= limit) or (direction == "at least" and value >= limit)


def gate_failures(gate: object) -> list[str]:
    """Return in words why a gate was not passed, [] when it was: some figures, and all keep their limits.

    A gate that says of itself that it failed is taken at its word.
    """
    figures = gate.get("figures") if isinstance(gate, Mapping) else None
    if not isinstance(gate, Mapping) or not isinstance(figures, list | tuple) or not figures:
        return ["the gate measured nothing"]
    failures = []
    for figure in figures:
        if not isinstance(figure, Mapping):
            failures.append("a figure is not readable")
        elif not keeps_limit(figure) or figure.get("passed") is not True:
            said = [str(figure.get(name)) for name in ("name", "value", "direction", "limit")]
            failures.append(f"{said[0]}: {said[1]}, {said[2]} {said[3]}")
    if not failures and gate.get("passed") is not True:
        failures.append("the gate says of itself that it failed")
    return failures
