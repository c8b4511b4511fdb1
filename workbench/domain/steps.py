"""Long work in named steps, so that whoever waits sees which one is at work and which are to come."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from workbench.domain.ports import Progress

# The steps of each kind of work, in order. A step that finds nothing to do is passed over.
STEPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "train": ("collect", "fit", "judge", "save"),
        "train-meanwhile": ("collect", "fit", "judge", "save"),
        "round": ("collect", "fit", "judge", "save", "rank", "compare"),
        "propose": ("rank",),
        "first-batch": ("embed", "rank"),
        "distil": ("load", "ask the teacher", "teach", "judge", "save"),
        "export": ("load", "trace", "verify", "quantise", "publish", "time"),
        "time-bundle": ("time",),
    }
)
SEPARATOR = ": "


class Steps:
    """Progress that says in which step it is made: "fit: training, epoch 2 of 4".

    >>> said = []
    >>> steps = Steps(lambda done, total, what: said.append(f"{done}/{total} {what}"))
    >>> steps.begin("fit")
    >>> steps(1, 4, "epochs")
    >>> said
    ['0/0 fit', '1/4 fit: epochs']
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._step = ""

    def begin(self, step: str) -> None:
        """Begin a step; nobody knows yet how much there is to do in it."""
        self._step = step
        self._progress(0, 0, step)

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note of the progress within the step."""
        self._progress(done, total, f"{self._step}{SEPARATOR}{what}" if self._step else what)


def step_of(what: str) -> tuple[str, str]:
    """Return the step that a progress was made in, and what was done in it.

    >>> step_of("fit: training, epoch 2 of 4"), step_of("judge"), step_of("")
    (('fit', 'training, epoch 2 of 4'), ('judge', ''), ('', ''))
    """
    step, _, within = what.partition(SEPARATOR)
    return step, within
