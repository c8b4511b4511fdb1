"""Commands that need no `--question` where the project asks one only."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.cli.data import export_data
from workbench.cli.labels import labels
from workbench.config import Home
from workbench.domain.questions import Question
from workbench.errors import InputError
from workbench.usecases.project import create_project


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    return Home(tmp_path)


def test_the_only_question_needs_no_name(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_project(home, "mails", [Question("topic", "textcat", ("a", "b"))])
    labels("mails")
    assert "2 labels of 'topic'" in capsys.readouterr().out
    with pytest.raises(InputError) as refused:  # no documents, and it is not the question that is missed
        export_data("mails", format_name="csv", out=tmp_path / "out.csv")
    assert "question" not in refused.value.message


def test_of_several_questions_one_must_be_named(home: Home, tmp_path: Path) -> None:
    create_project(home, "mails", [Question("topic", "textcat", ("a",)), Question("mood", "textcat", ("b",))])
    for command in (lambda: labels("mails"), lambda: export_data("mails", "csv", tmp_path / "out.csv")):
        with pytest.raises(InputError, match="Which question") as refused:
            command()
        assert "topic, mood" in refused.value.hint
