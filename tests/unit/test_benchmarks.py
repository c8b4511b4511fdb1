"""The benchmarks as commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.label_efficiency import paired
from benchmarks.reporting import question_of, read_labelled_csv
from workbench.domain.examples import Example

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


def test_a_table_with_parted_labels_asks_for_any_number_of_them(tmp_path: Path) -> None:
    path = tmp_path / "letters.csv"
    path.write_text(
        "text,label\nRefund the late parcel.,billing|delivery\nThank you.,|\nWhere is it?,delivery\n"
    )
    examples = read_labelled_csv(path)
    assert [example.labels for example in examples] == [("billing", "delivery"), (), ("delivery",)]
    assert question_of("topic", examples).kind == "textcat-multi"
    path.write_text("text,label\nThe invoice is wrong.,billing\n")
    assert question_of("topic", read_labelled_csv(path)).kind == "textcat"


def test_paired_documents_hold_every_text_once_with_the_labels_of_their_texts() -> None:
    examples = [Example(f"d{n}", f"text{n}", (f"l{n % 4}",)) for n in range(30)]
    found = paired(examples, np.random.default_rng(0))
    assert len(found) == 20
    assert sorted(" ".join(e.text for e in found).split()) == sorted(e.text for e in examples)
    label_of = {e.text: e.labels[0] for e in examples}
    assert all(set(e.labels) == {label_of[text] for text in e.text.split()} for e in found)
    assert sum(" " in e.text for e in found) == 10
