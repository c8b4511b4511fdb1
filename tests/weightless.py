"""A model that weighs nothing, for runs that are shown and never asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import artefacts


class WeightlessModel:
    """Saves something that can be published."""

    def score(self, texts: Any) -> Any:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        artefacts.write_json(folder / "weights.json", [])
