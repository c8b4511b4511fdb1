"""The live ranker in a process of its own, beside the job that is at work.

`python -m workbench.worker.resident FOLDER WORKER`, the last the worker's process id. It looks for new answers
several times a second and ranks the questions that are ranked live. It owns nothing: it may be killed at any
moment, and the next one ranks as this one would have. It ends when the worker is gone, and at no error.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from traceback import format_exception

from workbench.config import stay_offline
from workbench.domain.annotations import now
from workbench.errors import WorkbenchError
from workbench.usecases.live_troubles import FIRST_PAUSE, LONGEST_PAUSE
from workbench.usecases.project import open_folder
from workbench.usecases.rank_live import LiveRankings
from workbench.worker.child import end_in_order, end_with_worker

LOOK_SECONDS = 0.2
NICENESS = 5  # before the jobs, behind the people who label on the same machine


def main(folder: Path, worker: int) -> int:
    """Rank until the worker ends this process; return the exit code."""
    os.nice(NICENESS)
    stay_offline()
    signal.signal(signal.SIGTERM, end_in_order)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the worker, which ends this process
    threading.Thread(target=end_with_worker, args=(worker,), daemon=True).start()
    with open_folder(folder) as project:
        rankings = LiveRankings(project, report=report)
        pause = FIRST_PAUSE
        while True:
            try:
                rankings.look()
                pause = FIRST_PAUSE
            except Exception as error:
                # Of the store: what keeps one question from being ranked was told already.
                report("", error)
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            time.sleep(LOOK_SECONDS)


def report(question: str, error: Exception) -> None:
    """Write into the log what keeps a question, or all of them, from being ranked."""
    said = str(error) if isinstance(error, WorkbenchError) else "".join(format_exception(error)).rstrip()
    sys.stderr.write(f"{now()} {f'{question}: ' if question else ''}{said}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
