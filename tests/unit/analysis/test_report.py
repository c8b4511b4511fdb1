"""The report: whole, safe and readable for few and many labels."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from workbench.analysis.curve_points import CurvePoint
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.report import Report, render_report, write_report
from workbench.analysis.wording import as_facts, as_percent
from workbench.domain.examples import Example
from workbench.domain.runs import Run
from workbench.domain.spans import Span
from workbench.errors import NotEnoughDataError, UnknownNameError

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}${7*7}"
VOID = {"meta", "br", "img", "link", "input"}


def run_of(labels, **values) -> Run:
    facts = {"n_examples": 40, "data_hash": "ab" * 32, "seconds": 1.5, "config": {"C": 20.0}}
    return Run("run-1", "topic", "linear", 3, tuple(labels), 0, **{**facts, **values})


def documents_of(labels, n: int, *, text: str = "The router is slow") -> list[JudgedDocument]:
    return [
        JudgedDocument(
            Example(f"t{k}", f"{text} {k}", (labels[k % len(labels)],)),
            (labels[(k + (k % 3 == 0)) % len(labels)],),
            confidences=(0.5 + (k % 50) / 100,),
        )
        for k in range(n)
    ]


def report_of(labels, n: int = 60, **values) -> Report:
    return Report(run_of(labels), "textcat", documents_of(labels, n), "held-out", **values)


class Page(HTMLParser):
    """Reads a page and fails on tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def named(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.tags if t == tag and attributes.items() <= a.items()]


def assert_inert(page: Page) -> None:
    """No script, no handler, nothing from elsewhere."""
    assert not {"script", "iframe", "object", "img", "link"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not {"src", "href", "style", "srcset"} & set(attributes)


def test_the_headline_figures_name_their_basis_and_n():
    page = Page(render_report(report_of(["a", "b"])))
    assert "Accuracy 0.667 held-out, n = 60 95 %: 0.541 to 0.773" in page.text
    assert "that it never saw" in page.text


def test_a_pair_opens_to_its_documents_with_gold_predicted_and_confidence():
    page = Page(render_report(report_of(["billing", "outage"], n=8)))
    assert re.search(r"billing → outage 2", page.text)
    assert "The router is slow 6 t6 · gold billing · predicted outage 56 %" in page.text
    assert len(page.named("details", **{"class": "bucket"})) == 2


@pytest.mark.parametrize(("n_labels", "has_matrix"), [(2, True), (30, True), (31, False), (77, False)])
def test_the_page_works_for_two_and_for_many_labels(n_labels, has_matrix):
    labels = [f"label {k:02}" for k in range(n_labels)]
    page = Page(render_report(report_of(labels, n=4 * n_labels)))
    assert bool(page.named("table", **{"class": "matrix"})) is has_matrix
    assert all(label in page.text for label in labels)
    assert ("52 more labels" in page.text) is (n_labels == 77)


def test_labels_stand_worst_first():
    documents = [
        JudgedDocument(Example("1", "x", ("good",)), ("good",)),
        JudgedDocument(Example("2", "x", ("bad",)), ("good",)),
    ]
    report = Report(run_of(["good", "bad", "unseen"]), "textcat", documents, "out-of-fold")
    rows = re.findall(
        r'<th scope="row">(\w+)</th><td>([^<]+)</td><td class="barcell">', render_report(report)
    )
    assert rows == [("bad", "0.000"), ("good", "0.667"), ("unseen", "–")]


@pytest.mark.parametrize("place", ["text", "label", "id", "config", "curve", "project", "warning"])
def test_hostile_words_stay_words_everywhere(place):
    word = {name: HOSTILE if name == place else "plain" for name in
            ("text", "label", "id", "config", "curve", "project", "warning")}  # fmt: skip
    labels = [word["label"], "other"]
    documents = [
        JudgedDocument(Example(word["id"], word["text"], (labels[0],)), (labels[1],), confidences=(0.9,)),
        JudgedDocument(Example("2", word["text"], (labels[1],)), (labels[0],), confidences=(0.9,)),
    ]
    report = Report(
        run_of(labels, config={word["config"]: word["config"]}, versions={word["config"]: "1"}),
        "textcat",
        documents,
        "held-out",
        project=word["project"],
        curves={word["curve"]: [CurvePoint(10, 0.5)]},
        curve_note=word["warning"],
        warnings=[word["warning"]],
    )
    page = Page(render_report(report))
    assert_inert(page)
    assert (HOSTILE if place != "curve" else HOSTILE[:11]) in page.text


def test_hostile_texts_and_labels_of_spans_stay_words():
    text = HOSTILE + " \u202eمرحبا\u202c Mira"
    gold = (Span.of(text, 0, 8, HOSTILE), Span.of(text, 4, 30, "B"))
    said = (Span.of(text, 2, 12, HOSTILE),)
    documents = [JudgedDocument(Example("1", text, spans=gold), predicted_spans=said, confidences=(0.4,))]
    page = Page(render_report(Report(run_of(["B"]), "ner", documents, "held-out")))
    assert_inert(page)


def test_a_script_that_got_in_would_not_run():
    policy = Page(render_report(report_of(["a", "b"]))).named(
        "meta", **{"http-equiv": "Content-Security-Policy"}
    )
    assert policy[0]["content"].startswith("default-src 'none'")


def test_a_text_of_ten_thousand_characters_is_shortened_and_opens_whole():
    text = "".join(f"{k:05}" for k in range(2000))
    documents = [JudgedDocument(Example("1", text, ("a",)), ("b",), confidences=(0.8,))]
    page = Page(render_report(Report(run_of(["a", "b"]), "textcat", documents, "held-out")))
    assert "Whole text (10,000 characters)" in page.text
    assert text in page.words
    assert max(len(word) for word in page.words if word != text) < 20_000


def test_each_text_reads_in_its_own_direction():
    documents = [JudgedDocument(Example("1", "البطاقة لم تصل", ("a",)), ("b",))]
    page = Page(render_report(Report(run_of(["a", "b\u202e"]), "textcat", documents, "held-out")))
    assert {a["dir"] for a in page.named("p", **{"class": "text"})} == {"auto"}
    assert "\u202e" not in page.text


def test_a_label_that_reads_from_the_right_does_not_turn_its_line():
    documents = [JudgedDocument(Example("1", "x", ("فاتورة",)), ("عطل",), confidences=(0.9,))]
    html = render_report(Report(run_of(["فاتورة", "عطل"]), "textcat", documents, "held-out"))
    assert '<bdi>فاتورة</bdi><span class="to">→</span><bdi>عطل</bdi>' in html
    assert "<bdi>عطل</bdi></b> 90\u00a0%" in html


def ner_report() -> Report:
    text = "Mira Okafor rang from Lisbon"
    mira, lisbon = Span.of(text, 0, 11, "PER"), Span.of(text, 22, 28, "LOC")
    documents = [
        JudgedDocument(Example("n1", text, spans=(mira, lisbon)), (), (mira,), (0.9,)),
        JudgedDocument(
            Example("n2", text, spans=(mira, lisbon)), (), (Span.of(text, 0, 4, "PER"), lisbon), (0.4, 0.8)
        ),
        JudgedDocument(Example("n3", text, spans=(mira,)), (), (mira,), (0.7,)),
    ]
    run = Run("ner-1", "entities", "bert_ner", 1, ("PER", "LOC"), 0, 10, "00" * 32)
    return Report(run, "ner", documents, "out-of-fold")


def test_spans_are_reported_strictly_with_their_kinds_of_mistakes():
    page = Page(render_report(ner_report()))
    assert "Strict F1 0.667 out-of-fold, n = 3 documents, 5 spans" in page.text
    for sentence in ("correct 3", "wrong bounds 1", "missed 1", "LOC → nothing 1"):
        assert sentence in page.text
    assert "strict 0.667 3 1 0 1 0" in page.text
    assert "partial 0.778 3 0 1 1 0" in page.text


def test_documents_without_mistakes_are_not_among_the_examples():
    html = render_report(ner_report())
    examples = html[html.index("Documents with the most mistakes") :]
    assert "n1" in examples
    assert "n3" not in examples


def test_a_document_may_have_several_labels_or_none():
    documents = [
        JudgedDocument(Example("1", "x", ("a", "b")), ("a",), confidences=(0.99,)),
        JudgedDocument(Example("2", "y", ()), ("b",), confidences=(0.6,)),
        JudgedDocument(Example("3", "z", ()), ()),
    ]
    page = Page(render_report(Report(run_of(["a", "b"]), "textcat-multi", documents, "control sample")))
    assert "Exact match 0.333 control sample, n = 3" in page.text
    assert "b → nothing 1" in page.text
    # The surest wrong label, not the surest label, makes a document a confident mistake.
    assert page.text.index("2 · gold nothing · predicted b 60 %") > 0
    assert "Confusion matrix" not in page.text


def test_a_perfect_run_has_no_pairs_and_no_examples():
    documents = [JudgedDocument(Example("1", "x", ("a",)), ("a",))]
    page = Page(render_report(Report(run_of(["a", "b"]), "textcat", documents, "held-out")))
    assert "No label was taken for another." in page.text
    assert "surest" not in page.text
    assert "Calibration" not in page.text


def test_a_curve_of_single_points_is_said_in_words_and_not_drawn():
    page = render_report(report_of(["a", "b"], curves={"setfit": [CurvePoint(653, 0.7)]}))
    assert "Learning curves," not in page
    assert "There is no line yet" in page
    assert "0.700 after 653 answers" in page
    line = render_report(report_of(["a", "b"], curves={"setfit": [CurvePoint(9, 0.4), CurvePoint(653, 0.7)]}))
    assert "Learning curves," in line
    assert "There is no line yet" not in line


def test_every_table_but_the_facts_scrolls_in_a_box_of_its_own():
    for report in (report_of(["a", "b"]), report_of([f"l{n}" for n in range(40)])):
        page = render_report(report).split('class="facts"')[0]
        assert page.count("<table") == page.count('class="scroll"') > 0


def test_a_report_of_nothing_is_refused():
    with pytest.raises(NotEnoughDataError, match="no judged document"):
        render_report(Report(run_of(["a"]), "textcat", [], "held-out"))


def test_a_report_in_sample_is_refused():
    with pytest.raises(UnknownNameError, match="basis"):
        render_report(Report(run_of(["a"]), "textcat", documents_of(["a"], 3), "none"))


def test_the_file_appears_whole_and_the_same_each_time(tmp_path):
    report = report_of(["a", "b"], curves={"coverage": [CurvePoint(10, 0.4), CurvePoint(20, 0.6)]})
    first, second = tmp_path / "one.html", tmp_path / "two.html"
    write_report(report, first)
    write_report(report, second)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.html", "two.html"]
    assert "Data (SHA-256)" in first.read_text(encoding="utf-8")


def test_settings_that_are_no_text_are_written_as_json():
    assert as_facts({"b": None, "a": [1, "ü"], "c": "plain"}) == {"a": '[1, "ü"]', "b": "null", "c": "plain"}
    assert as_percent(None) == "–"


def test_the_example_of_the_guide_runs(tmp_path, monkeypatch):
    guide = Path(__file__).parents[3] / "docs" / "guides" / "report.md"
    code = re.search(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "report.md", "exec"), {})
    assert "predicted billing 58 %" in Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
