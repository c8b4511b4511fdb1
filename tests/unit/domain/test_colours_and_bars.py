"""The colours of labels are those of the card, and new labels can be written into a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.questions import LabelChange, Question
from workbench.domain.settings import COLOURS, QuestionSettings
from workbench.errors import InputError
from workbench.usecases.add_question import add_question
from workbench.usecases.change_labels import change_labels
from workbench.usecases.project import create_project, open_project

CARD = Path(__file__).parents[3] / "workbench" / "ui" / "components" / "labeler" / "drawing.js"


def test_the_card_draws_labels_in_the_colours_that_the_pages_name() -> None:
    (listed,) = re.findall(r"const COLOURS = \[(.*?)\]", CARD.read_text(encoding="utf-8"))
    assert tuple(re.findall(r'"(#\w+)"', listed)) == COLOURS


def test_an_own_colour_takes_nothing_from_the_labels_after_it() -> None:
    labels = tuple(f"label-{n}" for n in range(len(COLOURS) + 1))
    found = QuestionSettings(colours={"label-1": "#000000"}).colour_of(labels)
    assert found["label-1"] == "#000000"
    assert found["label-2"] == COLOURS[2]
    assert found[labels[-1]] == COLOURS[0]


def test_a_bar_in_a_new_label_is_refused_where_a_document_may_have_several(tmp_path: Path) -> None:
    home, barred = Home(tmp_path), Question("tags", "textcat-multi", ("a|b",))
    with pytest.raises(InputError, match=r"'\|' cannot be in a label .*a\|b"):
        create_project(home, "mails", [barred])
    assert not home.project("mails").exists()
    create_project(home, "mails", [Question("topic", "textcat", ("a|b",)), Question("tags", "textcat-multi")])
    with open_project(home, "mails") as project:
        with pytest.raises(InputError, match="cannot be in a label"):
            add_question(project, Question("more", "textcat-multi", ("x|y",)))
        with pytest.raises(InputError, match="cannot be in a label"):
            change_labels(project, "tags", [LabelChange("add", (), ("x|y",))])
        assert change_labels(project, "topic", [LabelChange("add", (), ("x|y",))]).labels == ("a|b", "x|y")
