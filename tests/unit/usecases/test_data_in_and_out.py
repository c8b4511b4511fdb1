"""Files into a project and out of it: what is refused, and what the reports say."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.cli.data import print_import
from workbench.config import Home
from workbench.domain.conversion import ReadOptions
from workbench.errors import InputError, MachineError, SourceError
from workbench.usecases.change_labels import change_labels, parse_change
from workbench.usecases.export_data import export_data
from workbench.usecases.import_documents import ImportResult, import_documents
from workbench.usecases.project import Project, create_project, open_project, parse_question


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    create_project(Home(tmp_path), "p", [parse_question("topic:textcat")])
    with open_project(Home(tmp_path), "p") as opened:
        yield opened


def bring(project: Project, path: Path, content: str, *, skip_bad: bool = False) -> ImportResult:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    return import_documents(project, path, options=ReadOptions(skip_bad=skip_bad))


def test_two_files_of_one_name_without_ids_are_refused_with_the_ways_out(
    project: Project, tmp_path: Path
) -> None:
    bring(project, tmp_path / "monday" / "in.csv", "text,topic\none,a\n")
    with pytest.raises(SourceError, match="in-1: The project has this id with a different text") as caught:
        bring(project, tmp_path / "tuesday" / "in.csv", "text,topic\ntwo,a\n")
    assert "its name and the numbers of its rows" in caught.value.hint
    assert "--id-column" in caught.value.hint


def test_an_id_of_the_file_itself_is_not_said_to_be_made(project: Project, tmp_path: Path) -> None:
    bring(project, tmp_path / "in.csv", "id,text,topic\nx,one,a\n")
    with pytest.raises(SourceError, match="different text") as caught:
        bring(project, tmp_path / "in.csv", "id,text,topic\nx,two,a\n")
    assert caught.value.hint == "Nothing was imported."


@pytest.mark.parametrize("skip_bad", [False, True])
def test_a_file_of_which_no_record_can_be_taken_is_refused_with_the_reasons(
    project: Project, tmp_path: Path, *, skip_bad: bool
) -> None:
    content = "text,topic\n ,a\n\t,a\n" + ("one,a,b\n" if skip_bad else "")
    with pytest.raises(SourceError, match=r"line 2, record in-1: The text is empty") as caught:
        bring(project, tmp_path / "in.csv", content, skip_bad=skip_bad)
    assert caught.value.exit_code == 2
    assert "none of the rows" in caught.value.hint
    (table,) = (project.folder / "data" / "rejects").iterdir()
    assert str(table) in caught.value.hint
    assert project.store.n_documents() == 0


def test_every_record_that_was_left_out_stands_in_a_table_whose_place_is_printed(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = "text,topic\n" + "one,a\n" + "two,a,b\n" * 300
    path = tmp_path / ("in-" + "é" * 120 + ".csv")
    for _ in range(2):
        result = bring(project, path, content, skip_bad=True)
    print_import(path, result)
    assert result.rejects is not None
    assert str(result.rejects) in capsys.readouterr().out
    assert list(result.rejects.parent.iterdir()) == [result.rejects]
    assert result.rejects.parent == project.folder / "data" / "rejects"
    with result.rejects.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    report = result.report
    assert len(rows) == report.rejected == report.total - 1 == 300
    assert (rows[0]["file"], rows[0]["line"], rows[-1]["line"]) == (path.name, "3", "302")
    assert all("cells" in row["reason"] for row in rows)


def test_a_file_of_which_nothing_was_left_out_leaves_no_table(project: Project, tmp_path: Path) -> None:
    assert bring(project, tmp_path / "in.csv", "text,topic\none,a\n", skip_bad=True).rejects is None
    assert not (project.folder / "data" / "rejects").exists()


def test_a_file_whose_name_is_not_utf_8_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rename it"):
        bring(project, tmp_path / "in\udcff.csv", "text,topic\none,a\n")


def test_a_table_that_cannot_be_written_stops_the_import_before_anything_is_stored(
    project: Project, tmp_path: Path
) -> None:
    (project.folder / "data").mkdir(exist_ok=True)
    (project.folder / "data" / "rejects").write_text("in the way")
    with pytest.raises(MachineError, match="Nothing was imported"):
        bring(project, tmp_path / "in.csv", "text,topic\none,a\ntwo,a,b\n", skip_bad=True)
    assert project.store.n_documents() == 0


def test_what_a_file_says_is_no_formula_in_the_table(project: Project, tmp_path: Path) -> None:
    result = bring(project, tmp_path / "=evil.csv", "id,text,topic\n1,one,a\n=1+1,,a\n", skip_bad=True)
    assert result.rejects is not None
    with result.rejects.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["record"]) == ("'=evil.csv", "'=1+1")


CONFIG = """<View><Text name="text" value="$text"/>
<Choices name="mood" toName="text"><Choice value="x"/></Choices>
<Choices name="topic" toName="text"><Choice value="a"/></Choices></View>"""


def choice(control: str, label: str) -> dict[str, object]:
    region = {"id": control, "from_name": control, "to_name": "text", "type": "choices"}
    return {**region, "value": {"choices": [label]}}


@pytest.mark.parametrize("questions", [["mood:textcat", "topic:textcat"], ["topic:textcat"]])
def test_drafts_and_answers_to_other_questions_go_back_to_label_studio(
    tmp_path: Path, questions: list[str]
) -> None:
    answered = {"id": 9, "completed_by": 1, "result": [choice("mood", "x")]}
    draft = {"id": 1, "user": "ana", "result": [choice("topic", "a")]}
    tasks = [
        {"id": 1, "data": {"text": "one"}, "annotations": [answered], "drafts": [draft]},
        {"id": 2, "data": {"text": "two"}, "annotations": [{**answered, "id": 10}]},
    ]
    (tmp_path / "label_config.xml").write_text(CONFIG)
    (tmp_path / "in.json").write_text(json.dumps(tasks))
    create_project(Home(tmp_path), "q", [parse_question(question) for question in questions])
    with open_project(Home(tmp_path), "q") as project:
        only = "topic" if len(questions) == 1 else ""
        import_documents(project, tmp_path / "in.json", options=ReadOptions(question=only))
        export_data(project, "topic", tmp_path / "out.json", format_name="label-studio")
    assert json.loads((tmp_path / "out.json").read_text()) == tasks


@pytest.mark.parametrize("format_name", ["csv", "jsonl", "label-studio"])
def test_an_export_counts_the_documents_that_it_leaves_out(
    project: Project, tmp_path: Path, format_name: str
) -> None:
    bring(project, tmp_path / "in.csv", "text,topic\none,a\ntwo,\nthree,\n")
    report = export_data(project, "topic", tmp_path / "out", format_name=format_name)
    assert report.kept == 1
    assert report.warnings["documents without an answer left out"] == 2


@pytest.mark.parametrize("name", ["more.csv", "more.jsonl"])
def test_labels_that_are_not_declared_are_refused_with_the_command_that_declares_them(
    project: Project, tmp_path: Path, name: str
) -> None:
    bring(project, tmp_path / "in.csv", "text,topic\none,a\n")
    csv = "text,topic\ntwo,so so\nthree,so so\n"
    content = csv if name.endswith("csv") else '{"text": "two", "label": "so so"}\n' * 2
    with pytest.raises(SourceError, match=r"not declared: 'so so' \(2\)") as caught:
        bring(project, tmp_path / name, content)
    assert "`workbench labels p --question topic --add 'so so'`" in caught.value.hint
    change_labels(project, "topic", [parse_change("add", "so so")])
    bring(project, tmp_path / name, content)


def test_a_former_label_is_refused_with_what_became_of_it(project: Project, tmp_path: Path) -> None:
    bring(project, tmp_path / "in.csv", "text,topic\none,x\ntwo,y\nthree,z\nfour,w\n")
    changes = [("rename", "x=X"), ("merge", "y,z=yz"), ("retire", "w")]
    change_labels(project, "topic", [parse_change(*change) for change in changes])
    with pytest.raises(SourceError, match="not declared") as caught:
        bring(project, tmp_path / "old.csv", "text,topic\nfive,x\nsix,y\nseven,w\n")
    hint = caught.value.hint
    assert (
        "'w' was retired; 'x' was renamed to 'X'; 'y' was merged into 'yz': write the labels of today" in hint
    )
    assert "--add" not in hint


def test_a_format_that_cannot_hold_the_answers_is_refused_with_those_that_can(
    project: Project, tmp_path: Path
) -> None:
    bring(project, tmp_path / "in.csv", "text,topic\none,a\n")
    with pytest.raises(SourceError, match="the format iob2 holds answers to ner questions only") as caught:
        export_data(project, "topic", tmp_path / "out", format_name="iob2")
    assert "csv, jsonl, docbin, label-studio" in caught.value.hint


def test_a_list_of_records_in_a_json_file_is_pointed_to_json_lines(project: Project, tmp_path: Path) -> None:
    for config in ("", '<View><Text name="t" value="$text"/><Choices name="topic" toName="t"/></View>'):
        if config:
            (tmp_path / "label_config.xml").write_text(config)
        with pytest.raises(SourceError) as caught:
            bring(project, tmp_path / "in.json", '[{"text": "one", "label": "a"}]')
        assert "--format jsonl" in str(caught.value)


@pytest.mark.parametrize(
    ("record", "column", "question"),
    [
        ('{"text": "Ann ran", "spans": [[0, 3, "A"]], "entities": [[4, 7, "B"]]}', "entities", "names"),
        ('{"text": "Ann ran", "tags": ["x", "y"]}', "tags", "moods"),
        ('{"text": "Ann ran", "tag": "x"}', "tag", "topic"),
    ],
)
def test_the_named_key_of_json_lines_says_which_question_is_answered(
    tmp_path: Path, record: str, column: str, question: str
) -> None:
    asked = [parse_question(text) for text in ("names:ner", "topic:textcat", "moods:textcat-multi")]
    create_project(Home(tmp_path), "q", asked)
    (tmp_path / "in.jsonl").write_text(record + "\n")
    with open_project(Home(tmp_path), "q") as project:
        import_documents(project, tmp_path / "in.jsonl", options=ReadOptions(label_column=column))
        assert [a.question for a in project.store.annotations()] == [question]
