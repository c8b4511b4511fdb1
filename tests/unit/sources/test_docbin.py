"""spaCy's DocBin: files of spaCy are read, spaCy reads what is written, and both say the same."""

import json
from collections.abc import Sequence

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import SourceError
from workbench.sources.docbin_tokens import tokenised
from workbench.sources.spacy_docbin import DocBinSource

pytestmark = pytest.mark.torch  # which spaCy imports

SOURCE = DocBinSource()
NLP = spacy.blank("en")
PARTS = Question("parts", "ner", ("PER", "LOC"))
TOPIC = Question("topic", "textcat", ("billing", "delivery"))
FLAGS = Question("flags", "textcat-multi", ("angry", "spam", "urgent"))
TEXT = "Ada met Bob in New York."
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
    "a",
    "b.",
    " ",
    "  ",
    "\t",
    "\u00a0",
]
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def labelled(text=TEXT, *, spans=None, labels=None, document="d1", **fields):
    annotations = ()
    if spans is not None or labels is not None:
        question = "parts" if spans is not None else "answers"
        cut = tuple(Span.of(text, *span) for span in spans or ())
        annotations = (
            Annotation(f"c-{document}", document, question, "ada", labels=labels or (), spans=cut),
        )
    return LabelledDocument(Document(document, text, **fields), annotations)


def asked(labels, question=TOPIC, document="d1"):
    return LabelledDocument(
        Document(document, TEXT),
        (Annotation(f"c-{document}", document, question.name, "ada", labels=labels),),
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train.spacy"


def through(path, documents: Sequence[LabelledDocument], question=PARTS, **options):
    report = SOURCE.write(documents, (question,), path, WriteOptions(), {})
    return report, SOURCE.read(path, ReadOptions(**options))


def spans_of(imported):
    return [sorted(a.spans) for one in imported.documents for a in one.annotations]


def docs_in(path):
    return list(DocBin().from_disk(path).get_docs(NLP.vocab))


def saved(path, *docs, **options):
    DocBin(docs=docs, **options).to_disk(path)
    return path


def refusal(path, **options) -> str:
    with pytest.raises(SourceError) as caught:
        SOURCE.read(path, ReadOptions(**options))
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_spacy_reads_the_spans_as_entities(path):
    through(path, [labelled(spans=[(0, 3, "PER"), (15, 23, "LOC")])])
    (doc,) = docs_in(path)
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Ada", "PER"), ("New York", "LOC")]
    assert doc.text == TEXT
    assert [token.text for token in doc] == ["Ada", "met", "Bob", "in", "New", "York", "."]


def test_overlapping_spans_stand_in_the_span_group_of_all_documents(path):
    nested = labelled(spans=[(15, 23, "LOC"), (19, 23, "PER"), (0, 3, "PER"), (0, 3, "LOC")])
    flat = labelled(spans=[(0, 3, "PER")], document="d2")
    report, imported = through(path, [nested, flat, labelled(document="d3")])
    first, second, third = docs_in(path)
    assert sorted((s.start_char, s.end_char, s.label_) for s in first.spans["sc"]) == [
        (0, 3, "LOC"),
        (0, 3, "PER"),
        (15, 23, "LOC"),
        (19, 23, "PER"),
    ]
    assert not first.has_annotation("ENT_IOB")
    assert [ent.text for ent in second.ents] == [span.text for span in second.spans["sc"]] == ["Ada"]
    assert "sc" not in third.spans
    assert [len(spans) for spans in spans_of(imported)] == [4, 1]
    assert any("spans overlap" in warning for warning in report.warnings)


def test_a_span_inside_a_word_cuts_the_word_and_is_counted(path):
    report, imported = through(
        path, [labelled("unbelievable 東京でAda", spans=[(2, 9, "PER"), (13, 15, "LOC")])]
    )
    assert spans_of(imported)[0] == [Span(2, 9, "PER", "believa"), Span(13, 15, "LOC", "東京")]
    (doc,) = docs_in(path)
    assert [token.text for token in doc] == ["un", "believa", "ble", "東京", "でAda"]
    assert (report.kept, report.adjusted) == (0, 1)
    assert report.warnings["bounds of spans inside a word, which was cut there"] == 3


def test_spans_that_begin_or_end_with_white_space_come_back(path):
    text = " a  b \n c"
    spans = [(0, 2, "PER"), (3, 5, "LOC"), (5, 7, "PER")]
    report, imported = through(path, [labelled(text, spans=spans)])
    assert [(s.start, s.end, s.label) for s in spans_of(imported)[0]] == spans
    assert report.kept == 1


def test_no_answer_and_no_spans_are_two_things(path):
    _, imported = through(path, [labelled(spans=[]), labelled(document="d2")])
    assert [len(one.annotations) for one in imported.documents] == [1, 0]
    answered, open_ = docs_in(path)
    assert {token.ent_iob for token in answered} == {2}
    assert {token.ent_iob for token in open_} == {0}


def test_a_choice_is_one_category_of_one_and_the_others_are_zero(path):
    _, imported = through(path, [asked(("delivery",))], TOPIC)
    assert docs_in(path)[0].cats == {"billing": 0.0, "delivery": 1.0}
    assert imported.questions == (TOPIC,)
    assert imported.documents[0].annotations[0].labels == ("delivery",)


def test_any_number_of_choices_come_back_and_none_is_an_answer(path):
    documents = [
        asked(("spam", "angry"), FLAGS),
        asked((), FLAGS, "d2"),
        LabelledDocument(Document("d3", "x")),
    ]
    _, imported = through(path, documents, FLAGS)
    assert [[a.labels for a in one.annotations] for one in imported.documents] == [
        [("angry", "spam")],
        [()],
        [],
    ]
    assert imported.questions == (FLAGS,)


def test_categories_that_can_be_no_labels_are_refused(path):
    doc = NLP("a")
    for name, words in (("", "cannot be a label"), (" x", "cannot be a label"), (3, "no text")):
        doc.cats = {name: 0.0, "y": 1.0}
        assert words in refusal(saved(path, doc), kind="textcat")


def test_answered_choices_are_written_again_as_the_same_bytes(path):
    question = Question("topic", "textcat", ("z", "a"))
    _, imported = through(path, [asked(("a",), question)], question)
    before = path.read_bytes()
    SOURCE.write(imported.documents, imported.questions, path, WriteOptions(), imported.file_layout)
    assert path.read_bytes() == before


def test_ids_metadata_and_the_name_of_the_question_are_kept(path):
    metadata = {"channel": "mail", "n": 2**70, "nested": {"list": [1, None, "😀"]}}
    _, imported = through(path, [labelled(spans=[], document="a/ß", metadata=metadata)])
    (one,) = imported.documents
    assert (one.document.id, one.document.metadata) == ("a/ß", metadata)
    assert imported.questions[0].name == "parts"


def test_what_was_read_is_written_again_as_the_same_bytes(path):
    docs = [NLP("Ada  didn't\n go.  "), NLP("e.g. \t Bob")]
    docs[0].set_ents([], default="outside")
    saved(path, *docs)
    first = SOURCE.read(path, ReadOptions(kind="ner"))
    SOURCE.write(first.documents, first.questions, path, WriteOptions(), first.file_layout)
    written = path.read_bytes()
    assert [[token.text_with_ws for token in doc] for doc in docs_in(path)] == [
        [token.text_with_ws for token in doc] for doc in docs
    ]
    second = SOURCE.read(path, ReadOptions())
    SOURCE.write(second.documents, second.questions, path, WriteOptions(), second.file_layout)
    assert path.read_bytes() == written


def test_a_file_of_spacy_is_read_with_ids_of_its_own(path):
    doc = NLP(TEXT)
    doc.ents = [doc.char_span(0, 3, "PERSON"), doc.char_span(15, 23, "GPE")]
    saved(path, doc, NLP("nobody looked"))
    imported = SOURCE.read(path, ReadOptions(question="who"))
    assert imported.questions == (Question("who", "ner", ("GPE", "PERSON")),)
    assert [one.document.id for one in imported.documents] == ["train-1", "train-2"]
    assert spans_of(imported) == [[Span(0, 3, "PERSON", "Ada"), Span(15, 23, "GPE", "New York")]]


def test_the_kind_is_read_off_the_answers(path):
    docs = [NLP("a"), NLP("b")]
    docs[0].cats, docs[1].cats = {"x": 1.0, "y": 0.0}, {"x": 0.0, "y": 1.0}
    assert SOURCE.read(saved(path, *docs), ReadOptions()).questions[0].kind == "textcat"
    docs[1].cats = {"x": 1.0, "y": 1.0}
    assert SOURCE.read(saved(path, *docs), ReadOptions()).questions[0].kind == "textcat-multi"
    assert SOURCE.read(saved(path, NLP("a")), ReadOptions()).questions == ()


def test_categories_and_entities_together_need_a_kind(path):
    doc = NLP("a b")
    doc.cats = {"x": 1.0}
    doc.ents = [doc.char_span(0, 1, "PER")]
    assert "both categories and spans" in refusal(saved(path, doc))
    assert SOURCE.read(path, ReadOptions(kind="textcat")).documents[0].annotations[0].labels == ("x",)
    assert spans_of(SOURCE.read(path, ReadOptions(kind="ner")))[0][0].label == "PER"


@pytest.mark.parametrize("score", [0.5, -1.0, 2, True, "high", None])
def test_scores_are_no_answers(path, score):
    doc = NLP("a")
    doc.cats = {"x": score, "y": 1.0}
    assert "an answer has 1 or 0" in refusal(saved(path, doc), kind="textcat-multi")


@pytest.mark.parametrize("cats", [{"x": 0.0}, {"x": 1.0, "y": 1.0}])
def test_a_choice_has_exactly_one_category(path, cats):
    doc = NLP("a")
    doc.cats = cats
    assert "document 1" in refusal(saved(path, doc), kind="textcat")
    imported = SOURCE.read(saved(path, doc, NLP("b")), ReadOptions(kind="textcat", skip_bad=True))
    assert (imported.report.kept, imported.report.rejected) == (1, 1)


def test_entities_and_span_group_must_agree(path):
    doc = NLP(TEXT)
    doc.ents = [doc.char_span(0, 3, "PER")]
    doc.spans["sc"] = [doc.char_span(8, 11, "PER")]
    assert "say different things" in refusal(saved(path, doc))
    doc.spans["sc"] = [doc.char_span(8, 11, "PER"), doc.char_span(0, 3, "PER")]
    assert len(spans_of(SOURCE.read(saved(path, doc), ReadOptions()))[0]) == 2


def test_what_is_not_read_is_counted(path):
    doc = Doc(NLP.vocab, words=["Ada", "met"], tags=["NNP", "VBD"])
    report = SOURCE.read(saved(path, doc), ReadOptions()).report
    assert report.warnings["documents whose tags, lemmas, parses or entity links were not read"] == 1
    assert report.warnings["texts whose spaces between words are guessed by spaCy"] == 1


def test_empty_texts_are_left_out_and_counted(path):
    imported = SOURCE.read(saved(path, NLP(""), NLP("  "), NLP("a")), ReadOptions())
    assert (imported.report.kept, imported.report.rejected) == (1, 2)


def test_a_file_without_documents_is_refused(path):
    assert "0 documents" in refusal(saved(path))
    with pytest.raises(SourceError, match="no document to write"):
        SOURCE.write([], (PARTS,), path, WriteOptions(), {})


def test_user_data_of_others_is_left_alone(path):
    doc = NLP("a")
    doc.user_data["other"] = ["x"]
    doc.user_data[("._.", "ext", None, None)] = 3
    imported = SOURCE.read(saved(path, doc, store_user_data=True), ReadOptions())
    assert imported.documents[0].document.id == "train-1"


def test_two_questions_in_one_file_are_refused(path):
    with pytest.raises(SourceError, match="one question"):
        SOURCE.write([labelled(spans=[])], (PARTS, TOPIC), path, WriteOptions(), {})


def test_metadata_that_are_no_json_are_refused(path):
    with pytest.raises(SourceError, match="record d1: The metadata are no JSON"):
        SOURCE.write([labelled(spans=[], metadata={"x": float("nan")})], (PARTS,), path, WriteOptions(), {})
    assert not path.exists()


def test_an_unwritable_place_is_an_error_of_its_own(tmp_path):
    with pytest.raises(SourceError, match="Cannot be written"):
        SOURCE.write([labelled(spans=[])], (PARTS,), tmp_path / "none" / "x.spacy", WriteOptions(), {})


def test_tokens_join_to_the_text_by_hand():
    made = tokenised("a b  c", [(0, 1), (2, 3), (5, 6)], [])
    assert made.tokens == [(0, 1), (2, 3), (4, 5), (5, 6)]
    assert made.spaces == [True, True, False, False]
    span = Span(1, 3, "X", " b")
    assert tokenised("a b  c", [(0, 1), (2, 3), (5, 6)], [span]).tokens[:3] == [(0, 1), (1, 2), (2, 3)]


@st.composite
def documents(draw):
    pieces = st.lists(st.one_of(st.sampled_from(PIECES), CHARACTERS), min_size=1, max_size=25)
    text = draw(pieces.map("".join).filter(str.strip))
    places = st.integers(0, len(text))
    bounds = {(min(pair), max(pair)) for pair in draw(st.lists(st.tuples(places, places), max_size=5))}
    spans = [
        (start, end, draw(st.sampled_from(["PER", "LOC"]))) for start, end in sorted(bounds) if start < end
    ]
    return labelled(text, spans=spans)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(document=documents())
def test_every_text_and_span_comes_back_and_spacy_sees_the_same(tmp_path_factory, document):
    path = tmp_path_factory.mktemp("docbin") / "x.spacy"
    _, imported = through(path, [document])
    (back,) = imported.documents
    assert back.document.text == document.document.text
    assert sorted(back.annotations[0].spans) == sorted(document.annotations[0].spans)
    (doc,) = docs_in(path)
    seen = doc.spans.get("sc", doc.ents)
    assert sorted((s.start_char, s.end_char, s.label_) for s in seen) == sorted(
        (s.start, s.end, s.label) for s in document.annotations[0].spans
    )
    assert doc.text == document.document.text
    first = path.read_bytes()
    SOURCE.write(imported.documents, imported.questions, path, WriteOptions(), imported.file_layout)
    assert path.read_bytes() == first
    assert json.loads(doc.user_data["workbench"])["id"] == "d1"
