"""The live ranker in a process of its own, beside the job that is at work.

`python -m workbench.worker.resident FOLDER WORKER`, the last the worker's process id. It looks for new answers
several times a second and ranks the questions that are ranked live. It owns nothing: it may be killed at any
moment, and the next one ranks as this one would have. It ends when the worker is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from workbench.config import stay_offline
from workbench.domain.annotations import now
from workbench.errors import WorkbenchError
from workbench.usecases.project import open_folder
from workbench.usecases.rank_live import LiveRankings
from workbench.worker.child import end_in_order, end_with_worker

LOOK_SECONDS = 0.2
PAUSE_SECONDS = 5.0  # after an error: a full disk does not become free by asking again at once
NICENESS = 5  # before the jobs, behind the people who label on the same machine


def main(folder: Path, worker: int) -> int:
    """Rank until the worker ends this process; return the exit code."""
    os.nice(NICENESS)
    stay_offline()
    signal.signal(signal.SIGTERM, end_in_order)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the worker, which ends this process
    threading.Thread(target=end_with_worker, args=(worker,), daemon=True).start()
    with open_folder(folder) as project:
        rankings = LiveRankings(project)
        while True:
            try:
                rankings.look()
            except WorkbenchError as error:
                sys.stderr.write(f"{now()} {error}\n")
                sys.stderr.flush()
                time.sleep(PAUSE_SECONDS)
            time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
