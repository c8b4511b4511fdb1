"""Claim: the rare topics of the support tickets are found: mean recall of the three, five seeds.

`setfit` or `bert` with balancing must reach max(.50, 2 x `tfidf`) at an accuracy on the pool's label mix
at most 2 points lower than `tfidf`'s. Peer: `tfidf`, and the frozen vectors with and without balancing.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.reporting import ROOT, question_of, write_result
from workbench import catalog
from workbench.analysis.metrics import accuracy_on_mix
from workbench.config import n_training_threads, stay_offline
from workbench.domain.conversion import ReadOptions
from workbench.domain.decoding import decode_labels
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.scores import ClassScores
from workbench.store.vectors import CachedEncoder, VectorFile

RARE = ("complaint", "churn_threat", "safety_hazard")
LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "tfidf": ("tfidf", {}),
    "linear": ("linear", {"balance": "none"}),
    "linear, square-root balanced": ("linear", {"balance": "sqrt"}),
    "linear, balanced": ("linear", {"balance": "balanced"}),
    "setfit": ("setfit", {}),
    "bert": ("bert", {}),
    "bert, focal loss": ("bert", {"focal_gamma": 2.0}),
    "bert, unbalanced": ("bert", {"balance": "none"}),
    "setfit, offsets for recall": ("setfit", {"offsets": "recall"}),
    "setfit, unbalanced": ("setfit", {"balance": "none"}),
    "setfit, unbalanced, offsets for recall": ("setfit", {"balance": "none", "offsets": "recall"}),
    "bert, unbalanced, focal loss": ("bert", {"balance": "none", "focal_gamma": 2.0}),
}
USUAL = 5  # of them, unless others are named


def read_topics(part: str) -> list[Example]:
    """Read the topics of a part of the sample project."""
    path = ROOT / "projects" / "support-tickets" / "label-studio" / f"{part}.json"
    imported = catalog.source("label-studio").read(path, ReadOptions())
    return [
        Example(
            d.document.id, d.document.text, next(a.labels for a in d.annotations if a.question == "topic")
        )
        for d in imported.documents
    ]


def main() -> None:
    """Train each learner with each seed and write recall and accuracy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--learners", nargs="*", default=list(LEARNERS)[:USUAL])
    parser.add_argument("--name", default="rare_topics")
    arguments = parser.parse_args()
    stay_offline()
    pool, held_out = read_topics("pool"), read_topics("held-out")
    question = question_of("topic", pool)
    gold = [example.labels for example in held_out]
    mix = {label: sum(e.labels == (label,) for e in pool) / len(pool) for label in question.labels}
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        plain = catalog.encoder("minilm", n_threads=n_training_threads())
        encoder = CachedEncoder(plain, VectorFile(Path(scratch), plain.id, plain.width))
        for name in arguments.learners:
            learner_name, config = LEARNERS[name]
            context = LearnerContext(encoder=encoder, config=config, n_threads=n_training_threads())
            rare, accuracy, per_label = [], [], []
            for seed in range(1 if learner_name in ("tfidf", "linear") else arguments.seeds):
                model = catalog.learner(learner_name, question.kind, context).fit({question: pool}, seed=seed)
                scores = model.score([example.text for example in held_out])[question.name]
                assert isinstance(scores, ClassScores)
                said = decode_labels(scores)
                recalls = {
                    label: statistics.mean(s == g for s, g in zip(said, gold, strict=True) if g == (label,))
                    for label in question.labels
                }
                per_label.append(recalls)
                rare.append(statistics.mean(recalls[label] for label in RARE))
                accuracy.append(accuracy_on_mix(gold, said, mix))
                print(
                    f"  {name}, seed {seed}: rare recall {rare[-1]:.3f}, accuracy {accuracy[-1]:.3f}",
                    flush=True,
                )
            rows.append(
                {
                    "learner": name,
                    "rare recall": statistics.mean(rare),
                    "lowest": min(rare),
                    "highest": max(rare),
                    "accuracy on the mix": statistics.mean(accuracy),
                    **{label: statistics.mean(p[label] for p in per_label) for label in RARE},
                }
            )
    write_result(arguments.name, rows, seeds=arguments.seeds)


if __name__ == "__main__":
    main()
