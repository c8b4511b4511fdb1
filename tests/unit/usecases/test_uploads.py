"""Uploads: named by their user, recognised by content, and gone in the end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from workbench.config import LIMITS, Home
from workbench.domain.conversion import ReadOptions
from workbench.domain.questions import LabelChange, Question
from workbench.errors import InputError, SourceError
from workbench.usecases.change_labels import change_labels
from workbench.usecases.import_documents import import_documents
from workbench.usecases.import_upload import (
    UPLOADS,
    Upload,
    drop_upload,
    import_upload,
    keep_upload,
    lying,
    plain_name,
    preview_upload,
    run_job,
    upload_path,
)
from workbench.usecases.preview_import import Preview, as_json, from_json
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.sniff_format import sniff_content

SAMPLE = Path(__file__).parents[3] / "projects" / "support-tickets"
CSV = b"text,topic\nWhere is it?,delivery\nonly one\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    create_project(Home(tmp_path), "p", [Question("topic", "textcat", ("delivery", "billing"))])
    with open_project(Home(tmp_path), "p") as opened:
        yield opened


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b"text,topic\na,b\n", "csv"),
        (b"text\nHello there\n", "csv"),
        (b'{"text": "a"}\n{"text": "b"}\n', "jsonl"),
        (b'[{"text": "a"}]', "jsonl"),
        (b'[{"id": 1, "data": {"text": "a"}, "annotations": []}]', "label-studio"),
        (b"Ana B-PER\nsmiles O\n\nBen B-PER\n", "iob2"),
        (b"# id = a\nAna\tS-PER\nsmiles\tO\n", "iob2"),
        (b"-DOCSTART- -X- O O\n\nAna NNP B-NP B-PER\nsmiles VBZ B-VP O\n", "conll2003"),
        (b"\x78\x9c\x00\x01", "docbin"),
        (b"[draft] text,topic\nx,y\n", "csv"),
    ],
)
def test_a_format_is_recognised_by_content(tmp_path: Path, content: bytes, format: str) -> None:
    path = tmp_path / "lies.exe"
    path.write_bytes(content)
    assert sniff_content(path) == format


def test_every_file_of_the_sample_is_recognised() -> None:
    from workbench.usecases.import_documents import FORMAT_OF_SUFFIX

    files = [f for f in SAMPLE.rglob("*") if f.suffix in FORMAT_OF_SUFFIX and f.parent.name != "guidelines"]
    assert len(files) > 4
    for file in files:
        assert sniff_content(file) == FORMAT_OF_SUFFIX[file.suffix], file


def test_names_lose_their_folders_and_what_cannot_be_seen() -> None:
    assert plain_name("../../secret\n.csv") == "secret.csv"
    assert plain_name("..\\..\\a.csv") == "a.csv"
    assert plain_name("\u202egpj.csv") == "gpj.csv"
    assert plain_name("..") == "upload"


def test_a_preview_stores_nothing_and_leaves_no_file(project: Project) -> None:
    with lying(CSV) as path:
        found = preview_upload(project, path, Upload("mails.csv"))
    assert not path.exists()
    assert project.store.n_documents() == 0
    assert (found.n_documents, found.n_known, found.n_answers) == (1, 0, 1)
    assert [problem.line for problem in found.problems] == [3]
    assert "'Leave bad records out' imports the others" in found.refusal
    assert from_json(as_json(found)) == found


def looked_into(project: Project, content: bytes, *, skip_bad: bool = False) -> Preview:
    """Return the preview of a table; it is the same one after a way through JSON."""
    with lying(content) as path:
        found = preview_upload(project, path, Upload("mails.csv", skip_bad=skip_bad))
    assert from_json(as_json(found)) == found
    return found


@pytest.mark.parametrize("skip_bad", [False, True])
def test_a_preview_counts_each_label_that_is_not_declared_and_says_what_it_became(
    project: Project, skip_bad: bool
) -> None:
    changes = [
        LabelChange("rename", ("billing",), ("money",)),
        LabelChange("add", (), ("refund", "old", "wide")),
        LabelChange("merge", ("money", "refund"), ("payment",)),
        LabelChange("retire", ("old",), ()),
        LabelChange("split", ("wide",), ("a", "b")),
    ]
    change_labels(project, "topic", changes)
    labels = ["billing", "new", "billing", "refund", "old", "wide", "new", "new", "delivery"]
    content = "text,topic\n" + "".join(f"text {n},{label}\n" for n, label in enumerate(labels))
    found = looked_into(project, content.encode(), skip_bad=skip_bad)
    assert [(label.label, label.n, label.today, label.fate) for label in found.undeclared] == [
        ("new", 3, "", "was never declared: records with it cannot be taken"),
        ("billing", 2, "payment", "was renamed to 'payment'"),
        ("old", 1, "", "was retired"),
        ("refund", 1, "payment", "was merged into 'payment'"),
        ("wide", 1, "", "was split into 'a', 'b'"),
    ]
    assert (found.n_documents, bool(found.refusal)) == (1, not skip_bad)


def test_a_preview_names_the_labels_that_a_question_without_labels_takes(tmp_path: Path) -> None:
    create_project(Home(tmp_path), "p", [Question("topic", "textcat")])
    with open_project(Home(tmp_path), "p") as project:
        found = looked_into(project, b"text,topic\nWhere?,delivery\nWhen?,delivery\n")
    assert [(label.label, label.n, label.fate) for label in found.undeclared] == [
        ("delivery", 2, "becomes a label of the question")
    ]
    assert found.refusal == ""


def test_a_file_that_contradicts_the_project_is_refused_in_the_preview_already(project: Project) -> None:
    known = b"id,text,topic\na,Where is it?,delivery\n"
    with lying(known) as path:
        import_upload(project, path, Upload("known.csv", "csv"))
    other = b"id,text,topic\na,Another text,delivery\nb,Fine,billing\n"
    found = looked_into(project, other)
    assert "a: The project has this id with a different text." in found.refusal
    assert [problem.record for problem in found.problems] == ["a"]
    found = looked_into(project, other + b"only one\n")
    assert found.left_refusal.startswith("a: The project has this id with a different text.")
    assert looked_into(project, known + b"only one\n").left_refusal == ""
    found = looked_into(project, other + b"only one\n", skip_bad=True)
    assert found.refusal.startswith("a: The project has this id with a different text.")
    assert project.store.document_ids() == ["a"]


def test_a_label_studio_export_with_other_labels_is_refused_with_each_of_them_counted(
    project: Project,
) -> None:
    config = b'<View><Text name="t" value="$text"/><Choices name="topic" toName="t">'
    config += b'<Choice value="delivery"/><Choice value="other"/></Choices></View>'
    result = {"from_name": "topic", "to_name": "t", "type": "choices", "value": {"choices": ["other"]}}
    tasks = [{"id": 1, "data": {"text": "Hello"}, "annotations": [{"id": 1, "result": [result]}]}]
    with lying(json.dumps(tasks).encode(), config) as path:
        found = preview_upload(project, path, Upload("out.json"))
    assert [(label.label, label.n) for label in found.undeclared] == [("other", 1)]
    assert "labels that the question 'topic' does not: other" in found.refusal
    assert "Add such labels on the tab Questions & labels" in found.refusal


def test_an_upload_counts_as_the_same_file_as_one_of_the_command_line(
    project: Project, tmp_path: Path
) -> None:
    good = b"text,topic\nWhere is it?,delivery\n"
    (tmp_path / "mails.csv").write_bytes(good)
    import_documents(project, tmp_path / "mails.csv", options=ReadOptions())
    with lying(good) as path:
        result = import_upload(project, path, Upload("mails.csv", "csv"))
    assert (result.stored.documents_new, result.stored.documents_same) == (0, 1)


def test_errors_name_the_file_as_its_user_does(project: Project) -> None:
    with lying(CSV) as path, pytest.raises(SourceError) as refused:
        import_upload(project, path, Upload("mails.csv", "csv"))
    assert refused.value.where == "mails.csv"
    assert str(path.parent) not in str(refused.value)
    with lying(b"") as path, pytest.raises(SourceError) as refused:
        preview_upload(project, path, Upload("none.csv"))
    assert refused.value.where == "none.csv"


def test_an_export_of_label_studio_is_read_with_the_config_that_came_with_it(tmp_path: Path) -> None:
    from workbench.sources.label_studio.config import read_config

    folder = SAMPLE / "label-studio"
    content = (folder / "held-out.json").read_bytes()
    (config,) = [file.read_bytes() for file in folder.glob("*.xml")][:1]
    create_project(Home(tmp_path), "tickets", read_config(config.decode()).questions)
    with open_project(Home(tmp_path), "tickets") as project:
        with lying(content) as path, pytest.raises(SourceError) as refused:
            preview_upload(project, path, Upload("held-out.json"))
        assert "--" not in refused.value.hint
        with lying(content, config) as path:
            found = preview_upload(project, path, Upload("held-out.json"))
        assert (found.format, found.n_documents, found.refusal) == ("label-studio", 252, "")
        assert not path.parent.exists()


def test_columns_and_encodings_can_be_named(project: Project) -> None:
    content = "body;mood;topic\nWo bleibt es, bitte schön?;bad;delivery\n".encode("cp1252")
    asked = Upload("m.csv", text_column="body", label_column="topic", delimiter=";", encoding="cp1252")
    with lying(content) as path:
        found = preview_upload(project, path, asked)
    assert [(shown.text, shown.labels) for shown in found.documents] == [
        ("Wo bleibt es, bitte schön?", ("delivery",))
    ]
    with lying(content) as path, pytest.raises(SourceError) as refused:
        preview_upload(project, path, Upload("m.csv"))
    assert "'Encoding' cp1252" in refused.value.hint


def test_a_labelling_config_that_is_too_large_is_refused(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.usecases.import_upload.LIMITS", replace(LIMITS, file_bytes=100))
    with pytest.raises(InputError, match="labelling config is larger"):
        keep_upload(project, b"[]", b"x" * 101)
    assert not list((project.folder / UPLOADS).glob("*"))
    keep_upload(project, b"[]", b"x" * 100)


def test_an_id_of_an_upload_is_no_path(project: Project) -> None:
    for id in ("../../project.toml", "", "a" * 31, "A" * 32):
        with pytest.raises(InputError):
            upload_path(project, id)
        with pytest.raises(InputError):
            drop_upload(project, id)


def test_a_job_that_is_refused_leaves_no_upload_and_old_ones_go(project: Project) -> None:
    folder = project.folder / UPLOADS
    kept = keep_upload(project, CSV)
    arguments = {
        "upload_id": kept,
        **{n: v for n, v in asdict(Upload("mails.csv", "csv")).items() if v != ""},
    }
    with pytest.raises(SourceError):
        run_job(project.folder, arguments, lambda done, total, what: None)
    assert list(folder.iterdir()) == []
    with pytest.raises(InputError, match="not there any more"):
        run_job(project.folder, arguments, lambda done, total, what: None)
    old = folder / keep_upload(project, CSV)
    day_before = time.time() - 25 * 3600
    os.utime(old, (day_before, day_before))
    keep_upload(project, CSV)
    assert not old.exists()
    assert len(list(folder.iterdir())) == 1
