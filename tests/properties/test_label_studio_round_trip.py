"""Whatever the text and the spans: written for Label Studio and read again, they are the same."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.sources.label_studio.config import read_config
from workbench.sources.label_studio.config_writing import write_config
from workbench.sources.label_studio.offsets import CountedText
from workbench.sources.label_studio.source import LabelStudioSource

PIECES = [
    "😀",
    "👩\u200d👧",
    "漢字",
    "مرحبا",
    "e\u0301",
    "\r\n",
    "\u2028",
    "\ufeff",
    "\u200b",
    "🇩🇪",
    "a",
    " ",
    '"',
    "\\",
    "<b>",
    "&",
]
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), CHARACTERS), min_size=1, max_size=30).map("".join)
LABELS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=12
)
CLEAN_LABELS = LABELS.map(str.strip).filter(bool)
TAGS = ("PER", "LOC")
QUESTIONS = (
    Question("topic", "textcat", ("a", "b")),
    Question("tags", "textcat-multi", ("x", "y", "z")),
    Question("parts", "ner", TAGS),
)
SOURCE = LabelStudioSource()


@st.composite
def documents(draw):
    text = draw(TEXTS.filter(str.strip))
    places = st.integers(0, len(text))
    spans = []
    for one, other in draw(st.lists(st.tuples(places, places), max_size=6)):
        if one != other:
            spans.append(Span.of(text, min(one, other), max(one, other), draw(st.sampled_from(TAGS))))
    answers = {
        "topic": {"labels": (draw(st.sampled_from("ab")),)},
        "tags": {"labels": tuple(draw(st.lists(st.sampled_from("xyz"), unique=True)))},
        "parts": {"spans": tuple(spans)},
    }
    asked = draw(st.lists(st.sampled_from(sorted(answers)), unique=True))
    annotations = tuple(
        Annotation(
            f"{author}-{name}",
            "d",
            name,
            author,
            created_at="2024-01-01T00:00:00.000000+00:00",
            **answers[name],
        )
        for author in draw(st.sampled_from([("ada",), ("ada", "bob")]))
        for name in asked
    )
    return LabelledDocument(Document("d", text), annotations)


def through_a_file(document, change=lambda tasks: tasks):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"
        SOURCE.write([document], QUESTIONS, path, WriteOptions(), {})
        path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
        return SOURCE.read(path, ReadOptions())


def answers(document):
    return {(a.annotator, a.question): (a.labels, a.spans, a.client_id) for a in document.annotations}


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(document=documents())
def test_every_answer_comes_back(document):
    imported = through_a_file(document)
    (back,) = imported.documents
    assert replace(back.document, layout=None) == document.document
    assert answers(back) == answers(document)
    assert imported.report.kept == 1


def counted_in_utf16(tasks):
    """What a browser script does that takes its own string indices for offsets."""
    text = tasks[0]["data"]["text"]
    for annotation in tasks[0]["annotations"]:
        for region in annotation["result"]:
            for bound in ("start", "end"):
                if bound in region["value"]:
                    region["value"][bound] = len(text[: region["value"][bound]].encode("utf-16-le")) // 2
    return tasks


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(document=documents())
def test_offsets_counted_in_utf16_come_back_or_name_another_equal_stretch(document):
    (back,) = through_a_file(document, counted_in_utf16).documents
    said = {a.client_id: [(span.label, span.covered) for span in a.spans] for a in document.annotations}
    assert said == {a.client_id: [(span.label, span.covered) for span in a.spans] for a in back.annotations}
    assert all(span.fits(document.document.text) for a in back.annotations for span in a.spans)


@given(text=TEXTS)
def test_utf16_offsets_are_those_of_the_encoding(text):
    counted = CountedText(text)
    units = [len(text[:place].encode("utf-16-le")) // 2 for place in range(len(text) + 1)]
    assert [counted.from_utf16(unit) for unit in units] == list(range(len(text) + 1))
    inside_pairs = set(range(units[-1])) - set(units)
    assert all(counted.from_utf16(unit) is None for unit in (*inside_pairs, units[-1] + 1))


@pytest.mark.slow
@settings(deadline=None)
@given(
    labels=st.lists(CLEAN_LABELS, unique=True, max_size=8),
    more=st.lists(CLEAN_LABELS, unique=True, max_size=8),
)
def test_labels_come_back_out_of_a_config_and_can_be_changed_in_it(labels, more):
    first = (Question("one", "ner", tuple(labels)), Question("two", "textcat", tuple(more)))
    config = write_config(first)
    assert read_config(config).questions == first
    assert write_config(first, config) == config
    second = (Question("one", "ner", tuple(more)), Question("two", "textcat", tuple(labels)))
    assert read_config(write_config(second, config)).questions == second
