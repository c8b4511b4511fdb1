"""Where things live, what limits hold, and how many threads may run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from workbench.domain.questions import check_slug
from workbench.errors import InputError

MEBIBYTE = 1024 * 1024
MOST_THREADS = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What an input may be at most; beyond it is refused with the limit in the message."""

    file_bytes: int = 1024 * MEBIBYTE
    documents: int = 1_000_000
    text_characters: int = 10 * MEBIBYTE
    json_depth: int = 64
    config_bytes: int = 256 * 1024
    config_depth: int = 64
    labels: int = 10_000
    columns: int = 1_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds `projects/` and `models/`."""

    root: Path

    @classmethod
    def find(cls) -> Home:
        """Return the folder that WORKBENCH_HOME names, else the current one."""
        return cls(Path(os.environ.get("WORKBENCH_HOME") or ".").resolve())

    @property
    def projects(self) -> Path:
        """The folder of all projects."""
        return self.root / "projects"

    def project(self, name: str) -> Path:
        """The folder of one project. Raises InputError when the name is no slug."""
        return self.projects / check_slug("project", name)

    def models(self, project: str) -> Path:
        """The folder of a project's runs and bundles."""
        return self.root / "models" / check_slug("project", project)


def n_training_threads() -> int:
    """Return how many threads a training may use: WORKBENCH_THREADS, else all cores. Raises InputError."""
    said = os.environ.get("WORKBENCH_THREADS", "").strip()
    if not said:
        return os.cpu_count() or 1
    if not (said.isascii() and said.isdigit() and 0 < int(said) <= MOST_THREADS):
        raise InputError(
            f"The variable WORKBENCH_THREADS is {said!r}, which is no number of threads.",
            hint=f"Set it to a whole number from 1 to {MOST_THREADS:,}, or unset it to use all cores.",
        )
    return int(said)


def stay_offline() -> None:
    """Keep model libraries from asking the network, and quiet; the user's own settings win."""
    for name, value in {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_WAIT_POLICY": "PASSIVE",
    }.items():
        os.environ.setdefault(name, value)
