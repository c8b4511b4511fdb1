"""Claim: with an active strategy `tags` has 97 % of its full-data strict F1 after at most half of WNUT17's tokens.

    .venv/bin/python -m benchmarks.wnut17_labels [--seeds 5] [--learner bert --rounds 6] [--judge dev]

Simulated annotation of the 3,394 training sentences; what is paid for is the tokens of the sentences asked, in
rounds that end at the shares `SHARES` of all tokens. A tenth of the sentences, another one for each seed, cannot
be asked. The first 2 % are drawn at random, the same for every strategy of a seed (`auto` chooses them itself).
A strategy's answer: the share at which its strict F1 on test reaches 97 % of the learner's own with all answers,
on the straight line between two rounds; for each seed, then mean and 95 % t interval over the seeds that reach it,
and that of the mean curve. Random choice stands beside it. Writes JSON, a table and a PNG.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.label_efficiency import interval
from benchmarks.reporting import RESULTS, write_result
from benchmarks.wnut17_words import n_tokens, remembered_vectors, remembered_words, wnut17
from workbench import catalog
from workbench.analysis.curve import draw_curves
from workbench.analysis.curve_points import CurvePoint
from workbench.config import n_training_threads, stay_offline
from workbench.domain.examples import Example
from workbench.domain.ports import Encoder, LearnerContext, Model
from workbench.domain.questions import Question
from workbench.usecases.gather_inputs import Evidence
from workbench.usecases.judge import judge
from workbench.usecases.propose_batch import Ranking, rank

SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
HIDDEN = 0.1
OWN = (
    "random",
    "auto",
    "total-token-entropy",
    "mnlp",
    "margin",
    "cluster-margin",
    "token-entropy",
)
GOAL = 0.97


@dataclass(frozen=True, slots=True)
class Trial:
    """What is annotated and what it is judged on, by which learner."""

    question: Question
    pool: Sequence[Example]
    held_out: Sequence[Example]
    context: LearnerContext
    learner: str
    encoder: Encoder

    def fit(self, rows: Sequence[int], seed: int) -> Model:
        """Fit on these rows of the pool."""
        made = catalog.learner(self.learner, "ner", self.context)
        return made.fit({self.question: [self.pool[row] for row in rows]}, seed=seed)

    def figure(self, model: Model) -> float:
        """Return strict F1 on the held-out sentences."""
        scores = model.score([example.text for example in self.held_out])[self.question.name]
        return judge(self.question, self.held_out, scores, basis="held-out").headline


def curve(trial: Trial, strategy: str, shares: Sequence[float], seed: int) -> list[float]:
    """Return the figure after each round of one simulated annotation."""
    cost = np.array(n_tokens(trial.pool))
    n_open = round((1.0 - HIDDEN) * len(trial.pool))
    left = sorted(np.random.default_rng(seed).permutation(len(trial.pool))[:n_open].tolist())
    known: list[int] = []
    values: list[float] = []
    model: Model | None = None
    for number, share in enumerate(shares):
        name = "random" if model is None and strategy != "auto" else strategy
        room = int(share * cost.sum()) - int(cost[known].sum())
        # More than can be needed: a strategy gives its best first, and as many as fit are paid for.
        n = min(len(left), max(50, 3 * room // max(1, int(cost.mean()))))
        evidence = Evidence(trial.question, [trial.pool[row] for row in known], model, trial.encoder)
        ranked = rank(
            [trial.pool[row].text for row in left], Ranking(name, n, 1000 * seed + number), evidence
        )
        for place in ranked.choice.rows.tolist():
            if room <= 0:
                break
            known.append(left[place])
            room -= int(cost[left[place]])
        taken = set(known)
        left = [row for row in left if row not in taken]
        model = trial.fit(known, seed)
        values.append(trial.figure(model))
    return values


def share_to_reach(goal: float, shares: Sequence[float], values: Sequence[float]) -> float | None:
    """Return at which share a curve reaches a figure, on the straight line between rounds; None if never.

    >>> share_to_reach(0.5, [0.1, 0.3], [0.4, 0.6])
    0.2
    """
    for number, value in enumerate(values):
        if value >= goal:
            if number == 0:
                return shares[0]
            part = (goal - values[number - 1]) / (value - values[number - 1])
            return round(shares[number - 1] + part * (shares[number] - shares[number - 1]), 4)
    return None


def row_of(strategy: str, shares: Sequence[float], runs: list[list[float]], goal: float) -> dict[str, Any]:
    """Return a line of the table."""
    reached = [share_to_reach(goal, shares, values) for values in runs]
    known = [share for share in reached if share is not None]
    mean, wide = interval(known) if known else (None, None)
    mean_curve = np.mean(runs, axis=0)
    return {
        "strategy": strategy,
        "share of tokens": mean,
        "±": wide,
        "of the mean curve": share_to_reach(goal, shares, mean_curve.tolist()),
        "seeds that reach it": f"{len(known)} of {len(runs)}",
        "best": float(mean_curve.max()),
        "by seed": reached,
        "curve": [round(float(value), 4) for value in mean_curve],
    }


def write(
    options: argparse.Namespace, shares: Sequence[float], curves: dict[str, list[list[float]]], full: float, tokens: int
) -> None:  # fmt: skip
    """Draw and write what is known so far."""
    goal = GOAL * full
    name = options.name or ("wnut17_labels" if options.learner == "tags" else "wnut17_labels_bert")
    rows = [row_of(strategy, shares, runs, goal) for strategy, runs in curves.items()]
    points = {
        strategy: [
            CurvePoint(round(share * tokens), value, seed)
            for seed, values in enumerate(runs)
            for share, value in zip(shares, values, strict=True)
        ]
        for strategy, runs in curves.items()
    }
    draw_curves(
        points, RESULTS / f"{name}.png", metric=f"strict F1 on {options.judge}", title=f"WNUT17, {options.learner}",
        paid="annotated tokens", note=f"All tokens: {full:.3f}; 97 % of it: {goal:.3f}.",
    )  # fmt: skip
    write_result(
        name, rows, learner=options.learner, judged_on=options.judge, strict_f1_of_all_answers=full,
        goal=goal, shares=list(shares), tokens=tokens, seeds=options.seeds,
    )  # fmt: skip


def main() -> None:
    """Run every strategy and seed, and write down what their tokens bought."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", nargs="*", default=list(OWN))
    parser.add_argument("--learner", default="tags", choices=["tags", "bert"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=len(SHARES))
    parser.add_argument("--judge", default="test", choices=["dev", "test"])
    parser.add_argument("--sentences", type=int, default=0, help="a part of the pool, for a trial")
    parser.add_argument("--name", default="")
    parser.add_argument("--folder", type=Path, help="where vectors are kept between runs")
    options = parser.parse_args()
    stay_offline()
    question, parts = wnut17()
    pool = parts["train"][: options.sentences or None]
    places = np.unique(np.linspace(0, len(SHARES) - 1, options.rounds).astype(int))
    shares = [SHARES[place] for place in places]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        encoder = remembered_vectors(folder / "vectors")
        words = remembered_words(folder / "words") if options.learner == "tags" else None
        context = LearnerContext(n_threads=n_training_threads(), words=words)
        trial = Trial(question, pool, parts[options.judge], context, options.learner, encoder)
        n_full = 1 if options.learner == "tags" else options.seeds  # nothing in `tags` is random
        full = [trial.figure(trial.fit(range(len(pool)), seed)) for seed in range(n_full)]
        goal = GOAL * float(np.mean(full))
        print(f"  with all answers {np.mean(full):.4f}, the goal is {goal:.4f}", flush=True)
        curves: dict[str, list[list[float]]] = {}
        for strategy in options.strategies:
            for seed in range(options.seeds):
                started = time.monotonic()
                values = curve(trial, strategy, shares, seed)
                curves.setdefault(strategy, []).append(values)
                shown = " ".join(f"{value:.3f}" for value in values)
                print(f"  {strategy}, {seed}: {shown} ({time.monotonic() - started:.0f} s)", flush=True)
            write(options, shares, curves, float(np.mean(full)), sum(n_tokens(pool)))


if __name__ == "__main__":
    main()
