"""The sample project keeps what its README promises."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from workbench import catalog
from workbench.domain.conversion import ReadOptions

SAMPLE = Path(__file__).parents[2] / "projects" / "support-tickets"
RARE = ("complaint", "churn_threat", "safety_hazard")


def tasks(part: str) -> list[dict]:
    return json.loads((SAMPLE / "label-studio" / f"{part}.json").read_text(encoding="utf-8"))


def topics(part: str) -> Counter[str]:
    return Counter(task["annotations"][0]["result"][0]["value"]["choices"][0] for task in tasks(part))


def texts() -> list[str]:
    return [task["data"]["text"] for part in ("pool", "held-out") for task in tasks(part)]


def test_the_pool_is_imbalanced_as_support_is() -> None:
    counts = topics("pool")
    n = counts.total()
    assert n >= 600
    assert len(counts) == 12
    assert 0.38 <= counts["delivery"] / n <= 0.42
    assert all(0.01 <= counts[label] / n <= 0.02 for label in RARE)


def test_the_held_out_part_has_at_least_twenty_of_each_topic() -> None:
    counts = topics("held-out")
    assert counts.total() >= 240
    assert len(counts) == 12
    assert min(counts.values()) >= 20


def test_no_run_of_six_words_stands_in_more_than_three_tickets() -> None:
    tickets_with = defaultdict(set)
    for number, text in enumerate(texts()):
        words = re.findall(r"\w+", text.lower())
        for start in range(len(words) - 5):
            tickets_with[" ".join(words[start : start + 6])].add(number)
    assert [run for run, tickets in tickets_with.items() if len(tickets) > 3] == []


@pytest.mark.torch
@pytest.mark.slow
def test_no_ticket_is_nearer_than_090_to_another() -> None:
    vectors = catalog.encoder("minilm", n_threads=1).encode(texts())
    likeness = np.triu(vectors @ vectors.T, k=1)
    assert likeness.max() < 0.90


@pytest.mark.parametrize("part", ["pool", "held-out"])
def test_the_three_formats_hold_the_same_tickets(part: str) -> None:
    studio = catalog.source("label-studio").read(SAMPLE / "label-studio" / f"{part}.json", ReadOptions())
    columns = catalog.source("iob2").read(
        SAMPLE / "iob2" / f"{part}.conll", ReadOptions(question="entities", kind="ner")
    )
    table = catalog.source("csv").read(
        SAMPLE / "csv" / f"{part}.csv", ReadOptions(question="topic", kind="textcat")
    )
    by_id = {labelled.document.id: labelled for labelled in studio.documents}
    for other in (columns, table):
        assert {d.document.id: d.document.text for d in other.documents} == {
            id: labelled.document.text for id, labelled in by_id.items()
        }
    for labelled in columns.documents:
        ours = next(a for a in by_id[labelled.document.id].annotations if a.question == "entities")
        theirs = labelled.annotations[0]
        assert sorted(theirs.spans) == sorted(ours.spans)
    for labelled in table.documents:
        ours = next(a for a in by_id[labelled.document.id].annotations if a.question == "topic")
        assert labelled.annotations[0].labels == ours.labels
