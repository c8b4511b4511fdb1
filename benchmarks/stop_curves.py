"""Learning curves to judge stop advice by: figures, and how the models' predictions move, round by round.

    .venv/bin/python -m benchmarks.stop_curves [--data banking77 clinc150] [--seeds 2] [--rounds 30]

The loop of `simulate` with the linear head on MiniLM vectors, 100 documents a round. Each round notes macro-F1
on the whole test file and on a fixed draw of 300 of its rows (what a project can afford), and on a stop set of
2,000 rows of the pool the share of predictions that changed, kappa with the round before, and the mean
confidence. Writes results/stop_curves.json, which `benchmarks.stop_advice` reads.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reporting import data_folder, question_of, read_labelled_csv, write_result
from workbench import catalog
from workbench.analysis.agreement import cohen_kappa
from workbench.config import n_training_threads, stay_offline
from workbench.domain.decoding import decode_labels
from workbench.domain.examples import Example
from workbench.domain.ports import Encoder, LearnerContext, Model
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores
from workbench.store.vectors import CachedEncoder, VectorFile
from workbench.usecases.gather_inputs import Evidence
from workbench.usecases.judge import judge
from workbench.usecases.propose_batch import MODEL_INPUTS, Ranking, rank

BATCH = 100
N_STOP_SET = 2000
N_SMALL = 300
STRATEGIES = ("random", "cluster-margin", "auto")


class Watcher:
    """Judges a model on the test rows and compares it with the one before on the stop set."""

    def __init__(self, question: Question, pool: Sequence[Example], test: Sequence[Example]) -> None:
        rng = np.random.default_rng(0)
        self.question, self.test = question, test
        self.small = sorted(rng.permutation(len(test))[:N_SMALL].tolist())
        self.stop_set = [pool[row].text for row in sorted(rng.permutation(len(pool))[:N_STOP_SET].tolist())]
        self.before: list[tuple[str, ...]] = []

    def look_at(self, model: Any) -> dict[str, Any]:
        """Return the figures of one round."""
        scores = model.score([example.text for example in self.test])[self.question.name]
        few = ClassScores(scores.labels, scores.probabilities[self.small])
        small = judge(self.question, [self.test[row] for row in self.small], few, basis="held-out")
        watched = model.score(self.stop_set)[self.question.name]
        said = decode_labels(watched)
        facts: dict[str, Any] = {
            "all": judge(self.question, self.test, scores, basis="held-out").headline,
            "small": small.headline,
            "confidence": float(watched.probabilities.max(axis=1).mean()),
        }
        if self.before:
            facts["kappa"] = cohen_kappa(self.before, said)
            facts["changed"] = float(np.mean([a != b for a, b in zip(self.before, said, strict=True)]))
        self.before = said
        return facts


def curve_of(
    question: Question,
    parts: tuple[Sequence[Example], Sequence[Example]],
    encoder: Encoder,
    how: Ranking,
    n_rounds: int,
) -> list[dict[str, Any]]:
    """Run the loop and return one row a round."""  # fmt: skip
    pool, test = parts
    learner = catalog.learner(
        "linear",
        "textcat",
        LearnerContext(encoder, config={"balance": "none"}, n_threads=n_training_threads()),
    )
    needs_model = bool((MODEL_INPUTS | {"labelled_targets"}) & catalog.strategy(how.strategy).needs)
    watcher, left = Watcher(question, pool, test), list(range(len(pool)))
    known: list[int] = []
    rows: list[dict[str, Any]] = []
    model: Model | None = None
    for number in range(n_rounds):
        seed = int(np.random.SeedSequence([how.seed, number]).generate_state(1)[0])
        name = "random" if model is None and needs_model else how.strategy
        evidence = Evidence(question, [pool[row] for row in known], model, encoder)
        ranked = rank([pool[row].text for row in left], Ranking(name, how.n, seed), evidence)
        batch = {left[row] for row in ranked.choice.rows}
        known += sorted(batch)
        left = [row for row in left if row not in batch]
        model = learner.fit({question: [pool[row] for row in known]}, seed=how.seed)
        rows.append({"n": len(known), **watcher.look_at(model)})
    return rows


def main() -> None:
    """Run every strategy on every data set and write the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="*", default=["banking77", "clinc150"])
    parser.add_argument("--strategies", nargs="*", default=list(STRATEGIES))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    stay_offline()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        plain = catalog.encoder("minilm", n_threads=n_training_threads())
        encoder = CachedEncoder(plain, VectorFile(Path(scratch), plain.id, plain.width))
        for name in options.data:
            pool, test = (read_labelled_csv(data_folder(name) / f"{part}.csv") for part in ("train", "test"))
            question = question_of(name, [*pool, *test])
            encoder.encode([example.text for example in [*pool, *test]])
            for strategy in options.strategies:
                for seed in range(options.seeds):
                    how = Ranking(strategy, BATCH, seed)
                    rows = curve_of(question, (pool, test), encoder, how, options.rounds)
                    found.append({"data": name, "strategy": strategy, "seed": seed, "curve": rows})
                    print(f"  {name}: {strategy}, seed {seed}: last {rows[-1]['all']:.4f}", flush=True)
                    write_result("stop_curves", found, batch=BATCH, stop_set=N_STOP_SET, small=N_SMALL)


if __name__ == "__main__":
    main()
