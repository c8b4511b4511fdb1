"""The main job from end to end on the sample project, as `make demo` runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
SAMPLE = Path(__file__).parents[2] / "projects" / "support-tickets"


@pytest.mark.nightly
@pytest.mark.torch
@pytest.mark.timeout(1800)
def test_the_demo_ends_in_two_bundles_a_report_and_predictions(workbench: Run, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "projects" / "support-tickets")
    printed = workbench("demo").stdout
    bundles = sorted((tmp_path / "models" / "demo").glob("*-int8"))
    assert [bundle.name.partition("-")[0] for bundle in bundles] == ["entities", "topic"]
    assert len(list((tmp_path / "models" / "demo").glob("*.html"))) == 2
    assert "FAILED" not in printed
    (tmp_path / "new.txt").write_text("Zoë paid £12.50 for the Brio Kettle on 3 March 👍\n", encoding="utf-8")
    for bundle in bundles:
        prediction = json.loads(workbench("predict", bundle, "new.txt").stdout)
        assert ("entities" in prediction) == bundle.name.startswith("entities")
        for entity in prediction.get("entities", ()):
            text = "Zoë paid £12.50 for the Brio Kettle on 3 March 👍"
            assert text[entity["start"] : entity["end"]] == entity["text"]
