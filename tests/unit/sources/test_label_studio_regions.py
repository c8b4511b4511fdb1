"""What a region may say and what is refused: one test a row of the list of inputs to survive."""

import json
import time

import pytest

from workbench.domain.conversion import ReadOptions
from workbench.domain.spans import Span
from workbench.errors import SourceError
from workbench.sources.label_studio.source import LabelStudioSource

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="topic" toName="text" choice="single"><Choice value="billing"/><Choice value="delivery"/></Choices>
  <Choices name="flags" toName="text" choice="multiple"><Choice value="angry"/><Choice value="spam"/></Choices>
  <Labels name="parts" toName="text"><Label value="PER"/><Label value="LOC"/></Labels>
  <TextArea name="note" toName="text"/>
</View>"""
TEXT = "Ada met Bob in Rome"


def span(start=0, end=3, labels=("PER",), said="Ada", **more):
    value = {"start": start, "end": end, "labels": list(labels), "text": said}
    region = {"id": "r1", "from_name": "parts", "to_name": "text", "type": "labels", "value": value, **more}
    return {key: part for key, part in region.items() if part is not ...}


def choice(*labels, name="topic", **more):
    return {
        "id": f"c-{name}",
        "from_name": name,
        "to_name": "text",
        "type": "choices",
        "value": {"choices": list(labels)},
        **more,
    }


def with_value(region, **changes):
    value = {**region["value"], **changes}
    return {**region, "value": {key: part for key, part in value.items() if part is not ...}}


@pytest.fixture
def read(tmp_path):
    (tmp_path / "label_config.xml").write_text(CONFIG, encoding="utf-8")

    def read_regions(*regions, text=TEXT, result=None):
        annotation = {
            "id": 5,
            "completed_by": 1,
            "created_at": "2024-05-01T10:00:00Z",
            "result": list(regions) if result is None else result,
        }
        task = {"id": 7, "data": {"text": text}, "annotations": [annotation]}
        path = tmp_path / "export.json"
        path.write_text(json.dumps([task]), encoding="utf-8")
        return LabelStudioSource().read(path, ReadOptions())

    return read_regions


@pytest.fixture
def refusal(read):
    def message(*regions, **more):
        with pytest.raises(SourceError) as caught:
            read(*regions, **more)
        assert "record task 7" in str(caught.value)
        return str(caught.value)

    return message


def spans_of(imported):
    (labelled,) = imported.documents
    return [s for annotation in labelled.annotations for s in annotation.spans]


def labels_of(imported, question):
    (labelled,) = imported.documents
    return [a.labels for a in labelled.annotations if a.question == question]


def test_a_span_ending_behind_the_text_is_refused_with_its_id(refusal):
    message = refusal(with_value(span(15, 20, id="r9"), text=...))
    assert "region r9: it ends at 20, behind the text (19 characters)" in message


@pytest.mark.parametrize(("start", "end"), [(3, 0), (-1, 3), (2, 2), (-3, -1)])
def test_offsets_that_are_no_stretch_are_refused(refusal, start, end):
    assert "are no stretch of text" in refusal(span(start, end))


@pytest.mark.parametrize("wrong", ["3", 3.5, None, True, [3], {}])
def test_offsets_that_are_no_whole_numbers_are_refused(refusal, wrong):
    assert "not two whole numbers" in refusal(span(end=wrong))
    assert "not two whole numbers" in refusal(span(start=wrong))


def test_integral_floats_are_offsets(read):
    assert spans_of(read(span(0.0, 3.0))) == [Span(0, 3, "PER", "Ada")]


def test_missing_offsets_are_refused(refusal):
    assert "start null" in refusal(with_value(span(), start=...))


def test_offsets_in_utf16_units_are_converted_and_counted(read):
    text = "😀😀 Ada met Bob"
    imported = read(span(5, 8), text=text)
    assert spans_of(imported) == [Span(3, 6, "PER", "Ada")]
    assert imported.report.adjusted == 1
    assert imported.report.warnings["offsets in UTF-16 units were converted to code points"] == 1


def test_utf16_offsets_behind_the_end_in_code_points_are_converted_too(read):
    assert spans_of(read(span(3, 6), text="😀 Ada")) == [Span(2, 5, "PER", "Ada")]


def test_code_points_win_where_both_readings_give_the_text(read):
    text = "😀 aaaa"
    imported = read(span(3, 4, said="a"), text=text)
    assert spans_of(imported) == [Span(3, 4, "PER", "a")]
    assert imported.report.kept == 1


def test_a_text_that_neither_reading_gives_is_refused_with_both_slices(refusal):
    message = refusal(span(0, 3, said="Eve"))
    assert "it says 'Eve'" in message
    assert "of the text is 'Ada'" in message


def test_a_span_that_would_split_a_surrogate_pair_is_refused(refusal):
    message = refusal(span(1, 3, said="\U0001f600A"), text="😀Ada")
    assert "1 splits a surrogate pair" in message


def test_a_span_that_splits_what_is_seen_as_one_character_is_kept_with_a_warning(read):
    family = "👩\u200d👧 cafe\u0301"
    for start, end in ((0, 1), (4, 8)):
        imported = read(with_value(span(start, end), text=family[start:end]), text=family)
        assert len(spans_of(imported)) == 1
        assert imported.report.warnings["spans that split what is seen as one character"] == 1


@pytest.mark.parametrize("labels", [[], None, "PER", [None], [1], {}])
def test_labels_that_are_no_list_of_names_are_refused(refusal, labels):
    assert "labels" in refusal(with_value(span(), labels=labels))


def test_missing_labels_are_said_once_and_not_to_be_null(refusal):
    message = refusal(with_value(span(), labels=...))
    assert message.count("it has no labels") == 1
    assert "null" not in message


def test_two_labels_of_one_region_are_two_spans(read):
    assert spans_of(read(span(labels=["PER", "LOC"]))) == [Span(0, 3, "PER", "Ada"), Span(0, 3, "LOC", "Ada")]


def test_a_label_given_twice_by_one_region_counts_once(read):
    imported = read(span(labels=["PER", "PER"]))
    assert len(spans_of(imported)) == 1
    assert imported.report.warnings["labels that a region gives twice count once"] == 1


def test_a_label_outside_the_config_is_refused_with_the_known_ones(refusal):
    assert "[\"ORG\"] is not among the labels of 'parts' (PER, LOC)" in refusal(span(labels=["ORG"]))
    assert "[\"other\"] is not among the labels of 'topic'" in refusal(choice("other"))


@pytest.mark.parametrize("key", ["from_name", "to_name"])
@pytest.mark.parametrize("name", ["nobody", None, 3, [], {}])
def test_names_outside_the_config_are_refused_by_name(refusal, key, name):
    message = refusal(span(**{key: name}))
    assert f"{key} {str(name)!r} is not in label_config.xml (flags, note, parts, text, topic)" in message


def test_a_region_about_something_else_than_the_text_is_refused(refusal):
    assert "'parts' is not about 'note'" in refusal(span(to_name="note"))


def test_a_region_of_another_type_than_its_control_is_refused(refusal):
    assert "'topic' gives 'choices'" in refusal(span(from_name="topic"))


def test_types_that_nobody_asks_for_are_kept_untouched_with_a_warning(read):
    brush = {"id": "b", "type": "brushlabels", "from_name": "x", "to_name": "img", "value": {"rle": [1, 2]}}
    imported = read(brush, span())
    assert imported.report.warnings["regions of type 'brushlabels' are kept, but not used"] == 1
    assert len(spans_of(imported)) == 1
    assert imported.documents[0].annotations[0].raw["label_studio"]["others"] == [[0, brush]]


@pytest.mark.parametrize("result", [None, {}, "[]", 3])
def test_a_result_that_is_no_list_is_refused(refusal, result, tmp_path):
    path = tmp_path / "export.json"
    annotation = {"id": 5, "result": result}
    path.write_text(json.dumps([{"id": 7, "data": {"text": "a"}, "annotations": [annotation]}]))
    with pytest.raises(SourceError, match=r"annotations no. 1: the result is .*, not a list"):
        LabelStudioSource().read(path, ReadOptions())


@pytest.mark.parametrize("region", [None, "x", 3, {}, {"type": None}, {"type": "labels"}])
def test_regions_that_are_none_are_refused(refusal, region):
    assert "region no. 1" in refusal(region)


def test_relations_to_missing_regions_and_circles_of_parents_are_kept_with_a_warning(read):
    relation = {"type": "relation", "from_id": "r1", "to_id": "gone", "direction": "right"}
    imported = read(span(parentID="r2"), span(8, 11, said="Bob", id="r2", parentID="r1"), relation)
    assert imported.report.warnings["relations to a region that is not there"] == 1
    assert imported.report.warnings["regions that are their own ancestors"] == 1
    assert len(spans_of(imported)) == 2


def test_a_long_chain_of_parents_is_no_circle(read):
    chain = [span(id=f"r{n}", parentID=f"r{n + 1}") for n in range(2_000)]
    assert "regions that are their own ancestors" not in read(*chain).report.warnings


def test_one_region_twice_under_one_id_counts_once_and_is_kept(read):
    imported = read(span(), span())
    assert len(spans_of(imported)) == 1
    assert imported.report.warnings["regions that stand twice under one id count once"] == 1
    assert len(imported.documents[0].annotations[0].raw["label_studio"]["regions"]) == 2


def test_one_span_under_two_ids_is_two_spans(read):
    imported = read(span(id="a"), span(id="b"), span(id=...), span(id=...))
    assert len(spans_of(imported)) == 4


@pytest.mark.slow
def test_a_hundred_thousand_regions_are_read_in_seconds(read):
    text = "😀 ab" * 50_000
    regions = [span(n * 2, n * 2 + 1, said=text[n * 2 : n * 2 + 1], id=f"r{n}") for n in range(100_000)]
    began = time.perf_counter()
    assert len(spans_of(read(*regions, text=text))) == 100_000
    assert time.perf_counter() - began < 30


def test_spans_of_html_and_paragraphs_are_kept_but_not_converted(read):
    value = {
        "start": "/p[1]/text()[1]",
        "startOffset": 0,
        "globalOffsets": {"start": 0, "end": 3},
        "labels": ["PER"],
    }
    region = {**span(), "value": value}
    imported = read(region)
    assert spans_of(imported) == []
    assert imported.report.warnings["spans in HTML or paragraphs are kept, but not used"] == 1


def test_spans_without_their_text_are_accepted_and_counted(read):
    imported = read(with_value(span(), text=...))
    assert spans_of(imported) == [Span(0, 3, "PER", "Ada")]
    assert imported.report.warnings["spans that do not repeat their text could not be checked by it"] == 1


def test_the_text_of_a_span_must_be_a_text(refusal):
    assert "its text is [" in refusal(with_value(span(), text=["Ada"]))


def test_a_single_choice_takes_exactly_one(read, refusal):
    assert labels_of(read(choice("billing")), "topic") == [("billing",)]
    assert "takes one choice, not 'billing', 'delivery'" in refusal(choice("billing", "delivery"))
    assert "takes one choice, not no choice" in refusal(choice())
    two = refusal(choice("billing"), choice("delivery", id="other"))
    assert "takes one choice, not 'billing', 'delivery'" in two


def test_several_choices_may_come_in_one_region_or_in_many_or_be_none(read):
    assert labels_of(read(choice("spam", "angry", name="flags")), "flags") == [("spam", "angry")]
    parts = [choice("spam", name="flags"), choice("angry", name="flags", id="other")]
    assert labels_of(read(*parts), "flags") == [("spam", "angry")]
    assert labels_of(read(choice(name="flags")), "flags") == [()]


@pytest.mark.parametrize("choices", [None, "billing", [["billing"]], [1]])
def test_choices_that_are_no_list_of_names_are_refused(refusal, choices):
    assert "not a list of names" in refusal(with_value(choice(), choices=choices))


def test_no_region_is_no_answer_to_choices_but_an_empty_answer_to_labels(read):
    (labelled,) = read().documents
    assert [(a.question, a.labels, a.spans) for a in labelled.annotations] == [("parts", (), ())]


def test_every_problem_of_a_task_is_listed(refusal):
    message = refusal(span(0, 99), choice("other"), span(labels=[]))
    assert message.count("annotations no. 1: region") == 3
