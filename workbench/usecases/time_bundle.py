"""Measure how long an exported model takes for one text on this machine, beside the run that it came from."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench import artefacts
from workbench.config import stay_offline
from workbench.domain.annotations import now
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import check_slug
from workbench.domain.steps import Steps
from workbench.errors import ArtefactError, WorkbenchError
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_network_of

TIMINGS = Path("data", "timings")
N_TEXTS = 60
N_WARM = 5
MOST_SECONDS = 20.0


def timing_path(project: Project, bundle: str) -> Path:
    """Return where the timing of a bundle stands. Raises InputError when the name is no slug."""
    return project.folder / TIMINGS / f"{check_slug('bundle', bundle)}.json"


def time_bundle(project: Project, bundle: str, *, progress: Progress = silent) -> dict[str, Any]:
    """Time single texts, one thread, and write the figures beside the project's data.

    `bundle` and `run` each have `median_ms` and `p95_ms`; `run` is None when the trained network is gone.
    The texts are those of held-out documents, evenly taken. Raises ArtefactError for a bundle that
    serving refuses.
    """
    stay_offline()
    from workbench.serving.bundle import Bundle

    steps = Steps(progress)
    steps.begin("time")
    served = Bundle.load(project.models / check_slug("bundle", bundle), n_threads=1)
    texts = timed_texts(project, served.facts)
    found = {
        "bundle": summary(seconds_of(served.score, texts, progress=steps, what="exported")),
        "run": time_run(project, str(served.facts.get("run", "")), texts, progress=steps),
        "n_texts": len(texts),
        "median_characters": int(np.median([len(text) for text in texts])),
        "n_threads": 1,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "sha256": served.facts["files"]["model.onnx"]["sha256"],
        "measured_at": now(),
    }
    path = timing_path(project, bundle)
    path.parent.mkdir(parents=True, exist_ok=True)
    artefacts.write_json(path, found)
    return found


def time_run(
    project: Project, run_id: str, texts: Sequence[str], *, progress: Progress = silent
) -> dict[str, float] | None:
    """Time the float32 network of a run on the same texts; None when it cannot be loaded any more."""
    from workbench.networks.backbone import cpu_threads
    from workbench.networks.network import network_scores

    run = next((run for run in project.store.runs() if run.id == run_id), None)
    if run is None:
        return None
    try:
        network = load_network_of(project, run)
    except WorkbenchError:
        return None
    cpu_threads(1)
    return summary(
        seconds_of(lambda batch: network_scores(network, batch), texts, progress=progress, what="trained")
    )


def timed_texts(project: Project, facts: Any) -> list[str]:
    """Return up to `N_TEXTS` held-out texts, evenly taken; without any, those that the bundle carries."""
    held_out = [document.text for document in project.store.documents(part="held-out")]
    texts = [text for text in held_out if text.strip()] or list(facts.get("golden", {}).get("texts", ()))
    if not texts:
        raise ArtefactError("There is no held-out text to measure by.", hint="Import held-out documents.")
    places = np.unique(np.linspace(0, len(texts) - 1, min(N_TEXTS, len(texts))).round().astype(int))
    return [texts[place] for place in places]


def seconds_of(
    score: Callable[[Sequence[str]], object], texts: Sequence[str], *, progress: Progress, what: str
) -> list[float]:
    """Return the seconds that each text took alone, after some to warm up; no more after `MOST_SECONDS`."""
    for text in texts[:N_WARM]:
        score([text])
    taken: list[float] = []
    for place, text in enumerate(texts):
        started = time.perf_counter()
        score([text])
        taken.append(time.perf_counter() - started)
        progress(place + 1, len(texts), what)
        if sum(taken) > MOST_SECONDS:
            break
    return taken


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Return median and 95th percentile in milliseconds.

    >>> summary([0.001, 0.002, 0.003])
    {'median_ms': 2.0, 'p95_ms': 2.9}
    """
    median, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return {"median_ms": round(float(median), 3), "p95_ms": round(float(p95), 3)}


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `time-bundle`; arguments: `bundle`, the name of its folder."""
    with open_folder(folder) as project:
        return time_bundle(project, arguments["bundle"], progress=progress)
