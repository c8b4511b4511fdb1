"""What the worker can do: verb to "module:function".

The function is `run_job(folder: Path, arguments: dict, progress: Progress) -> dict`: it gets the
project's folder and what the job was asked with, tells its progress, and returns its result as JSON
values. It is imported in the child process only. A job may be killed at any moment and run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "embed": "workbench.usecases.embed_pool:run_job",
        "propose": "workbench.usecases.propose_batch:run_job",
        "first-batch": "workbench.usecases.ask_first_batch:run_job",
        "train-meanwhile": "workbench.usecases.train_meanwhile:run_job",
        "round": "workbench.usecases.run_round:run_job",
        "train": "workbench.usecases.train_model:run_job",
        "distil": "workbench.usecases.distil_model:run_job",
        "export": "workbench.usecases.export_model:run_job",
        "time-bundle": "workbench.usecases.time_bundle:run_job",
        "analyse": "workbench.usecases.analyse_data:run_job",
        "preview": "workbench.usecases.import_upload:run_preview_job",
        "import": "workbench.usecases.import_upload:run_job",
        "ls-push": "workbench.usecases.label_studio.jobs:run_push_job",
        "ls-pull": "workbench.usecases.label_studio.jobs:run_pull_job",
        "publish": "workbench.usecases.label_studio.publish:run_job",
        "suggest": "workbench.usecases.suggest_answers:run_job",
        "score-pool": "workbench.usecases.score_pool:run_job",
        "find-issues": "workbench.usecases.find_label_issues:run_job",
        "languages": "workbench.usecases.detect_languages:run_job",
        "control": "workbench.usecases.measure_control:run_job",
        "simulate": "workbench.usecases.simulate:run_job",
    }
)
