"""Claim: 100,000 rows of CSV are imported, durably, within 30 s and 500 MB.

Peer: `pandas.read_csv` into `DataFrame.to_sql` on SQLite, which checks and keeps less (no ids, no
answers, no report), in a process of its own in the same run.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from pathlib import Path

from benchmarks.reporting import timed_process, workbench_command, write_result

ROWS = 100_000
WORDS = [
    "parcel",
    "late",
    "refund",
    "charge",
    "login",
    "code",
    "speaker",
    "kettle",
    "order",
    "invoice",
    "courier",
    "battery",
    "screen",
    "plan",
]
PEER = """
import sqlite3, sys, resource, pandas
frame = pandas.read_csv(sys.argv[1])
frame.to_sql("rows", sqlite3.connect(sys.argv[2]), index=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write_rows(path: Path) -> None:
    """Write rows of random words; every text differs."""
    rng = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        for number in range(ROWS):
            words = " ".join(rng.choices(WORDS, k=rng.randint(5, 40)))
            writer.writerow([f"{words}, case {number}", rng.choice(WORDS)])


def main() -> None:
    """Import the same file with both and write seconds and peak memory."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write_rows(path)
        command = workbench_command()
        timed_process(command, "init", "bench", "--question", "topic:textcat", WORKBENCH_HOME=folder)
        ours, memory, output = timed_process(command, "import", "bench", path, WORKBENCH_HOME=folder)
        theirs, _, peer_memory = timed_process(
            sys.executable, "-c", PEER, path, Path(folder) / "peer.sqlite3"
        )
    rows = [
        {"what": "workbench import", "rows": ROWS, "s": ours, "peak MB": memory},
        {"what": "pandas to SQLite", "rows": ROWS, "s": theirs, "peak MB": float(peer_memory)},
    ]
    write_result("csv_import", rows, report=output.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
