"""What a model suggests, and how a question is put: the newest holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.domain.settings import QuestionSettings
from workbench.domain.spans import Span
from workbench.domain.suggestions import Suggestion
from workbench.errors import InputError, UnknownNameError
from workbench.store.project_store import ProjectStore
from workbench.store.settings import Settings
from workbench.store.suggestions import Suggestions


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    """Open a store of three documents, d0 to d2."""
    documents = tuple(LabelledDocument(Document(f"d{n}", f"Ana writes {n}")) for n in range(3))
    imported = Imported((), documents, ConversionReport(kept=3))
    asked = [Question("topic", "textcat", ("a", "b")), Question("names", "ner", ("PERSON",))]
    with ProjectStore.create(tmp_path, "p", asked) as made:
        made.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield made


def test_a_suggestion_comes_back_as_it_was_kept(store: ProjectStore) -> None:
    labels = Suggestion("d0", "run-1", 0, labels=("b",), likely=(("b", 0.75), ("a", 0.25)))
    spans = Suggestion("d2", "run-2", 0, spans=(Span(0, 3, "PERSON", "Ana"),), sureness=(0.5,))
    Suggestions(store).replace("topic", [labels])
    Suggestions(store).replace("names", [spans])
    assert Suggestions(store).of("topic", ["d0", "d1"]) == {"d0": labels}
    assert Suggestions(store).of("names", ["d2"]) == {"d2": spans}


def test_a_newer_model_replaces_all_suggestions_of_its_question_only(store: ProjectStore) -> None:
    Suggestions(store).replace("topic", [Suggestion("d0", "old", 0, labels=("a",))])
    Suggestions(store).replace("names", [Suggestion("d0", "old", 0)])
    Suggestions(store).replace("topic", [Suggestion("d1", "new", 0, labels=("b",))])
    assert list(Suggestions(store).of("topic", ["d0", "d1"])) == ["d1"]
    assert list(Suggestions(store).of("names", ["d0", "d1"])) == ["d0"]


def test_documents_are_found_by_what_is_suggested_first(store: ProjectStore) -> None:
    Suggestions(store).replace(
        "topic", [Suggestion(f"d{n}", "run", 0, labels=(label,)) for n, label in enumerate("bab")]
    )
    assert Suggestions(store).ids_with("topic", "b") == ["d0", "d2"]
    assert Suggestions(store).counts("topic") == {"a": 1, "b": 2}


def test_suggestions_in_labels_of_another_day_are_not_shown(store: ProjectStore) -> None:
    Suggestions(store).replace("topic", [Suggestion("d0", "run", 0, labels=("a",))])
    store.change_labels("topic", LabelChange("rename", ("a",), ("c",)))
    assert Suggestions(store).of("topic", ["d0"]) == {}
    assert Suggestions(store).ids_with("topic", "a") == []


def test_the_newest_setting_of_each_name_holds(store: ProjectStore) -> None:
    assert Settings(store).of("topic") == QuestionSettings()
    Settings(store).change("topic", QuestionSettings(guidelines="Read it twice.", keys={"b": "1"}))
    second = QuestionSettings(guidelines="Read it once.", keys={"b": "1"}, suggests=False)
    Settings(store).change("topic", second)
    assert Settings(store).of("topic") == second
    assert Settings(store).of("names") == QuestionSettings()
    with pytest.raises(UnknownNameError):
        Settings(store).of("tone")


@pytest.mark.parametrize(
    "wrong",
    [
        {"colours": {"a": "red"}},
        {"colours": {"a": "#12345g"}},
        {"keys": {"a": "12"}},
        {"keys": {"a": "f"}},
        {"keys": {"a": "1", "b": "1"}},
        {"guidelines": "x" * 20_001},
    ],
)
def test_a_setting_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        QuestionSettings(**wrong)  # type: ignore[arg-type]


def test_labels_without_a_key_of_their_own_get_the_next_free_one() -> None:
    settings = QuestionSettings(keys={"c": "2", "gone": "1"})
    assert settings.key_of(("a", "b", "c", "d")) == {"a": "1", "b": "3", "c": "2", "d": "4"}
