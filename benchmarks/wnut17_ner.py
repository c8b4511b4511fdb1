"""Claim: `bert` on MiniLM, fitted on WNUT17 train with the checkpoint chosen on dev, reaches strict F1 .40 on test.

Mean of three seeds; a span counts when bounds and type are right. Peer: a dictionary of the training
entities, longest match first, which is what can be had without a model.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from benchmarks.reporting import data_folder, question_of, read_entities, write_result
from workbench import catalog
from workbench.analysis.metrics import span_figures
from workbench.config import n_training_threads, stay_offline
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.spans import Span
from workbench.usecases.judge import judge

LONGEST = 6


def dictionary_spans(train: Sequence[Example], texts: Sequence[str]) -> list[tuple[Span, ...]]:
    """Return the spans that the most frequent type of each training entity gives."""
    types: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for example in train:
        for span in example.spans:
            types[span.covered.lower()][span.label] += 1
    best = {name: counts.most_common(1)[0][0] for name, counts in types.items()}
    return [tuple(longest_matches(text, best)) for text in texts]


def longest_matches(text: str, best: dict[str, str]) -> list[Span]:
    """Return the longest dictionary entries in a text of words joined by single spaces, left to right."""
    words = text.split(" ")
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    found, at = [], 0
    while at < len(words):
        for size in range(min(LONGEST, len(words) - at), 0, -1):
            name = " ".join(words[at : at + size])
            if name.lower() in best:
                found.append(Span.of(text, starts[at], starts[at] + len(name), best[name.lower()]))
                at += size
                break
        else:
            at += 1
    return found


def main() -> None:
    """Fit, judge on test, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    stay_offline()
    folder = data_folder("wnut17")
    train, dev, test = (read_entities(folder / f"{name}.conll") for name in ("train", "dev", "test"))
    question = question_of("entities", train)
    texts = [example.text for example in test]
    peer = span_figures(
        [e.spans for e in test], dictionary_spans(train, texts), question.labels, basis="held-out"
    )
    rows = [
        {
            "learner": "dictionary",
            "seed": "–",
            "strict F1": peer.strict_f1,
            "precision": peer.strict_precision,
            "recall": peer.strict_recall,
            "dev": "",
            "s": "",
        }
    ]
    values = []
    for seed in range(arguments.seeds):
        context = LearnerContext(n_threads=n_training_threads())
        started = time.monotonic()
        model = catalog.learner("bert", "ner", context).fit({question: train}, seed=seed, dev={question: dev})
        seconds = time.monotonic() - started
        figures = judge(question, test, model.score(texts)["entities"], basis="held-out").figures.as_dict()
        values.append(figures["strict_f1"])
        rows.append(
            {
                "learner": "bert",
                "seed": str(seed),
                "strict F1": figures["strict_f1"],
                "precision": figures["strict_precision"],
                "recall": figures["strict_recall"],
                "dev": max(model.facts["dev_figures"]),  # type: ignore[attr-defined]
                "s": seconds,
            }
        )
        on_dev = model.facts["dev_figures"]  # type: ignore[attr-defined]
        print(f"  seed {seed}: strict F1 {values[-1]:.4f} in {seconds:.0f} s, on dev {on_dev}", flush=True)
    mean = statistics.mean(values)
    write_result("wnut17_ner", rows, mean_strict_f1=mean, test_entities=sum(len(e.spans) for e in test))


if __name__ == "__main__":
    main()
