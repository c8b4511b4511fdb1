"""The list of mistakes, on documents judged by hand."""

from __future__ import annotations

from workbench.analysis.confusions import ConfusedPair, labels_around
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.mistakes import Wanted, find_mistakes
from workbench.domain.examples import Example
from workbench.domain.spans import Span


def judged(id: str, gold: str, said: str, sure: float) -> JudgedDocument:
    return JudgedDocument(Example(id, f"text {id}", (gold,)), (said,), confidences=(sure,))


def ids(documents: list[JudgedDocument]) -> list[str]:
    return [document.example.document_id for document in documents]


FOUND = find_mistakes(
    [
        judged("1", "a", "b", 0.6),
        judged("2", "a", "a", 0.9),
        judged("3", "b", "a", 0.7),
        judged("4", "a", "b", 0.8),
        judged("5", "c", "b", 0.5),
        judged("6", "a", "c", 0.4),
    ],
    is_ner=False,
)


def test_a_pair_gives_its_documents_and_the_surest_mistake_is_first() -> None:
    assert ids(FOUND.find(Wanted(gold="a", predicted="b"))) == ["4", "1"]
    assert FOUND.pairs[0] == ConfusedPair("a", "b", 2, ("1", "4"))
    assert FOUND.n_wrong == 5


def test_a_label_gives_the_mistakes_on_both_sides() -> None:
    assert ids(FOUND.find(Wanted(label="a"))) == ["4", "3", "1", "6"]
    assert ids(FOUND.find(Wanted(label="c"))) == ["5", "6"]
    assert ids(FOUND.find(Wanted())) == ["4", "3", "1", "5", "6"]
    assert FOUND.find(Wanted(label="nobody's")) == []


def test_criteria_narrow_each_other() -> None:
    assert ids(FOUND.find(Wanted(predicted="b", label="c"))) == ["5"]
    assert FOUND.find(Wanted(gold="b", label="c")) == []


def test_spans_are_filtered_by_the_kind_of_error() -> None:
    text = "Ana Gray bought a kettle in Rome."
    ana, gray = Span.of(text, 0, 8, "PERSON"), Span.of(text, 0, 3, "PERSON")
    kettle, rome = Span.of(text, 18, 24, "PRODUCT"), Span.of(text, 28, 32, "PLACE")
    found = find_mistakes(
        [
            JudgedDocument(
                Example("bounds", text, spans=(ana,)), predicted_spans=(gray,), confidences=(0.9,)
            ),
            JudgedDocument(Example("missed", text, spans=(kettle,))),
            JudgedDocument(Example("extra", text), predicted_spans=(rome,), confidences=(0.8,)),
            JudgedDocument(
                Example("right", text, spans=(rome,)), predicted_spans=(rome,), confidences=(1.0,)
            ),
        ],
        is_ner=True,
    )
    counts = {"wrong type": 0, "wrong bounds": 1, "wrong both": 0, "missed": 1, "spurious": 1}
    assert found.count_kinds(Wanted()) == counts
    assert ids(found.find(Wanted(kind="wrong bounds"))) == ["bounds"]
    assert ids(found.find(Wanted(gold="PRODUCT", predicted=""))) == ["missed"]
    assert found.count_kinds(Wanted(label="PLACE"))["spurious"] == 1


def test_the_labels_around_one_are_those_it_is_confused_with_most() -> None:
    pairs = [
        ConfusedPair("a", "b", 3, ()),
        ConfusedPair("c", "a", 2, ()),
        ConfusedPair("a", "c", 2, ()),
        ConfusedPair("a", "", 9, ()),
        ConfusedPair("b", "d", 5, ()),
    ]
    assert labels_around(pairs, "a") == ("a", "c", "b")
    assert labels_around(pairs, "a", n=2) == ("a", "c")
