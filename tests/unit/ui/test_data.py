"""The page Data and the form of a new project, tab by tab, without a browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.ui.pages import html_of, open_view
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Batch, Proposal
from workbench.domain.settings import QuestionSettings
from workbench.errors import InputError
from workbench.store.control import ControlPart
from workbench.store.jobs import Jobs
from workbench.store.live_troubles import LiveTroubles
from workbench.ui.data import importing
from workbench.ui.launch import MAIN
from workbench.usecases.analyse_data import analyse_data
from workbench.usecases.ask_for_work import ask_for, jobs_of, take_up
from workbench.usecases.change_labels import change_labels
from workbench.usecases.import_upload import UPLOADS, keep_upload
from workbench.usecases.project import open_project, project_names
from workbench.usecases.set_question import question_settings, set_question
from workbench.worker.loop import run_worker

pytestmark = pytest.mark.slow

GOOD = b"text,topic\nWhere is my parcel?,delivery\nThe invoice is wrong.,billing\n"
BAD_LINE = b"text,topic\nWhere is my parcel?,delivery\nonly one cell\nThe invoice is wrong.,billing\n"


def open_tab(tab: str, **chosen: str) -> AppTest:
    return open_view("data", **{"project": "tickets", "question": "topic", "tab": tab, **chosen})


def errors_of(page: AppTest) -> str:
    assert not page.exception
    return " ".join(error.value for error in page.error).replace("\\", "")


def said_by(page: AppTest) -> str:
    shown = [*page.markdown, *page.success, *page.warning, *page.info]
    return " ".join(element.value for element in shown).replace("\\", "")


def n_documents(home: Home) -> int:
    with open_project(home, "tickets") as project:
        return project.store.n_documents()


# New project


def open_form() -> AppTest:
    page = AppTest.from_file(str(MAIN), default_timeout=60).run()
    return page.button(key="new project").click().run()


def test_a_project_with_two_questions_is_made_from_what_is_typed(home: Home) -> None:
    page = open_form()
    page.text_input(key="name of new project").set_value("mails")
    page.number_input(key="questions of new project").set_value(2).run()
    page.text_input(key="new question 0 name").set_value("topic")
    page.text_area(key="new question 0 labels").set_value("billing\n\n  delivery \n")
    page.number_input(key="new question 0 overlap").set_value(2).run()
    page.slider(key="new question 0 share").set_value(20)
    page.text_input(key="new question 1 name").set_value("people")
    page.selectbox(key="new question 1 kind").set_value("ner")
    assert page.slider(key="control share of new project").value == 10
    page.slider(key="control share of new project").set_value(25)
    page.button(key="create project").click().run()
    assert not page.exception
    with open_project(home, "mails") as project:
        topic, people = project.store.questions()
        assert ControlPart(project.store.database).share() == 0.25
    assert (topic.labels, topic.overlap, topic.overlap_share) == (("billing", "delivery"), 2, 0.2)
    assert (people.name, people.kind, people.labels) == ("people", "ner", ())


def test_wrong_names_and_labels_are_said_at_their_fields_and_nothing_is_made(home: Home) -> None:
    page = open_form()
    page.text_input(key="name of new project").set_value("../etc")
    page.text_input(key="new question 0 name").set_value("Big Topic")
    page.button(key="create project").click().run()
    assert "'../etc' cannot be the name of a project" in errors_of(page)
    assert "'Big Topic' cannot be the name of a question" in errors_of(page)
    page.text_input(key="name of new project").set_value("mails")
    page.text_input(key="new question 0 name").set_value("topic")
    page.text_area(key="new question 0 labels").set_value("a\na")
    page.button(key="create project").click().run()
    assert "has a label twice" in errors_of(page)
    assert project_names(home) == []


def test_a_name_that_is_taken_is_refused(tickets: Home) -> None:
    page = open_form()
    page.text_input(key="name of new project").set_value("tickets")
    page.text_input(key="new question 0 name").set_value("topic")
    page.button(key="create project").click().run()
    assert "already a project 'tickets'" in errors_of(page)


# Questions and labels


def test_a_question_is_added_to_a_project_that_is_there(tickets: Home) -> None:
    page = open_tab("questions")
    page.text_input(key="more tickets name").set_value("urgency")
    page.text_area(key="more tickets labels").set_value("high\nlow")
    page.button(key="add question tickets").click().run()
    assert errors_of(page) == ""
    with open_project(tickets, "tickets") as project:
        assert project.store.question("urgency").labels == ("high", "low")
    assert 'name = "urgency"' in (tickets.project("tickets") / "project.toml").read_text()


def test_why_a_question_is_not_ranked_live_is_said_where_that_is_switched(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        document = project.store.documents()[0]
        project.store.save_batch(Batch("b", "topic", "auto", 0, (Proposal(document.id, 0.5, "because"),)))
        LiveTroubles(project.folder).note("topic", "The disk is *full*.")
        since = LiveTroubles(project.folder).all()["topic"].since
    page = open_tab("questions")
    assert [warning.value.replace("\\", "") for warning in page.warning] == [
        f"Not ranked live since {since[11:16]} UTC: The disk is *full*."
    ]
    with open_project(tickets, "tickets") as project:
        LiveTroubles(project.folder).clear("topic")
    assert not open_tab("questions").warning


def test_guidelines_colour_and_key_are_kept(tickets: Home) -> None:
    page = open_tab("questions")
    page.text_area(key="guidelines tickets topic").set_value("# Look twice")
    page.checkbox(key="suggests tickets topic").uncheck()
    save_form(page, "guidelines")
    page.checkbox(key="own colour tickets topic delivery").check().run()
    page.color_picker(key="colour tickets topic delivery").set_value("#AA0000")
    page.selectbox(key="key tickets topic delivery").set_value("d")
    page.button(key="save look tickets topic delivery").click().run()
    assert errors_of(page) == ""
    with open_project(tickets, "tickets") as project:
        settings = question_settings(project, "topic")
    assert (settings.guidelines, settings.suggests) == ("# Look twice", False)
    assert (settings.colours, settings.keys) == ({"delivery": "#aa0000"}, {"delivery": "d"})
    assert "background:#aa0000" in html_of(page)


def test_what_happens_while_people_answer_is_kept_beside_the_guidelines(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        set_question(project, "topic", QuestionSettings(guidelines="# Look twice"))
    page = open_tab("questions")
    page.selectbox(key="live tickets topic").set_value(True)
    page.number_input(key="every tickets topic").set_value(3)
    page.selectbox(key="meanwhile tickets topic").set_value("")
    save_form(page, "while answering")
    assert errors_of(page) == ""
    with open_project(tickets, "tickets") as project:
        settings = question_settings(project, "topic")
    assert (settings.live, settings.live_every, settings.meanwhile) == (True, 3, "")
    assert settings.guidelines == "# Look twice"


def save_form(page: AppTest, name: str) -> None:
    """Press Save in the form whose name begins so."""
    next(button for button in page.button if button.form_id.startswith(name)).click().run()


def test_a_key_of_another_label_is_refused(tickets: Home) -> None:
    page = open_tab("questions")
    for label in ("delivery", "billing"):
        page.selectbox(key="look of topic").set_value(label).run()
        page.selectbox(key=f"key tickets topic {label}").set_value("d")
        page.button(key=f"save look tickets topic {label}").click().run()
    assert "Two labels have the same key" in errors_of(page)


def test_a_split_says_what_returns_to_the_queue_and_wants_to_be_confirmed(tickets: Home) -> None:
    page = open_tab("questions")
    page.segmented_control(key="action tickets topic").set_value("split").run()
    page.selectbox(key="before split tickets topic").set_value("delivery").run()
    page.text_area(key="after split tickets topic").set_value("late\nlost").run()
    assert "1 answers fall: 1 documents return to the queue. 4 labels after it" in said_by(page)
    assert page.button(key="apply split tickets topic").disabled
    page.checkbox(key="sure split tickets topic").check().run()
    page.button(key="apply split tickets topic").click().run()
    assert errors_of(page) == ""
    with open_project(tickets, "tickets") as project:
        assert project.store.question("topic").labels == ("late", "lost", "billing", "fault")
        assert project.store.requeued_ids("topic") == ["ticket-0"]


def test_a_rename_keeps_the_answers_and_one_to_a_known_label_is_refused(tickets: Home) -> None:
    page = open_tab("questions")
    page.segmented_control(key="action tickets topic").set_value("rename").run()
    page.selectbox(key="before rename tickets topic").set_value("delivery").run()
    page.text_input(key="after rename tickets topic").set_value("fault").run()
    assert "would make a label twice" in errors_of(page)
    page.text_input(key="after rename tickets topic").set_value("shipping").run()
    assert "1 answers follow. 3 labels after it" in said_by(page)
    page.button(key="apply rename tickets topic").click().run()
    with open_project(tickets, "tickets") as project:
        assert [a.labels for a in project.store.current("topic") if a.counts] == [("shipping",)]


# Import


def upload(page: AppTest, name: str, content: bytes, mime: str = "text/csv") -> AppTest:
    return page.file_uploader[0].set_value((name, content, mime)).run()


def import_button(page: AppTest) -> Any:
    return next(button for button in page.button if str(button.key).startswith("import "))


def test_a_file_is_shown_first_and_stored_only_when_that_is_asked_for(tickets: Home) -> None:
    page = upload(open_tab("import"), "mails.csv", GOOD)
    assert errors_of(page) == ""
    assert "read as csv: 2 rows kept, 0 adjusted, 0 rejected" in said_by(page)
    assert "2 new, 0 known already, 2 answers" in said_by(page)
    assert "Where is my parcel?" in html_of(page)
    assert n_documents(tickets) == 5
    import_button(page).click().run()
    assert errors_of(page) == ""
    assert "2 new documents, 0 known ones; 2 new answers" in said_by(page)
    assert n_documents(tickets) == 7


def test_the_same_file_again_is_known_under_its_own_name(tickets: Home) -> None:
    import_button(upload(open_tab("import"), "mails.csv", GOOD)).click().run()
    page = upload(open_tab("import"), "mails.csv", GOOD)
    assert "0 new, 2 known already" in said_by(page)
    import_button(page).click().run()
    assert "0 new documents, 2 known ones; 0 new answers, 2 known ones" in said_by(page)
    with open_project(tickets, "tickets") as project:
        assert project.store.document_ids()[-2:] == ["mails-1", "mails-2"]


def test_a_bad_line_is_named_and_left_out_only_when_that_is_wanted(tickets: Home) -> None:
    page = upload(open_tab("import"), "mails.csv", BAD_LINE)
    assert "1 record cannot be taken" in errors_of(page)
    assert "--" not in errors_of(page)  # options are for the command line
    assert page.dataframe[0].value["where"].tolist() == ["line 3"]
    assert not [button for button in page.button if str(button.key).startswith("import ")]
    page.checkbox[0].check().run()
    assert errors_of(page) == ""
    assert "2 rows kept, 0 adjusted, 1 rejected" in said_by(page)
    import_button(page).click().run()
    assert n_documents(tickets) == 7


def test_unknown_labels_are_named_and_nothing_is_stored(tickets: Home) -> None:
    page = upload(open_tab("import"), "mails.csv", b"text,topic\nHello,greeting\n")
    labels, reasons = (table.value for table in page.dataframe)
    assert "greeting" in " ".join(reasons["reason"])
    assert labels.values.tolist() == [["greeting", 1, "was never declared: records with it cannot be taken"]]
    assert "Add such labels on the tab Questions & labels first" in errors_of(page)
    assert "workbench labels" not in errors_of(page)
    assert n_documents(tickets) == 5


def test_a_former_label_stands_in_the_preview_beside_the_label_that_it_became(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        change_labels(project, "topic", [LabelChange("merge", ("delivery", "fault"), ("goods",))])
    page = upload(open_tab("import"), "mails.csv", b"text,topic\nHello,fault\nHi,fault\n")
    assert page.dataframe[0].value.values.tolist() == [["fault", 2, "was merged into 'goods'", "goods"]]


def test_what_is_left_without_bad_records_is_not_offered_when_the_project_would_refuse_it(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LARGE_BYTES", 10)
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: False)
    monkeypatch.setattr("workbench.ui.jobs.keep_working", lambda project: None)
    content = b"id,text,topic\nticket-0,Another text.,delivery\nonly one cell\n"
    page = upload(open_tab("import"), "mails.csv", content)
    page.button(key="look into large file").click().run()
    run_worker(tickets.project("tickets"), once=True)
    page.run()
    assert "Nor without the bad records: ticket-0" in errors_of(page)
    assert "without bad 1" not in [button.key for button in page.button]


def test_the_name_of_an_upload_is_never_a_path_and_its_content_decides(tickets: Home) -> None:
    content = b'{"id": "a", "text": "<b>bold</b> claim", "label": "fault"}\n'
    page = upload(open_tab("import"), "../../<img src=x>.exe", content, "application/octet-stream")
    assert errors_of(page) == ""
    assert "read as jsonl" in said_by(page)
    assert "&lt;b&gt;bold&lt;/b&gt;" in html_of(page)
    import_button(page).click().run()
    assert n_documents(tickets) == 6
    assert not list(tickets.root.rglob("*.exe"))
    assert not list((tickets.project("tickets") / UPLOADS).glob("*"))


def test_what_is_no_text_is_refused(tickets: Home) -> None:
    page = upload(open_tab("import"), "mails.csv", b"PK\x03\x04" + bytes(100))
    assert "a zip archive" in errors_of(page)
    assert "/tmp" not in errors_of(page)


def test_held_out_documents_whose_text_the_pool_has_are_counted_as_twins(tickets: Home) -> None:
    page = open_tab("import")
    page.radio[0].set_value("held-out").run()
    page = upload(page, "gold.csv", b"text,topic\nMy parcel is late.,delivery\n")
    import_button(page).click().run()
    assert "1 texts of the pool are held out or control too" in said_by(page)


def test_a_large_file_is_looked_through_and_imported_by_the_worker(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LARGE_BYTES", 10)
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: False)
    monkeypatch.setattr("workbench.ui.jobs.keep_working", lambda project: None)
    folder = tickets.project("tickets")
    page = upload(open_tab("import"), "mails.csv", BAD_LINE)
    page.button(key="look into large file").click().run()
    assert len(list((folder / UPLOADS).glob("*"))) == 1
    run_worker(folder, once=True)
    page.run()
    assert errors_of(page).startswith("Not like this: 1 record cannot")
    assert n_documents(tickets) == 5
    page.button(key="without bad 1").click().run()
    run_worker(folder, once=True)
    page.run()
    assert "2 new documents" in said_by(page)
    assert n_documents(tickets) == 7
    assert not list((folder / UPLOADS).glob("*"))
    with open_project(tickets, "tickets") as project:
        assert [job.verb for job in jobs_of(project)] == ["import", "preview"]


ALL_BAD = b"text,topic\n" + b"".join(b"only one cell %d\n" % n for n in range(30))


def test_a_file_whose_every_record_is_bad_is_not_offered_without_them_and_says_why_in_one_line(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LARGE_BYTES", 10)
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: False)
    monkeypatch.setattr("workbench.ui.jobs.keep_working", lambda project: None)
    page = upload(open_tab("import"), "mails.csv", ALL_BAD)
    page.button(key="look into large file").click().run()
    run_worker(tickets.project("tickets"), once=True)
    page.run()
    assert "Not like this" in errors_of(page)
    assert "<b>30</b> ×" in html_of(page)
    assert "line 2, line 3" in html_of(page)
    assert "without bad 1" not in [button.key for button in page.button]


def test_an_import_that_was_refused_cannot_be_resumed_and_one_that_was_interrupted_can(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.ui.jobs.keep_working", lambda project: None)
    folder = tickets.project("tickets")
    with open_project(tickets, "tickets") as project:
        asked = {"upload_id": keep_upload(project, ALL_BAD), "name": "mails.csv", "format": "csv"}
        refused = ask_for(project, "import", asked)
        run_worker(folder, once=True)
        asked = {"upload_id": keep_upload(project, GOOD), "name": "mails.csv", "format": "csv"}
        stopped = ask_for(project, "import", asked)
        jobs = Jobs(project.store)
        jobs.stop(jobs.claim("w"), "interrupted", "its worker is gone")
        with pytest.raises(InputError, match="its file is gone"):
            take_up(project, refused.id)
    page = open_tab("import", **{importing.JOB: str(refused.id)})
    assert f"resume {refused.id}" not in [button.key for button in page.button]
    assert "upload it again" in errors_of(page)
    page = open_tab("import", **{importing.JOB: str(stopped.id)})
    assert f"resume {stopped.id}" in [button.key for button in page.button]


# Documents


def test_documents_are_found_by_text_status_and_label_and_show_their_history(tickets: Home) -> None:
    page = open_tab("documents")
    assert page.dataframe[0].value["id"].tolist() == [
        "ticket-0",
        "ticket-1",
        "ticket-2",
        "ticket-3",
        "held-1",
    ]
    page.text_input(key="find-text").set_value("PARCEL").run()
    assert page.dataframe[0].value["id"].tolist() == ["ticket-0"]
    page.text_input(key="find-text").set_value("").run()
    page.selectbox(key="find-status").set_value("skipped").run()
    assert page.dataframe[0].value["id"].tolist() == ["ticket-1"]
    page = open_tab("documents", document="ticket-0")
    assert "<b>ben</b>" in html_of(page)
    assert "<b>delivery</b>" in html_of(page)


def test_only_a_page_of_documents_is_shown(tickets: Home) -> None:
    documents = [LabelledDocument(Document(f"more-{n}", f"Text {n}")) for n in range(120)]
    imported = Imported((), tuple(documents), ConversionReport(kept=120))
    with open_project(tickets, "tickets") as project:
        project.store.import_documents(imported, file_name="g", file_sha256="1" * 64, format="csv")
    page = open_tab("documents")
    assert len(page.dataframe[0].value) == 50
    page.button(key="turn Next").click().run()
    page.button(key="turn Next").click().run()
    assert page.dataframe[0].value["id"].tolist()[-1] == "more-119"
    assert page.button(key="turn Next").disabled


# Analysis


def test_an_analysis_is_asked_for_shown_and_out_of_date_once_answers_come(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: False)
    page = open_tab("analysis")
    page.button(key="analyse").click().run()
    with open_project(tickets, "tickets") as project:
        assert [(job.verb, dict(job.arguments)) for job in jobs_of(project)] == [
            ("analyse", {"question": "topic"})
        ]
        copy = LabelledDocument(Document("copy", "<b>Smoke</b> comes out of it. 🔥"))
        imported = Imported((), (copy,), ConversionReport(kept=1))
        project.store.import_documents(imported, file_name="g", file_sha256="1" * 64, format="csv")
        analyse_data(project, "topic")
    page = open_tab("analysis")
    assert errors_of(page) == ""
    assert 'data-finding="duplicate"' in html_of(page)
    assert "&lt;b&gt;Smoke&lt;/b&gt;" in html_of(page)
    assert "out of date" not in said_by(page)
    with open_project(tickets, "tickets") as project:
        project.store.record([Annotation("three", "ticket-2", "topic", "ben", ("fault",))])
    assert "out of date" in said_by(open_tab("analysis"))


def test_what_is_new_in_a_near_duplicate_is_marked(tickets: Home) -> None:
    near = LabelledDocument(Document("near", "My parcel is late, <i>please</i>."))
    other = LabelledDocument(Document("other", "My parcel is late, <i>again</i>."))
    imported = Imported((), (near, other), ConversionReport(kept=2))
    with open_project(tickets, "tickets") as project:
        project.store.import_documents(imported, file_name="g", file_sha256="1" * 64, format="csv")
        analyse_data(project, "topic")
    page = open_tab("analysis")
    assert 'data-finding="near-duplicate"' in html_of(page)
    assert '<span class="m said wrong d0">again</span>' in html_of(page)
    assert "&lt;i&gt;" in html_of(page)


# Download


def test_a_download_says_what_it_holds_before_it_is_linked(tickets: Home) -> None:
    page = open_tab("download")
    page.selectbox(key="download format").set_value("csv").run()
    page.button(key="prepare download").click().run()
    assert "tickets-topic.csv" in said_by(page)
    assert "1 document kept, 0 adjusted, 0 rejected" in said_by(page)
    (link,) = [element for element in page.main if element.type == "link_button"]
    assert link.proto.url == "/download/tickets/data/topic?format=csv&rule=gold-first"


def test_a_download_of_nothing_is_an_error_in_words(tickets: Home) -> None:
    page = open_tab("download", question="entities")
    page.button(key="prepare download").click().run()
    assert "Nobody has answered 'entities' yet" in errors_of(page)


# Rights


def test_annotators_see_no_data_and_cannot_make_a_project(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.ui import visitors
    from workbench.ui.views import data

    visitor = visitors.Visitor("ana", "annotator")
    monkeypatch.setattr(data, "current_visitor", lambda: visitor)
    monkeypatch.setattr(visitors, "current_visitor", lambda: visitor)
    page = open_tab("questions")
    assert "for those who lead" in page.info[0].value
    assert not page.button
    assert not [b for b in AppTest.from_file(str(MAIN), default_timeout=60).run().button if b.key]


def test_no_tab_loads_what_belongs_to_the_worker(tickets: Home) -> None:
    from workbench.ui.views.data import TABS

    heavy = (
        "sklearn",
        "torch",
        "transformers",
        "scipy",
        "spacy",
        "onnxruntime",
        "cleanlab",
        "datasketch",
        "py3langid",
    )
    program = f"""
import sys
from streamlit.testing.v1 import AppTest
for tab in {tuple(TABS)!r}:
    page = AppTest.from_string("from workbench.ui.views import data; data.show()", default_timeout=60)
    page.query_params["question"] = "topic"
    page.query_params["tab"] = tab
    assert not page.run().exception, page.exception
print(sorted(name for name in {heavy!r} if name in sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=180)
    assert ended.stdout.strip() == "[]", ended.stderr


def test_the_empty_start_leads_to_the_form(home: Home, tmp_path: Path) -> None:
    assert [field.label for field in open_form().text_input] == ["Name of the project", "Name of question 1"]


def test_a_link_to_a_tab_that_is_not_there_says_so(tickets: Home) -> None:
    page = open_tab("zz")
    assert "a tab that cannot be chosen here: zz" in page.warning[0].value
    assert page.segmented_control(key="tab of data").value == "documents"


def test_a_file_that_may_answer_two_questions_is_shown_and_the_question_is_asked_for(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.add_question(Question("second", "textcat", ("good", "bad")))
    page = upload(open_tab("import"), "mails.csv", b"text,topic\nHello there,greeting\n")
    assert errors_of(page) == ""
    assert "Which question do its answers belong to: topic, second?" in page.info[0].value
    assert "Hello there" in html_of(page)
    assert not [button for button in page.button if str(button.key).startswith("import ")]
    page = upload(open_tab("import"), "mails.csv", b"text,topic\nHello there,good\n")
    assert not page.info
    assert "Its answers are for **second**" in said_by(page)


def test_every_record_with_an_unknown_label_is_named(tickets: Home) -> None:
    rows = b"".join(b"Hello %d,greeting\n" % n for n in range(30))
    page = upload(open_tab("import"), "mails.csv", b"text,topic\n" + rows)
    assert "30 records cannot be taken" in errors_of(page)
    assert page.dataframe[1].value["where"].tolist() == [f"line {n}" for n in range(2, 32)]
    assert "The first documents" not in [heading.value for heading in page.subheader]
