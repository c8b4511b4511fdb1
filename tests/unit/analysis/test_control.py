"""Estimates from a sample that chance drew, by hand."""

from __future__ import annotations

import pytest

from workbench.analysis.control import control_figures, exact_interval
from workbench.analysis.figures import ClassificationFigures, LabelFigures, SpanFigures
from workbench.errors import InputError


@pytest.mark.parametrize(
    ("n_hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),  # 1 - 0.025 ** (1 / 10)
        (10, 10, 0.6915, 1.0),
        (1, 2, 0.0126, 0.9874),  # 1 - sqrt(0.975)
        (45, 50, 0.7819, 0.9667),
    ],
)
def test_the_exact_interval_is_that_of_the_tables(n_hits: int, n: int, low: float, high: float) -> None:
    found = exact_interval(n_hits, n)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_exact_interval_is_that_of_the_beta_distribution() -> None:
    from scipy.stats import beta

    for n in (1, 7, 30, 400, 5000):
        for n_hits in {0, 1, n // 3, n - 1, n}:
            found = exact_interval(n_hits, n)
            assert found is not None
            low = beta.ppf(0.025, n_hits, n - n_hits + 1) if n_hits else 0.0
            high = beta.ppf(0.975, n_hits + 1, n - n_hits) if n_hits < n else 1.0
            assert found.as_list() == pytest.approx([low, high], abs=1e-8)


def test_of_nothing_there_is_no_interval_and_of_no_share_an_error() -> None:
    assert exact_interval(0, 0) is None
    with pytest.raises(InputError):
        exact_interval(3, 2)


def test_labels_with_thirty_answers_have_a_recall_and_the_others_are_named() -> None:
    labels = (
        LabelFigures("often", 30, 33, 24),
        LabelFigures("seldom", 29, 26, 26),
        LabelFigures("never", 0, 0, 0),
    )
    found = control_figures(ClassificationFigures(59, 50, labels, "control sample"))
    assert [(recall.name, recall.value, recall.n) for recall in found.recalls] == [("often", 0.8, 30)]
    assert found.recalls[0].interval == exact_interval(24, 30)
    assert found.too_few == {"seldom": 29, "never": 0}


def test_accuracy_has_the_exact_interval_of_all_answers() -> None:
    found = control_figures(ClassificationFigures(50, 45, (), "control sample"))
    assert [(e.name, e.value, e.interval) for e in found.overall] == [
        ("accuracy", 0.9, exact_interval(45, 50))
    ]


def test_of_entities_strict_f1_comes_first() -> None:
    found = control_figures(SpanFigures(40, (LabelFigures("PER", 10, 10, 5),), (), "control sample"))
    first = found.overall[0]
    assert (first.name, first.value) == ("strict F1", 0.5)
    assert first.interval is not None
    assert (round(first.interval.low, 3), round(first.interval.high, 3)) == (0.264, 0.736)
