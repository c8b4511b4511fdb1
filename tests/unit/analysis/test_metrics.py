"""Figures: checked by hand, and against scikit-learn and seqeval on random answers."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from workbench.analysis.metrics import (
    LabelFigures,
    accuracy_on_mix,
    classification_figures,
    span_figures,
)
from workbench.domain.decoding import spans_from_tags
from workbench.domain.spans import Span
from workbench.errors import InputError, NotEnoughDataError, UnknownNameError

LABELS = ("billing", "outage", "praise")
GOLD = [("billing",), ("billing",), ("outage",), ("outage",)]
SAID = [("billing",), ("outage",), ("outage",), ("outage",)]


def test_figures_agree_with_those_counted_by_hand():
    figures = classification_figures(GOLD, SAID, LABELS, basis="held-out")
    billing, outage, praise = figures.per_label
    assert figures.accuracy == 3 / 4
    assert (billing.precision, billing.recall, billing.support) == (1.0, 1 / 2, 2)
    assert (outage.precision, outage.recall, outage.predicted) == (2 / 3, 1.0, 3)
    assert praise.f1 is None
    assert figures.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_a_label_nobody_gave_or_predicted_is_listed_but_not_averaged():
    with_praise = classification_figures(GOLD, SAID, LABELS, basis="held-out")
    without = classification_figures(GOLD, SAID, LABELS[:2], basis="held-out")
    assert with_praise.macro_f1 == without.macro_f1
    assert [f.label for f in with_praise.per_label] == list(LABELS)


def test_a_label_beyond_the_declared_ones_counts_and_comes_last():
    figures = classification_figures([("old",)], [("billing",)], ["billing"], basis="held-out")
    assert [f.label for f in figures.per_label] == ["billing", "old"]
    assert figures.macro_f1 == 0.0


def test_figures_of_nothing_are_none_and_write_as_json():
    figures = classification_figures([], [], LABELS, basis="out-of-fold").as_dict()
    assert figures["accuracy"] is None
    assert figures["macro_f1"] is None
    assert figures["accuracy_interval"] is None
    json.dumps(figures, allow_nan=False)


def test_the_names_in_the_dictionary_are_stable():
    classes = classification_figures(GOLD, SAID, LABELS, basis="held-out").as_dict()
    spans = span_figures([[]], [[]], LABELS, basis="held-out").as_dict()
    assert {"n", "accuracy", "macro_f1", "micro_f1", "per_label", "basis"} <= set(classes)
    assert {"n_documents", "strict_f1", "macro_f1", "per_label", "error_kinds", "basis"} <= set(spans)
    assert set(classes["per_label"][0]) == {
        "label",
        "precision",
        "recall",
        "f1",
        "support",
        "predicted",
        "correct",
    }


@pytest.mark.parametrize("basis", ["none", "in-sample", ""])
def test_figures_without_a_basis_are_refused(basis):
    with pytest.raises(UnknownNameError, match="basis"):
        classification_figures(GOLD, SAID, LABELS, basis=basis)


def test_answers_that_do_not_pair_are_refused():
    with pytest.raises(InputError, match="4 gold answers do not pair with 3"):
        classification_figures(GOLD, SAID[:3], LABELS, basis="held-out")
    with pytest.raises(InputError, match="do not pair"):
        span_figures([[]], [], LABELS, basis="held-out")


def test_an_answer_that_names_a_label_twice_is_refused():
    with pytest.raises(InputError, match="twice"):
        classification_figures([("a",)], [("a", "a")], ["a"], basis="held-out")


def test_several_labels_are_right_only_when_all_are():
    gold = [("a", "b"), ("a",), ()]
    said = [("b", "a"), ("a", "b"), ()]
    figures = classification_figures(gold, said, ["a", "b"], basis="held-out")
    assert figures.accuracy == 2 / 3
    assert figures.micro_f1 == pytest.approx(2 * 3 / (3 + 4))


def test_the_interval_of_macro_f1_holds_it_and_repeats():
    first = classification_figures(GOLD * 20, SAID * 20, LABELS, basis="held-out", seed=3)
    again = classification_figures(GOLD * 20, SAID * 20, LABELS, basis="held-out", seed=3)
    assert first.macro_f1_interval == again.macro_f1_interval
    assert first.macro_f1_interval.low < first.macro_f1 < first.macro_f1_interval.high


def test_accuracy_on_another_mix_weighs_the_recalls():
    assert accuracy_on_mix(GOLD, SAID, {"billing": 9, "outage": 1}) == pytest.approx(0.9 * 0.5 + 0.1)
    assert accuracy_on_mix(GOLD, SAID, {"outage": 1, "praise": 0}) == 1.0


def test_a_mix_with_a_label_that_was_never_measured_is_refused():
    with pytest.raises(NotEnoughDataError, match="praise"):
        accuracy_on_mix(GOLD, SAID, {"billing": 0.5, "praise": 0.5})


@pytest.mark.parametrize("mix", [{}, {"billing": -1.0}, {"billing": float("nan")}, {"billing": 0.0}])
def test_a_mix_that_is_none_is_refused(mix):
    with pytest.raises(InputError):
        accuracy_on_mix(GOLD, SAID, mix)


TEXT = "Mira Okafor rang from Lisbon"
MIRA = Span.of(TEXT, 0, 11, "PER")
LISBON = Span.of(TEXT, 22, 28, "LOC")


def test_spans_are_strict_about_bounds_and_label():
    said = [Span.of(TEXT, 0, 4, "PER"), LISBON]
    figures = span_figures([[MIRA, LISBON]], [said], ["PER", "LOC"], basis="held-out")
    assert (figures.n_gold, figures.n_predicted) == (2, 2)
    assert figures.strict_f1 == 1 / 2
    assert [f.f1 for f in figures.per_label] == [0.0, 1.0]


def test_a_span_predicted_twice_is_right_once():
    figures = span_figures([[MIRA]], [[MIRA, MIRA]], ["PER"], basis="held-out")
    assert (figures.strict_precision, figures.strict_recall) == (1 / 2, 1.0)


def test_one_more_correct_answer_never_lowers_a_recall():
    before = LabelFigures("a", 10, 8, 4)
    after = LabelFigures("a", 10, 8, 5)
    assert after.recall > before.recall


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_figures_agree_with_scikit_learn(seed):
    from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

    rng = np.random.default_rng(seed)
    labels = [f"label {k}" for k in range(12)]
    gold = rng.choice(labels[:9], 200)
    said = np.where(rng.random(200) < 0.6, gold, rng.choice(labels[2:11], 200))
    figures = classification_figures(
        [(g,) for g in gold], [(s,) for s in said], labels, basis="held-out", seed=seed
    )
    assert figures.accuracy == pytest.approx(accuracy_score(gold, said))
    assert figures.macro_f1 == pytest.approx(f1_score(gold, said, average="macro"))
    assert figures.micro_f1 == pytest.approx(f1_score(gold, said, average="micro"))
    expected = precision_recall_fscore_support(gold, said, labels=labels, zero_division=0)
    found = [(f.precision or 0, f.recall or 0, f.f1 or 0, f.support) for f in figures.per_label]
    np.testing.assert_allclose(np.array(found).T, np.array(expected, dtype=float))


@pytest.mark.slow
def test_figures_of_several_labels_agree_with_scikit_learn():
    from sklearn.metrics import accuracy_score, f1_score

    rng = np.random.default_rng(7)
    gold, said = rng.random((2, 150, 6)) < 0.3
    names = [f"l{k}" for k in range(6)]
    answers = [
        [tuple(n for n, hit in zip(names, row, strict=True) if hit) for row in side] for side in (gold, said)
    ]
    figures = classification_figures(*answers, names, basis="held-out")
    assert figures.accuracy == pytest.approx(accuracy_score(gold, said))
    assert figures.macro_f1 == pytest.approx(f1_score(gold, said, average="macro"))
    assert figures.micro_f1 == pytest.approx(f1_score(gold, said, average="micro"))


def random_tags(rng: random.Random, n_words: int) -> list[str]:
    tags: list[str] = []
    while len(tags) < n_words:
        label = rng.choice(["PER", "LOC", "ORG"])
        length = rng.randint(1, 3)
        tags += rng.choice([["O"], [f"B-{label}", *[f"I-{label}"] * (length - 1)]])
    return tags[:n_words]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_strict_span_figures_agree_with_seqeval(seed):
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    rng = random.Random(seed)
    text = " ".join(["word"] * 12)
    words = np.array([(5 * k, 5 * k + 4) for k in range(12)], dtype=np.int32)
    gold = [random_tags(rng, 12) for _ in range(60)]
    said = [row if rng.random() < 0.5 else random_tags(rng, 12) for row in gold]
    spans = [[spans_from_tags(words, tags, text) for tags in side] for side in (gold, said)]
    figures = span_figures(*spans, ["PER", "LOC", "ORG"], basis="held-out", seed=seed)
    report = classification_report(gold, said, mode="strict", scheme=IOB2, output_dict=True)
    assert figures.strict_f1 == pytest.approx(report["micro avg"]["f1-score"])
    assert figures.strict_precision == pytest.approx(report["micro avg"]["precision"])
    assert figures.macro_f1 == pytest.approx(report["macro avg"]["f1-score"])
    for label in figures.per_label:
        assert label.f1 == pytest.approx(report[label.label]["f1-score"])
        assert label.support == report[label.label]["support"]
