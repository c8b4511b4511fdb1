"""Which documents an export answers otherwise: ids and answers, no texts."""

from __future__ import annotations

import numpy as np

from workbench.domain.examples import Example
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.domain.spans import Span
from workbench.export import changes
from workbench.export.changes import changed_answers
from workbench.export.gate import HeldOut
from workbench.usecases.show_changes import ChangedAnswer, GivenAnswer, read_changes

LABELS = ("a", "b")


def scores(rows: list[list[float]], *, exclusive: bool = True) -> ClassScores:
    return ClassScores(LABELS, np.array(rows, dtype=np.float32), exclusive)


def held_out(n: int, **more: object) -> HeldOut:
    return HeldOut([Example(f"d{k}", f"secret text {k}") for k in range(n)], **more)  # type: ignore[arg-type]


def test_a_document_whose_label_changed_is_named_with_both_answers_and_without_its_text() -> None:
    found = changed_answers(scores([[0.9, 0.1], [0.6, 0.4]]), scores([[0.8, 0.2], [0.4, 0.6]]), held_out(2))
    assert found == {"n": 1, "documents": [{"document": "d1", "before": ["a"], "after": ["b"]}]}
    (answer,) = read_changes({"changed_answers": found}).answers  # type: ignore[union-attr]
    assert answer == ChangedAnswer("d1", GivenAnswer(("a",)), GivenAnswer(("b",)))


def test_the_limits_of_a_question_with_several_labels_decide() -> None:
    before = scores([[0.9, 0.6], [0.9, 0.1]], exclusive=False)
    after = scores([[0.9, 0.4], [0.9, 0.4]], exclusive=False)
    assert changed_answers(before, after, held_out(2))["documents"] == [
        {"document": "d0", "before": ["a", "b"], "after": ["a"]}
    ]
    found = changed_answers(before, after, held_out(2, thresholds={"b": 0.3}))
    assert found["documents"] == [{"document": "d1", "before": ["a"], "after": ["a", "b"]}]


def test_spans_are_named_by_their_places() -> None:
    words = np.array([[0, 6], [7, 11]], dtype=np.int32)

    def tagged(*columns: int) -> TokenScores:
        rows = np.full((2, 3), 0.05, dtype=np.float32)
        rows[np.arange(2), columns] = 0.9
        return TokenScores(("PER",), (DocumentTokenScores(words, rows),))

    found = changed_answers(tagged(1, 0), tagged(0, 1), held_out(1))
    assert found["documents"] == [{"document": "d0", "before": [[0, 6, "PER"]], "after": [[7, 11, "PER"]]}]
    (answer,) = read_changes({"changed_answers": found}).answers  # type: ignore[union-attr]
    text = "secret text 0"
    assert answer.before.spans_in(text) == (Span(0, 6, "PER", "secret"),)
    assert answer.after.spans_in(text) == (Span(7, 11, "PER", "text"),)


def test_all_changes_are_counted_and_the_first_ones_named(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(changes, "MOST_CHANGES", 2)
    found = changed_answers(scores([[0.9, 0.1]] * 3), scores([[0.1, 0.9]] * 3), held_out(3))
    assert (found["n"], [one["document"] for one in found["documents"]]) == (3, ["d0", "d1"])
