"""Facts about data, and the sentences made of them."""

from __future__ import annotations

import json

from workbench.analysis.dataset import data_facts, length_quantiles
from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.spans import Span

DOCUMENTS = [
    Document("d1", "The router blinks red"),
    Document("d2", "The router blinks red"),
    Document("d3", "Refund please"),
    Document("d4", " \u200b\n"),
    Document("h1", "Refund please", part="held-out"),
    Document("h2", "Thank you all", part="held-out"),
]


def facts(examples=()):
    return data_facts(DOCUMENTS, list(examples))


def example(document_id: str, *labels: str, text: str = "") -> Example:
    texts = {document.id: document.text for document in DOCUMENTS}
    return Example(document_id, text or texts[document_id], labels)


def test_equal_texts_are_found_with_their_documents():
    found = facts()
    assert [same.document_ids for same in found.duplicates] == [("d1", "d2"), ("d3", "h1")]
    assert (found.n_pool, found.n_held_out, found.n_blank) == (4, 2, 1)


def test_a_text_in_the_pool_and_held_out_is_a_leak():
    (leak,) = facts().leaks
    assert (leak.pool_ids, leak.held_out_ids) == (("d3",), ("h1",))
    assert facts().warnings()[0].startswith("1 held-out document(s) have the text of a pool document")


def test_identical_texts_with_other_answers_conflict():
    (conflict,) = facts([example("d1", "outage"), example("d2", "praise")]).conflicts
    assert conflict.answers == {"outage": ("d1",), "praise": ("d2",)}
    assert facts([example("d1", "b", "a"), example("d2", "a", "b")]).conflicts == ()


def test_an_answer_about_a_part_of_the_text_conflicts_with_nothing():
    text = "Mira rang"
    whole = Example("d1", text, spans=(Span.of(text, 0, 4, "PER"),))
    part = Example("d2", text, scope=((5, 9),))
    assert data_facts(DOCUMENTS, [whole, part]).conflicts == ()
    nothing = Example("d2", text)
    assert data_facts(DOCUMENTS, [whole, nothing]).conflicts[0].answers == {
        "PER [0, 4)": ("d1",),
        "nothing": ("d2",),
    }


def test_labels_are_counted_by_part_and_most_frequent_first():
    found = facts([example("d1", "b"), example("d2", "b"), example("d3", "a"), example("h2", "a")])
    assert list(found.n_by_label.items()) == [("b", 2), ("a", 1)]
    assert found.held_out_by_label == {"a": 1}


def test_warnings_name_what_a_training_lacks():
    assert "No document is labelled yet." in facts().warnings(["a", "b"])
    one = facts([example("d1", "a"), example("d2", "a")]).warnings(["a", "b", "c"])
    assert "All answers have the one label 'a'; two are needed." in one
    assert "2 label(s) have no example and cannot be learned: b, c." in one
    single = facts([example("d1", "a"), example("d3", "b"), example("d2", "a")]).warnings(["a", "b"])
    assert "1 label(s) have a single example: b." in single
    assert "2 label(s) have no held-out document and no figures: a, b." in single


def test_many_labels_are_shortened_and_counted():
    labels = [f"label-{k:02}" for k in range(40)]
    sentence = next(w for w in facts([example("d1", "x")]).warnings(labels) if "no example" in w)
    assert sentence.startswith("40 label(s)")
    assert sentence.endswith("and 30 more.")


def test_lengths_are_lengths_that_occur():
    assert length_quantiles(["a" * n for n in (1, 2, 3, 4, 100)]) == {
        0.0: 1,
        0.25: 2,
        0.5: 3,
        0.75: 4,
        0.95: 100,
        1.0: 100,
    }
    assert length_quantiles([]) == {}


def test_an_empty_project_has_facts_and_they_write_as_json():
    for found in (data_facts([], []), facts([example("d1", "a"), example("d2", "b")])):
        assert json.loads(json.dumps(found.as_dict(), allow_nan=False))
