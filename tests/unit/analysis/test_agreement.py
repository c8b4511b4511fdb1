"""Agreement: published and hand-counted examples."""

from __future__ import annotations

import random

import pytest

from workbench.analysis.agreement import cohen_kappa, krippendorff_alpha, span_agreement
from workbench.domain.spans import Span
from workbench.errors import InputError


def test_kappa_has_the_value_counted_by_hand():
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: 0.7 observed, 0.5 by chance.
    first = ["y"] * 25 + ["n"] * 25
    second = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_kappa_of_opposite_annotators_is_below_chance():
    assert cohen_kappa(["a", "b"], ["b", "a"]) == -1.0


def test_agreement_without_variety_is_undefined():
    assert cohen_kappa([], []) is None
    assert cohen_kappa(["a", "a"], ["a", "a"]) is None
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]) is None
    assert krippendorff_alpha([["a", None], [None, "b"]]) is None
    assert krippendorff_alpha([]) is None


def test_answers_that_do_not_pair_are_refused():
    with pytest.raises(InputError):
        cohen_kappa(["a"], [])


def test_alpha_has_krippendorffs_published_value():
    # "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers, twelve units.
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    assert krippendorff_alpha(list(zip(*observers, strict=True))) == pytest.approx(0.743, abs=5e-4)


def test_full_agreement_is_one():
    assert krippendorff_alpha([["a", "a"], ["b", "b", "b"]]) == 1.0
    assert cohen_kappa(["a", "b"], ["a", "b"]) == 1.0


@pytest.mark.slow
def test_kappa_agrees_with_scikit_learn():
    from sklearn.metrics import cohen_kappa_score

    rng = random.Random(4)
    first = [rng.choice("abcd") for _ in range(300)]
    second = [a if rng.random() < 0.6 else rng.choice("abcd") for a in first]
    assert cohen_kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))


def test_span_agreement_does_not_depend_on_who_is_first():
    text = "Mira rang Okafor"
    mira, okafor = Span.of(text, 0, 4, "PER"), Span.of(text, 10, 16, "PER")
    assert span_agreement([[mira, okafor]], [[mira]]) == pytest.approx(2 / 3)
    assert span_agreement([[mira]], [[mira, okafor]]) == pytest.approx(2 / 3)
    assert span_agreement([[]], [[]]) is None
