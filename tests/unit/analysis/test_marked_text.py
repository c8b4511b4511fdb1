"""Texts as HTML: safe, verbatim, and marked."""

from __future__ import annotations

import re
from html import unescape
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from workbench.analysis.marked_text import EXCERPT, WHOLE, mark_answer, mark_text, place_marks, show_text
from workbench.analysis.span_errors import judge_each_span
from workbench.domain.spans import Span

TEXT = "Mira Okafor rang <b>Lisbon</b> & left"


def span(start: int, end: int, label: str, text: str = TEXT) -> Span:
    return Span.of(text, start, end, label)


def judge(gold, predicted):
    return judge_each_span([gold], [predicted], ["d"])


def without_marks(html: str) -> str:
    html = re.sub(
        r'<span class="chip[^>]*><span class="vh">[^<]*</span><bdi>[^<]*</bdi>[^<]*</span>', "", html
    )
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_markup_in_a_text_is_text():
    shown = show_text("<script>alert(1)</script>\"'&")
    assert "<script" not in shown.excerpt
    assert "&lt;script&gt;" in shown.excerpt
    assert shown.whole is None


def test_markup_in_a_label_is_text():
    shown = show_text(TEXT, judge([span(0, 4, "<img src=x onerror=alert(1)>")], []))
    assert "<img" not in shown.excerpt


def test_an_equal_pair_has_two_lines_and_one_chip():
    mira = span(0, 11, "PER")
    html = show_text(TEXT, judge([mira], [mira]), {mira: 0.83}).excerpt
    assert html.count('class="m gold right') == 1
    assert html.count('class="m said right') == 1
    assert html.count("chip") == 1
    assert "<bdi>PER</bdi> 83\u00a0%" in html


def test_a_wrong_type_shows_both_labels():
    html = show_text(TEXT, judge([span(0, 11, "PER")], [span(0, 11, "ORG")])).excerpt
    assert html.count('class="chip gold wrong"') == 1
    assert html.count('class="chip said wrong"') == 1


def test_nested_spans_lie_at_different_depths():
    marks = place_marks(judge([span(0, 11, "PER"), span(0, 4, "NAME"), span(17, 20, "TAG")], []), {})
    assert [(m.label, m.depth) for m in marks] == [("PER", 0), ("NAME", 1), ("TAG", 0)]


def test_a_long_text_is_shortened_around_its_first_mistake():
    text = "word " * 2000 + "Mira" + " word" * 100
    place = text.index("Mira")
    shown = show_text(text, judge([span(place, place + 4, "PER", text)], []))
    assert "Mira" in shown.excerpt
    assert len(without_marks(shown.excerpt)) <= EXCERPT + 2
    assert without_marks(shown.whole) == text
    assert (shown.n_characters, shown.cut) == (len(text), False)


def test_a_text_beyond_the_limit_says_that_it_was_cut():
    shown = show_text("a" * (WHOLE + 5))
    assert shown.cut
    assert len(without_marks(shown.whole)) == WHOLE


def test_controls_are_replaced_one_for_one():
    assert show_text("a\x07b\x1bc\ud800d\te\n").excerpt == "a\ufffdb\ufffdc\ufffdd\te\n"


PLACES = st.tuples(st.integers(0, 30), st.integers(1, 7), st.sampled_from(["A", "B<"]))
SPANS = st.lists(PLACES.map(lambda p: span(p[0], p[0] + p[1], p[2])), max_size=6)


@given(SPANS, SPANS, st.integers(0, 20), st.integers(1, 17))
def test_taking_the_marks_away_gives_the_text_back(gold, said, start, length):
    marks = place_marks(judge(gold, said), {})
    html = mark_text(TEXT, marks, start=start, end=start + length)
    assert without_marks(html) == TEXT[start : start + length]
    assert html.count("<span") == html.count("</span>")


@given(SPANS, SPANS)
def test_marks_that_overlap_never_share_a_depth(gold, said):
    for a, b in combinations(place_marks(judge(gold, said), {}), 2):
        if a.start < b.end and b.start < a.end:
            assert a.depth != b.depth


def test_an_answer_that_nobody_judged_is_neither_right_nor_wrong():
    html = mark_answer(TEXT, [span(0, 11, "PER"), span(5, 11, "<b>"), span(17, 30, "PLACE")])
    assert "right:" not in html
    assert "<b>" not in html
    assert re.findall(r"<bdi>([^<]*)</bdi>", html) == ["&lt;b&gt;", "PER", "PLACE"]
    assert 'class="m given right d1"' in html  # the inner one lies below the outer one
    assert without_marks(re.sub(r'<span class="chip given">.*?</bdi></span>', "", html)) == TEXT
