"""The benchmarks as commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [path for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_benchmark_reads_its_arguments_and_describes_itself(path: Path) -> None:
    main = path.read_text().partition("def main()")[2]
    assert "argparse.ArgumentParser(description=__doc__)" in main
    assert ".parse_args()" in main


@pytest.mark.slow
def test_a_benchmark_that_is_asked_for_help_measures_nothing_and_writes_nothing() -> None:
    result = ROOT / "benchmarks" / "results" / "start_time.json"
    before = result.read_bytes()
    command = [sys.executable, "-m", "benchmarks.start_time", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert "Claim:" in done.stdout
    assert result.read_bytes() == before
