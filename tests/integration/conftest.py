from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def workbench(tmp_path: Path) -> Run:
    """Run the installed command with its own home; `fails=2` expects that exit code and no traceback."""

    def run(*arguments: object, fails: int = 0) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "workbench"), *map(str, arguments)]
        environment = {**os.environ, "WORKBENCH_HOME": str(tmp_path), "COLUMNS": "120"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == fails, (done.stdout, done.stderr)
        return done

    return run
