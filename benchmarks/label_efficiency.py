"""Claim: `auto` buys more macro-F1 a label than random choice and than small-text's own strategies.

    .venv/bin/python -m benchmarks.label_efficiency [--data NAME=TRAIN,TEST …] [--seeds 5] [--peers breaking-ties …]

All learn with the same head on the same vectors and are judged on the same test rows. Own strategies run by
`simulate`; small-text's by its own PoolBasedActiveLearner, from a random first batch (`@random`) and from the first
batch of `auto` (`@auto`). Data sets are two files each: CSV `text,category`, or IOB2 (`.conll`, own strategies only,
with `--learner bert`). ALC is the unweighted mean over the rounds, the first after the first batch. Own strategies
that draw nothing by chance have one curve for all seeds; with `--hide 0.1` each seed hides another tenth of the pool,
from all contestants, so that they have several. With labels parted by `|` a document has any number of them; no such
data is at hand, so `--pairs` makes some of what was read: half of the documents are two of its texts, one after the
other, and have both labels. Writes JSON, a table and the curves as PNG; the file is named by --name.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from benchmarks.reporting import (
    RESULTS,
    data_folder,
    question_of,
    read_entities,
    read_labelled_csv,
    write_result,
)
from workbench import catalog
from workbench.analysis.curve import draw_curves
from workbench.analysis.curve_points import CurvePoint, alc
from workbench.config import stay_offline
from workbench.domain.arrays import AnyArray, Rows, Vectors
from workbench.domain.examples import Example
from workbench.domain.ports import Encoder
from workbench.domain.questions import Question
from workbench.errors import UnknownNameError
from workbench.learners.linear_head import Balance, HeadConfig, fit_head
from workbench.store.vectors import CachedEncoder, VectorFile
from workbench.usecases.gather_inputs import targets_of
from workbench.usecases.simulate import Simulation, simulate_on

OWN = ("random", "margin", "entropy", "cluster-margin", "typiclust", "coverage", "auto")
PEERS = (
    "breaking-ties",
    "least-confidence",
    "subsampling",
    "lightweight-coreset",
    "embedding-kmeans",
    "discriminative",
)
BUDGETS = {"banking77": (100, 15), "clinc150": (150, 12)}


@dataclass(frozen=True, slots=True)
class Task:
    """A data set with its budget."""

    name: str
    pool: Sequence[Example]
    test: Sequence[Example]
    batch: int
    rounds: int


@dataclass(slots=True)
class Curves:
    """For each contestant the figures of each seed, round by round, and the first rows by seed."""

    values: dict[str, list[list[float]]] = field(default_factory=dict)
    first: dict[str, list[list[int]]] = field(default_factory=dict)


def tasks_of(options: argparse.Namespace) -> list[Task]:
    """Read the data sets; without --data Banking77 and CLINC150."""
    named = options.data or [
        f"{name}={data_folder(name) / 'train.csv'},{data_folder(name) / 'test.csv'}" for name in BUDGETS
    ]
    tasks = []
    for text in named:
        name, _, files = text.partition("=")
        train, _, test = files.partition(",")
        read = read_entities if train.endswith(".conll") else read_labelled_csv
        batch, rounds = BUDGETS.get(name, (100, 10))
        parts = [read(Path(train)), read(Path(test))]
        if options.pairs:
            if read is read_entities:
                raise SystemExit(f"{name}: --pairs puts texts with labels together, not texts with entities.")
            name, parts = f"{name}-pairs", [paired(part, np.random.default_rng(0)) for part in parts]
        tasks.append(Task(name, parts[0], parts[1], options.batch or batch, options.rounds or rounds))
    return tasks


def paired(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """Return documents of one text or of two, as many of each as can be; each text stands in one of them."""
    order = [examples[row] for row in rng.permutation(len(examples)).tolist()]
    n = len(order) // 3
    both = [
        Example(
            f"{a.document_id}+{b.document_id}",
            f"{a.text} {b.text}",
            tuple(sorted({*a.labels, *b.labels})),
        )
        for a, b in zip(order[:n], order[n : 2 * n], strict=True)
    ]
    found = [*both, *order[2 * n :]]
    return [found[row] for row in rng.permutation(len(found)).tolist()]


def run_own(task: Task, options: argparse.Namespace, encoder: Encoder, curves: Curves) -> None:
    """Simulate every strategy of the workbench and seed."""
    question = question_of(task.name, [*task.pool, *task.test])
    config = {"balance": options.balance} if options.learner == "linear" or options.balance != "none" else {}
    for strategy in options.strategies:
        for seed in range(options.seeds):
            simulation = Simulation(options.learner, strategy, task.batch, task.rounds, seed, config=config)
            pool = [task.pool[row] for row in open_rows(task, options, seed).tolist()]
            row_of = {example.document_id: row for row, example in enumerate(pool)}
            report = simulate_on(question, pool, task.test, simulation, encoder=encoder)
            curves.values.setdefault(strategy, []).append(report.values)
            curves.first.setdefault(strategy, []).append([row_of[id] for id in report.chosen[0]])
            print(f"  {task.name}: {strategy}, seed {seed}: ALC {report.alc:.4f}", flush=True)


def open_rows(task: Task, options: argparse.Namespace, seed: int) -> Rows:
    """Return the rows of the pool that a seed may ask about: all, or all but a share that is hidden."""
    n = len(task.pool)
    if not options.hide:
        return np.arange(n, dtype=np.int64)
    return np.sort(np.random.default_rng((seed, n)).permutation(n)[round(options.hide * n) :])


def run_peers(task: Task, options: argparse.Namespace, encoder: Encoder, curves: Curves) -> None:
    """Run small-text's own loop with each of its strategies, from both first batches."""
    from benchmarks import small_text_peers
    from benchmarks.small_text_peers import ONE_LABEL_ONLY, peer_curve

    question = question_of(task.name, [*task.pool, *task.test])
    targets, test_targets = (targets_of(question, part) for part in (task.pool, task.test))
    if question.exclusive:
        targets, test_targets = targets.argmax(axis=1), test_targets.argmax(axis=1)
    vectors, test_vectors = (encoder.encode([e.text for e in part]) for part in (task.pool, task.test))
    peers = [peer for peer in options.peers if question.exclusive or peer not in ONE_LABEL_ONLY]
    if left_out := set(options.peers) - set(peers):
        print(
            f"  {task.name}: small-text has no {', '.join(sorted(left_out))} for any number of labels",
            flush=True,
        )

    def balanced(vectors: Vectors, targets: AnyArray) -> BalancedHead:
        return BalancedHead(question, vectors, targets, options.balance)

    fit = small_text_peers.fit_head if options.balance == "none" else balanced
    for peer in peers:
        for start in ("random", "auto"):
            for seed, first in enumerate(curves.first[start]):
                rows = open_rows(task, options, seed)
                found = peer_curve(
                    peer, vectors[rows], targets[rows], test_vectors, test_targets, first, task.batch, task.rounds,
                    seed, fit,
                )  # fmt: skip
                name = f"small-text {peer} @{start}"
                curves.values.setdefault(name, []).append(list(found.values))
                print(f"  {task.name}: {name}, seed {seed}: ALC {alc(found.values):.4f}", flush=True)


class BalancedHead:
    """The learner's own head, with the same weights of the labels, for whoever judges by `predict`."""

    def __init__(self, question: Question, vectors: Vectors, targets: AnyArray, balance: Balance) -> None:
        rows = targets if targets.ndim == 2 else np.eye(len(question.labels), dtype=np.bool_)[targets]
        self._head = fit_head(question, vectors, rows, HeadConfig(balance=balance))

    def predict(self, vectors: Vectors) -> AnyArray:
        """Return label numbers `(n,)`, or `(n, l)` bool for labels of their own."""
        p = self._head.score(vectors).probabilities
        return np.asarray(p.argmax(axis=1) if self._head.exclusive else p >= 0.5)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and half the width of its 95 % t interval; 0 where all values are equal or one."""
    mean = statistics.mean(values)
    if len(values) < 2:
        return mean, 0.0
    wide = float(student.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5
    return mean, wide


def labels_to_reach(goal: float, values: Sequence[float], batch: int) -> float | None:
    """Return how many labels a curve needs for a figure, between rounds by a straight line; None if never.

    >>> labels_to_reach(0.5, [0.2, 0.4, 0.6], 100)
    250.0
    """
    for number, value in enumerate(values):
        if value >= goal:
            before = values[number - 1] if number else 0.0
            share = 1.0 if value == before else (goal - before) / (value - before)
            return round(batch * (number + share), 1)
    return None


def rows_of(task: Task, curves: Mapping[str, list[list[float]]]) -> list[dict[str, Any]]:
    """Return a line a contestant."""
    goals = [values[-1] for values in curves.get("random", [])]
    rows = []
    for name, runs in curves.items():
        mean_alc, wide = interval([alc(values) for values in runs])
        last, last_wide = interval([values[-1] for values in runs])
        mean_curve = np.mean(runs, axis=0).tolist()
        reached = labels_to_reach(statistics.mean(goals), mean_curve, task.batch) if goals else None
        rows.append(
            {
                "data": task.name,
                "strategy": name,
                "ALC": mean_alc,
                "± ALC": wide,
                "last": last,
                "± last": last_wide,
                "labels for random's last": reached,
                "of random's": reached / (task.batch * task.rounds) if reached else None,
                "seeds": len(runs),
                "curve": [round(value, 4) for value in mean_curve],
            }
        )
    return rows


def draw(task: Task, curves: Mapping[str, list[list[float]]], path: Path, *, learner: str) -> None:
    """Draw own strategies and the best peer of each start."""
    own = {name: runs for name, runs in curves.items() if not name.startswith("small-text")}
    for start in ("@random", "@auto"):
        peers = {name: runs for name, runs in curves.items() if name.endswith(start)}
        if peers:
            best = max(peers, key=lambda name: statistics.mean(alc(values) for values in peers[name]))
            own[best] = peers[best]
    points = {
        name: [
            CurvePoint(task.batch * (number + 1), value, seed)
            for seed, values in enumerate(runs)
            for number, value in enumerate(values)
        ]
        for name, runs in own.items()
    }
    draw_curves(points, path, title=f"{task.name}, learner {learner}, MiniLM")


def checked(options: argparse.Namespace, parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the options; what cannot be is said, and ends it."""
    if options.peers and options.learner != "linear":
        parser.error("The peers learn with the linear head: compare them with --learner linear alone.")
    if options.peers is None:
        options.peers = list(PEERS) if options.learner == "linear" else []
    if options.seeds < 1:
        parser.error("--seeds is how many there are: 1 or more.")
    for name in options.strategies:
        try:
            catalog.strategy(name)
        except UnknownNameError as error:
            parser.error(f"{error.message} {error.hint}".strip())
    if any(not re.fullmatch(r"[^=]+=[^,]+,.+", text) for text in options.data or []):
        parser.error("--data is NAME=TRAIN,TEST: a name and two files.")
    if not 0.0 <= options.hide < 1.0:
        parser.error("--hide is a share from 0 to below 1.")
    missing = {"random", "auto"} - set(options.strategies)
    if options.peers and missing:
        parser.error(f"The peers start from the first batches of random and auto: add {', '.join(missing)}.")
    return options


def main() -> None:
    """Run all contestants on all data sets and write down what their labels bought."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="*", metavar="NAME=TRAIN,TEST", help="CSV or .conll")
    parser.add_argument("--strategies", nargs="*", default=list(OWN))
    parser.add_argument(
        "--peers", nargs="*", help=f"of small-text; with the learner linear: {' '.join(PEERS)}"
    )
    parser.add_argument("--learner", default="linear")
    parser.add_argument("--balance", default="none", choices=["none", "sqrt", "balanced"])
    parser.add_argument(
        "--pairs", action="store_true", help="documents of one text or two, with their labels"
    )
    parser.add_argument("--hide", type=float, default=0.0, help="share of the pool that each seed hides")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--name", default="label_efficiency")
    options = checked(parser.parse_args(), parser)
    stay_offline()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        plain = catalog.encoder("minilm", n_threads=2)
        encoder = CachedEncoder(plain, VectorFile(Path(scratch), plain.id, plain.width))
        for task in tasks_of(options):
            encoder.encode([example.text for example in [*task.pool, *task.test]])
            curves = Curves()
            run_own(task, options, encoder, curves)
            if any(example.spans for example in task.pool):
                print(
                    f"  {task.name} asks for entities, which small-text does not label: no peers", flush=True
                )
            else:
                run_peers(task, options, encoder, curves)
            rows += rows_of(task, curves.values)
            draw(task, curves.values, RESULTS / f"{options.name}_{task.name}.png", learner=options.learner)
            write_result(
                options.name, rows, balance=options.balance, learner=options.learner, hidden=options.hide
            )


if __name__ == "__main__":
    main()
