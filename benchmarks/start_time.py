"""Claim: `workbench --help` answers within 0.5 s. Peer: `streamlit --help`, in turn with it."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from benchmarks.reporting import timed_process, workbench_command, write_result

RUNS = 9


def main() -> None:
    """Time both commands in turn and write the medians."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    ours, theirs = workbench_command(), Path(workbench_command()).with_name("streamlit")
    times: dict[str, list[float]] = {"workbench --help": [], "streamlit --help": []}
    for _ in range(RUNS):
        times["workbench --help"].append(timed_process(ours, "--help")[0])
        times["streamlit --help"].append(timed_process(theirs, "--help")[0])
    rows = [
        {
            "command": name,
            "median s": statistics.median(seconds),
            "min s": min(seconds),
            "max s": max(seconds),
        }
        for name, seconds in times.items()
    ]
    write_result("start_time", rows, runs=RUNS)


if __name__ == "__main__":
    main()
