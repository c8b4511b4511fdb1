import time

import pytest

from workbench.domain.questions import Question
from workbench.errors import SourceError
from workbench.sources.label_studio.config import read_config, read_config_file
from workbench.sources.label_studio.config_writing import write_config

TICKETS = """<View style="background: url(https://example.com/spy)">
  <!-- what agents see -->
  <Header value="Ticket"/>
  <Text name="ticket" value="$body"/>
  <Choices name="topic" toName="ticket" choice="single" showInLine="true">
    <Choice value="billing" hotkey="b"/>
    <Choice value="delivery" hotkey="d"/>
  </Choices>
  <Choices name="flags" toName="ticket" choice="multiple">
    <Choice value="Angry customer" alias="angry"/>
    <Choice value="spam"/>
  </Choices>
  <Labels name="parts" toName="ticket">
    <Label value="PRODUCT" background="#ff8800" hotkey="1"/>
    <Label value="PERSON" background="red" hotkey="2"/>
  </Labels>
  <Rating name="stars" toName="ticket"/>
</View>
"""


def refusal(xml: str) -> str:
    with pytest.raises(SourceError) as caught:
        read_config(xml)
    return str(caught.value)


def choices(*labels: str, name: str = "topic", more: str = "") -> str:
    inner = "".join(f"<Choice {label}/>" for label in labels)
    return (
        '<View><Text name="t" value="$text"/>'
        f'<Choices name="{name}" toName="t" {more}>{inner}</Choices></View>'
    )


def warnings_of(xml: str) -> str:
    return "\n".join(read_config(xml).warnings)


def test_choices_and_labels_become_questions_of_their_kind():
    assert read_config(TICKETS).questions == (
        Question("topic", "textcat", ("billing", "delivery")),
        Question("flags", "textcat-multi", ("angry", "spam")),
        Question("parts", "ner", ("PRODUCT", "PERSON")),
    )


def test_names_keys_colours_and_hotkeys_are_kept():
    config = read_config(TICKETS)
    parts = config.control("parts")
    assert (config.text_name, config.text_key) == ("ticket", "body")
    assert [(x.colour, x.hotkey) for x in parts.labels] == [("#ff8800", "1"), ("red", "2")]
    assert config.control("flags").labels[0].shown == "Angry customer"
    assert config.names == {"ticket", "topic", "flags", "parts", "stars"}


def test_other_tags_are_named_in_a_warning():
    assert read_config(TICKETS).warnings == ("<Rating> is kept, but asks no question here",)


def test_a_config_that_asks_the_same_is_written_as_it_was():
    assert write_config(read_config(TICKETS).questions, TICKETS) == TICKETS


def test_changed_labels_change_their_control_and_nothing_else():
    questions = [Question("topic", "textcat", ("delivery", "returns"))]
    written = write_config(questions, TICKETS)
    old = '    <Choice value="billing" hotkey="b"/>\n    <Choice value="delivery" hotkey="d"/>\n'
    new = '    <Choice value="delivery" hotkey="d"/>\n    <Choice value="returns"/>\n'
    assert written == TICKETS.replace(old, new)


def test_a_new_question_gets_a_control_at_the_end():
    question = Question("urgency", "textcat", ("now", "later"))
    written = write_config([question], TICKETS)
    assert written.startswith(TICKETS.removesuffix("</View>\n"))
    assert read_config(written).questions == (*read_config(TICKETS).questions, question)


def test_a_config_is_made_from_questions_alone():
    questions = (
        Question("text", "textcat", ("a & b", 'say "x"', "<script>", "it's")),
        Question("tags", "textcat-multi", ("x",)),
        Question("names", "ner", ("PER", "ОРГ")),
    )
    config = read_config(write_config(questions))
    assert config.questions == questions
    assert config.text_key == "text"


def test_an_empty_control_and_an_empty_root_are_opened_for_children():
    question = Question("e", "ner", ("PER",))
    assert read_config(write_config([question], "<View/>")).questions == (question,)
    closed = '<View><Text name="t" value="$t"/><Labels name="e" toName="t"/></View>'
    assert read_config(write_config([question], closed)).questions == (question,)


def test_a_question_of_another_kind_than_its_control_is_refused():
    with pytest.raises(SourceError, match="'topic' is textcat in the config, but a ner question here"):
        write_config([Question("topic", "ner", ("A",))], TICKETS)


def test_a_label_that_xml_cannot_hold_is_refused():
    with pytest.raises(SourceError, match="not well-formed"):
        write_config([Question("topic", "textcat", ("a\uffff",))])


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Named Entities", "named-entities"), ("Тема", "question"), ("-x-", "x"), ("nul", "nul-2"), ("é1", "1")],
)
def test_control_names_become_slugs_and_the_mapping_is_kept(name, slug):
    config = read_config(choices('value="a"', name=name))
    assert config.questions[0].name == slug
    assert config.control(name) == config.control_of(slug)
    assert f"'{name}' is the question '{slug}'" in config.warnings[0]


def test_two_names_with_one_slug_stay_two_questions():
    xml = choices('value="a"', name="topic").replace(
        "</View>", '<Choices name="Topic" toName="t"><Choice value="b"/></Choices></View>'
    )
    assert [q.name for q in read_config(xml).questions] == ["topic", "topic-2"]


@pytest.mark.parametrize(
    "document_type",
    [
        "<!DOCTYPE v>",
        '<!DOCTYPE v [<!ENTITY a "b">]>',
        '<!DOCTYPE v [<!ENTITY a "xxxx"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
        '<!DOCTYPE v [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE v [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
    ],
)
def test_every_document_type_is_refused(document_type):
    assert "line 1: column" in refusal(document_type + "<View/>")
    assert "document type" in refusal(document_type + "<View/>")


def test_configs_too_deep_or_too_large_are_refused_at_once():
    began = time.perf_counter()
    assert "deeper than 64" in refusal("<View>" * 5_000 + "</View>" * 5_000)
    assert "at most 262144" in refusal("<View>" * 100_000 + "</View>" * 100_000)
    assert time.perf_counter() - began < 2


def test_sixty_four_levels_are_allowed():
    assert read_config("<View>" * 64 + "</View>" * 64).questions == ()


@pytest.mark.parametrize(
    ("xml", "place"),
    [
        ("", "line 1: column 1"),
        ("  ", "line 1: column 3"),
        ("<!-- only -->", "line 1: column 14"),
        ("<View/>\n<View/>", "line 2: column 1"),
        ("<View>\n <Text></View>", "line 2: column 10"),
        ("<View>\n<![CDATA[x]]></View>", "line 2: column 1"),
        ("<View>\n<?php x ?></View>", "line 2: column 1"),
        ('<View a="1" a="2"/>', "line 1: column 13"),
        ('<?xml version="1.0" encoding="utf-16"?><View/>', "line 1: column 1"),
        ('<?xml version="1.0" encoding="latin-1"?><View/>', "line 1: column 1"),
        ('<View a="\0"/>', "line 1: column 10"),
        ('<View a="&#0;"/>', "line 1: column 10"),
        ("<View>&nbsp;</View>", "line 1: column 7"),
        ("<View>\n\ud800</View>", "line 2"),
    ],
)
def test_what_is_not_one_well_formed_utf8_document_is_refused_with_its_place(xml, place):
    assert place in refusal(xml)


def test_every_wrong_name_is_listed_with_its_line():
    message = refusal(
        '<View>\n<Text name="t"/>\n<Text name="u" value="$u"/><Text name="u" value="$v"/>\n'
        '<Choices name="c" toName="nobody"><Choice value="a"/></Choices>\n'
        '<Labels name="c"><Label value="L"/></Labels>\n<Labels toName="u"/></View>'
    )
    for expected in (
        "line 2: column 1: <Text> 't' has no value",
        "line 3: column 28: the name 'u' is used twice",
        "line 4: column 1: <Choices> 'c': nothing is named 'nobody' (toName)",
        "line 5: column 1: the name 'c' is used twice",
        "line 5: column 1: <Labels> 'c' has no toName",
        "line 6: column 1: <Labels> has no name",
    ):
        assert expected in message


@pytest.mark.parametrize("value", ["a constant", "$a and $b", "$", "$a[0]"])
def test_a_question_needs_a_text_from_one_field(value):
    assert "needs one field" in refusal(choices('value="a"').replace("$text", value))


def test_a_text_of_addresses_is_refused():
    assert "addresses" in refusal(
        choices('value="a"').replace('value="$text"', 'value="$text" valueType="url"')
    )


def test_equal_labels_are_refused_and_empty_ones_too():
    assert "has the label 'a' twice" in refusal(choices('value="a"', 'value="b"', 'value="a"'))
    assert "has the label 'a' twice" in refusal(choices('value="a"', 'value="b" alias="a"'))
    assert "empty value" in refusal(choices('value=""'))
    assert "empty value" in refusal(choices('value="  "'))
    assert "empty value" in refusal(choices('other="a"'))
    assert "control character" in refusal(choices('value="a&#10;b"'))


def test_labels_that_differ_in_case_or_normal_form_stay_apart_with_a_warning():
    xml = choices('value="Yes"', 'value="yes"', 'value="caf\u00e9"', 'value="cafe\u0301"')
    assert read_config(xml).questions[0].labels == ("Yes", "yes", "café", "cafe\u0301")
    assert len(read_config(xml).warnings) == 2
    assert "look alike: 'Yes' and 'yes'" in warnings_of(xml)


def test_labels_that_differ_by_a_trailing_space_are_one_with_a_warning():
    config = read_config(choices('value="yes"', 'value="yes "'))
    assert config.questions[0].labels == ("yes",)
    assert config.controls[0].accepted == {"yes": "yes", "yes ": "yes"}
    assert any("differ by spaces only" in warning for warning in config.warnings)


def test_a_label_is_written_with_the_spaces_that_its_config_has():
    config = read_config(choices('value=" yes"'))
    assert config.controls[0].labels[0].name == "yes"
    assert config.controls[0].labels[0].spellings == (" yes",)


def test_ten_thousand_labels_are_allowed_and_one_more_is_not():
    many = [f'value="{n:x}"' for n in range(10_001)]
    assert len(read_config(choices(*many[:10_000])).questions[0].labels) == 10_000
    assert "at most 10000" in refusal(choices(*many))


def test_markup_in_a_label_is_text_and_style_is_no_part_of_a_label():
    xml = choices(
        'value="&lt;script&gt;alert(1)&lt;/script&gt;" background="url(javascript:alert(1))" style="x"',
        'value="&quot;&gt;&lt;img onerror=x&gt;" hint="javascript:alert(1)"',
    )
    first, second = read_config(xml).controls[0].labels
    assert first.name == "<script>alert(1)</script>"
    assert first.colour == ""
    assert second.name == '"><img onerror=x>'
    assert "no plain colour" in warnings_of(xml)


def test_hotkeys_that_clash_or_are_no_keys_are_warned_about():
    xml = choices(
        'value="a" hotkey="x"', 'value="b" hotkey="X"', 'value="c" hotkey="😀"', 'value="d" hotkey="ctrl+a"'
    )
    assert "2 labels have the hotkey 'x'" in warnings_of(xml)
    assert "'😀' is no key" in warnings_of(xml)
    assert len(read_config(xml).warnings) == 2


@pytest.mark.parametrize(
    "more", ['perRegion="true"', 'allowNested="true"', 'value="$options"', 'perItem="TRUE"']
)
def test_choices_that_are_no_question_about_the_document_are_kept_and_named(more):
    config = read_config(choices('value="a"', more=more))
    assert config.questions == ()
    assert config.warnings == ("<Choices> is kept, but asks no question here",)


def test_nested_choices_and_spans_in_html_ask_no_question():
    nested = choices('value="a"').replace(
        '<Choice value="a"/>', '<Choice value="a"><Choice value="b"/></Choice>'
    )
    assert read_config(nested).questions == ()
    html = (
        '<View><HyperText name="h" value="$h"/><Labels name="l" toName="h"><Label value="A"/></Labels></View>'
    )
    assert read_config(html).questions == ()
    assert "<Labels> is kept" in warnings_of(html)


def test_an_unknown_kind_of_choice_is_refused():
    assert 'choice="some" is not one of: single' in refusal(choices('value="a"', more='choice="some"'))


def test_spans_in_two_texts_are_refused():
    xml = (
        '<View><Text name="a" value="$a"/><Text name="b" value="$b"/>'
        '<Labels name="x" toName="a"><Label value="A"/></Labels>'
        '<Labels name="y" toName="b"><Label value="A"/></Labels></View>'
    )
    assert "several texts (a, b)" in refusal(xml)


def test_a_config_file_may_begin_with_a_byte_order_mark_and_must_be_utf8(tmp_path):
    path = tmp_path / "config.xml"
    path.write_bytes(b"\xef\xbb\xbf" + TICKETS.encode())
    assert read_config_file(path).xml == TICKETS
    path.write_bytes(TICKETS.replace("spam", "späm").encode("cp1252"))
    with pytest.raises(SourceError, match=r"line 11.*not UTF-8"):
        read_config_file(path)
    path.write_bytes(b"<View>" * 1_000_000)
    with pytest.raises(SourceError, match="at most"):
        read_config_file(path)
    with pytest.raises(SourceError, match="Cannot be read"):
        read_config_file(tmp_path / "none.xml")
