"""Label issues, slices, two runs side by side and spans on the page Review, without a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.unit.ui.pages import as_plain, html_of, open_review
from tests.weightless import WeightlessModel
from workbench.config import Home
from workbench.domain.annotations import Annotation, now
from workbench.domain.examples import Example
from workbench.domain.questions import LabelChange, Question
from workbench.domain.scores import ClassScores
from workbench.store.jobs import Jobs
from workbench.ui.review import errors
from workbench.usecases import detect_languages
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.judge import judge
from workbench.usecases.label_issue_files import FoundIssues, LabelIssue, write_issues
from workbench.usecases.project import open_project
from workbench.usecases.runs import publish_run

pytestmark = pytest.mark.slow


def publish(home: Home, id: str, examples: list[Example], rows: list[list[float]], **other: Any) -> None:
    """Publish a run of `topic` that answered these examples with these probabilities."""
    with open_project(home, "tickets") as project:
        newest = project.store.runs("topic")[0]
        question = project.store.question("topic")
        basis = other.get("basis", "held-out")
        labels = other.get("labels", newest.labels)
        scores = ClassScores(labels, np.array(rows, dtype=np.float32))
        judgement = judge(replace(question, labels=labels), examples, scores, basis=basis)
        run = replace(newest, id=id, figures=judgement.figures.as_dict(), created_at=now(), **other)
        publish_run(project, run, WeightlessModel(), judgement)  # type: ignore[arg-type]


def issue_of(home: Home, run: str = "topic-tfidf-2") -> None:
    """Write down that the answer `delivery` to ticket-0 is disputed."""
    issue = LabelIssue("ticket-0", "out-of-fold", 0.04, ("delivery",), (), ("billing",))
    with open_project(home, "tickets") as project:
        write_issues(project, FoundIssues(run, "topic", 0, now(), {"out-of-fold": 4}, (issue,)))


def test_before_anybody_looked_the_page_offers_to_look_and_asks_the_worker(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: None)
    page = open_review(part="issues")
    assert "Nobody has looked" in page.info[0].value
    page.button(key="find issues").click().run()
    assert not page.exception
    with open_project(tickets, "tickets") as project:
        (job,) = Jobs(project.store).list()
    assert (job.verb, dict(job.arguments)) == (
        "find-issues",
        {"question": "topic", "run_id": "topic-tfidf-2"},
    )
    assert page.query_params["issues_job"] == str(job.id)


def test_an_issue_that_is_relabelled_is_settled_and_leaves_the_list(tickets: Home) -> None:
    issue_of(tickets)
    page = open_review(part="issues")
    assert 'data-open-issues="1"' in html_of(page)
    assert "4 answers out-of-fold" in html_of(page)
    page.button(key="take out-of-fold ticket-0").click().run()
    assert not page.exception
    with open_project(tickets, "tickets") as project:
        answer = settled_answers(project, "topic")["ticket-0"]
    assert answer.labels == ("billing",)
    assert answer.is_settled
    assert 'data-open-issues="0"' in html_of(page)


def test_an_issue_that_is_kept_settles_the_same_answer(tickets: Home) -> None:
    issue_of(tickets)
    page = open_review(part="issues")
    page.button(key="keep out-of-fold ticket-0").click().run()
    with open_project(tickets, "tickets") as project:
        answer = settled_answers(project, "topic")["ticket-0"]
    assert (answer.labels, answer.is_settled) == (("delivery",), True)
    assert 'data-open-issues="0"' in html_of(page)


def test_of_a_student_the_page_offers_its_teacher_instead_of_a_job_that_must_fail(tickets: Home) -> None:
    examples = [Example("held-1", "It sparks", ("fault",))]
    publish(
        tickets,
        "topic-student-9",
        examples,
        [[0.1, 0.1, 0.8]],
        learner="student",
        config={"teacher": "topic-tfidf-1"},
    )
    page = open_review(part="issues")
    assert "Its teacher can: " in page.info[0].value
    assert "20 answers" in page.info[0].value
    assert [one.label for one in page.button] == ["Label issues of its teacher"]
    page.button[0].click().run()
    assert not page.exception
    assert not page.warning
    assert page.query_params["run"] in ("topic-tfidf-1", ["topic-tfidf-1"])
    assert page.query_params["part"] in ("issues", ["issues"])
    assert page.button(key="find issues")


def test_of_a_student_without_its_teacher_it_is_said_that_there_is_no_way_to_dispute_answers(
    tickets: Home,
) -> None:
    examples = [Example("held-1", "It sparks", ("fault",))]
    rows = [[0.1, 0.1, 0.8]]
    publish(tickets, "topic-student-9", examples, rows, learner="student", config={"teacher": "gone"})
    page = open_review(part="issues")
    assert "is not among the runs any more" in page.info[0].value
    assert not page.button


def test_a_third_label_can_be_chosen(tickets: Home) -> None:
    issue_of(tickets)
    page = open_review(part="issues")
    page.selectbox(key="other out-of-fold ticket-0").set_value("fault").run()
    with open_project(tickets, "tickets") as project:
        assert settled_answers(project, "topic")["ticket-0"].labels == ("fault",)


def test_a_document_of_a_confused_pair_is_relabelled_on_the_spot(tickets: Home) -> None:
    page = open_review(gold="fault", predicted="delivery")
    assert "take mistake held-1" not in [button.key for button in page.button]
    page.toggle(key="relabel here").set_value(True).run()
    assert 'data-documents="1" data-filter="fault|delivery"' in html_of(page)
    assert as_plain(page.button(key="keep mistake held-1").label) == "Keep **fault**"
    page.button(key="take mistake held-1").click().run()
    assert not page.exception
    with open_project(tickets, "tickets") as project:
        answer = settled_answers(project, "topic")["held-1"]
    assert (answer.labels, answer.is_settled) == (("delivery",), True)
    assert "Decided by" in html_of(page)
    assert "take mistake held-1" not in [button.key for button in page.button]


def test_spans_of_a_mistake_are_taken_on_the_spot(tickets: Home, entities_run: str) -> None:
    page = open_review(question="entities")
    page.toggle(key="relabel here").set_value(True).run()
    with open_project(tickets, "tickets") as project:
        assert project.store.document("held-1").text == "It sparks."
    page.button(key="take mistake held-1").click().run()
    # This run was judged on another text of that id: such spans are refused.
    assert "held-1" in " ".join(error.value for error in page.error).replace("\\", "")


def test_a_document_is_not_relabelled_under_labels_that_changed_since_the_run(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.change_labels("topic", LabelChange("rename", ("fault",), ("defect",)))
    assert not open_review().toggle


def test_two_runs_are_compared_on_the_documents_of_both(tickets: Home) -> None:
    examples = [
        Example("held-1", "It sparks <script>alert(1)</script>", ("fault",)),
        Example("held-2", "Where is it?", ("delivery",)),
    ]
    publish(tickets, "topic-tfidf-3", examples, [[0.1, 0.1, 0.8], [0.9, 0.05, 0.05]])
    page = open_review(part="compare")
    shown = html_of(page)
    assert 'data-fixed="1" data-broken="0"' in shown
    assert "2 documents that both judged" in shown
    assert page.query_params["other"] == "topic-tfidf-2"
    assert "may well be chance" in as_plain(page.markdown[0].value)
    assert "It sparks &lt;script&gt;" in shown


def test_a_run_from_before_a_merge_is_compared_under_the_labels_of_today(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.change_labels("topic", LabelChange("merge", ("billing", "fault"), ("trouble",)))
    examples = [
        Example("held-1", "It sparks <script>alert(1)</script>", ("trouble",)),
        Example("held-2", "Where is it?", ("delivery",)),
    ]
    rows = [[0.1, 0.9], [0.9, 0.1]]
    publish(tickets, "topic-tfidf-3", examples, rows, labels=("delivery", "trouble"), label_version=1)
    shown = html_of(open_review(part="compare"))
    assert 'data-fixed="1" data-broken="0"' in shown
    assert "2 documents that both judged" in shown


def test_documents_of_a_retired_label_are_left_out_of_a_comparison_and_counted(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.change_labels("topic", LabelChange("retire", ("fault",), ()))
    page = open_review(part="compare")
    said = [as_plain(warning.value) for warning in page.warning]
    assert any("1 documents have a label that was split or retired since" in words for words in said)
    assert "1 documents that both judged" in html_of(page)


def test_runs_without_shared_documents_or_on_another_basis_are_said(tickets: Home) -> None:
    examples = [Example("ticket-0", "My parcel is late.", ("delivery",))]
    publish(tickets, "topic-tfidf-3", examples, [[0.8, 0.1, 0.1]], basis="out-of-fold")
    page = open_review(part="compare")
    assert "judged out-of-fold, the other held-out" in page.warning[0].value
    assert "nothing to compare" in page.info[0].value


def test_slices_by_length_and_language_name_their_documents(tickets: Home) -> None:
    page = open_review(part="slices")
    assert page.selectbox(key="slices by").value == "length"
    rows = page.dataframe[0].value
    assert rows["documents"].tolist() == [1, 1]
    assert rows["length"].tolist() == ["12 to 12 characters", "35 to 35 characters"], "short before long"
    assert rows["right"].tolist() == [1.0, 0.0]
    assert "2 held-out documents" in html_of(page)
    path = tickets.projects / "tickets" / detect_languages.FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"held-1": "en", "held-2": "fr"}')
    page = open_review(part="slices", by="language")
    assert page.dataframe[0].value["language"].tolist() == ["en", "fr"]


def test_slices_show_the_difference_to_another_run(tickets: Home) -> None:
    examples = [
        Example("held-1", "It sparks <script>alert(1)</script>", ("fault",)),
        Example("held-2", "Where is it?", ("delivery",)),
    ]
    publish(tickets, "topic-tfidf-3", examples, [[0.1, 0.1, 0.8], [0.9, 0.05, 0.05]])
    page = open_review(part="slices", other="topic-tfidf-1")
    assert sorted(page.dataframe[0].value["difference"].tolist()) == [0.0, 1.0]


def test_kinds_of_span_errors_filter_and_the_text_is_marked(tickets: Home, entities_run: str) -> None:
    shown = html_of(open_review(question="entities"))
    assert 'class="m gold wrong' in shown
    assert 'class="m said wrong' in shown
    assert 'data-documents="1"' in html_of(open_review(question="entities", kind="missed"))
    assert 'data-documents="0"' in html_of(open_review(question="entities", kind="wrong type"))


def test_labels_that_changed_since_the_run_are_warned_of(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.change_labels("topic", LabelChange("rename", ("fault",), ("defect",)))
    page = open_review()
    assert "changed since the run" in as_plain(page.warning[0].value)


def test_bars_are_drawn_from_numbers_only() -> None:
    style = errors.bars_style([1.0, 0.255])
    assert ".st-key-wb-pair-1 button { --wb-share: 26%; }" in style


def test_every_part_opens_for_every_question(tickets: Home, entities_run: str) -> None:
    for question in ("topic", "entities"):
        for part in ("errors", "labels", "issues", "slices", "compare", "curve"):
            page = open_review(question=question, part=part)
            assert not page.error, (question, part, page.error)


def test_markup_in_labels_is_text_on_every_part(tickets: Home) -> None:
    odd = ("<img src=x onerror=alert(1)>", "**b** :red[x] [l](https://example.org)")
    with open_project(tickets, "tickets") as project:
        question = project.store.add_question(Question("odd", "textcat", odd))
        examples = [Example("held-1", "text", (odd[0],)), Example("held-2", "more", (odd[0],))]
        scores = ClassScores(odd, np.array([[0.1, 0.9], [0.8, 0.2]], dtype=np.float32))
        judgement = judge(question, examples, scores, basis="held-out")
        figures = judgement.figures.as_dict()
        run = replace(project.store.runs("topic")[0], question="odd", labels=odd, figures=figures)
        for id in ("odd-1", "odd-2"):
            publish_run(project, replace(run, id=id), WeightlessModel(), judgement)  # type: ignore[arg-type]
        project.store.record([Annotation("odd", "ticket-0", "odd", "ana", (odd[0],))])
        issue = LabelIssue("ticket-0", "out-of-fold", 0.04, (odd[0],), (), (odd[1],))
        write_issues(project, FoundIssues("odd-2", "odd", 0, now(), {"out-of-fold": 4}, (issue,)))
    for part in ("errors", "labels", "issues", "slices", "compare", "curve"):
        page = open_review(question="odd", part=part, run="odd-2", label=odd[0])
        assert not page.error
        assert "<img" not in html_of(page)
        for button in page.button:
            assert "<img" not in button.label.replace("\\<", "")
            assert ":red[" not in button.label
            assert "](http" not in button.label
