"""Answers about a part of a text: what the card is told, and what it may send back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.unit.ui.card import sent
from workbench.config import Home
from workbench.domain.annotations import Scope
from workbench.domain.runs import Batch, Proposal
from workbench.domain.spans import Span
from workbench.errors import InputError
from workbench.store.scopes import scopes_asked
from workbench.ui.answers import Receipt, annotation_from, record_answers
from workbench.ui.card import queue_data
from workbench.usecases.project import Project, open_project

SMOKE = {"start": 3, "end": 8, "label": "PRODUCT", "covered": "Smoke"}
ASKED: Scope = ((3, 8), (18, 21))  # Smoke, out


def propose(project: Project, scope: Scope | None, batch: str = "b1") -> None:
    proposals = (Proposal("ticket-2", 0.5, "doubt", scope), Proposal("ticket-3", 0.4, "doubt"))
    project.store.save_batch(Batch(batch, "entities", "mnlp", 0, proposals))


def answer(project: Project, client_id: str = "c1", **changes: Any) -> Receipt:
    said = {"question": "entities", "labels": [], "spans": [SMOKE], **changes}
    return record_answers([sent(client_id, **said)], lambda name: project)


def test_the_card_is_told_which_words_are_asked_and_later_which_were_answered(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        propose(project, ASKED)
        first, second, *_ = queue_data(project, ["entities"], "ana")["documents"]
        assert (first["id"], first["scopes"]) == ("ticket-2", {"entities": ASKED})
        assert (second["id"], second["scopes"]) == ("ticket-3", {})
        assert answer(project, scope=[list(part) for part in ASKED]).saved == ("c1",)
        (annotation,) = project.store.current("entities", ["ticket-2"])
        assert (annotation.scope, annotation.spans) == (ASKED, (Span(3, 8, "PRODUCT", "Smoke"),))
        (decision,) = queue_data(project, ["entities"], "ana")["decisions"]
        assert decision["answers"]["entities"]["scope"] == ASKED


def test_whoever_marks_all_of_a_text_answers_all_of_it(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        propose(project, ASKED)
        assert answer(project, scope=None).saved == ("c1",)
        assert project.store.current("entities", ["ticket-2"])[0].scope is None


def test_a_part_that_nobody_asked_about_is_refused(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        propose(project, ASKED)
        receipt = answer(project, scope=[[3, 8]])
        assert receipt.saved == ()
        assert "was not asked about" in receipt.refused[0].message
        assert answer(project, "c2", scope=[list(p) for p in ASKED], document_id="ticket-3").saved == ()


def test_a_span_outside_of_the_part_is_refused(tickets: Home) -> None:
    beyond = {"start": 3, "end": 18, "label": "PRODUCT", "covered": "Smoke</b> comes"}
    with open_project(tickets, "tickets") as project:
        propose(project, ASKED)
        receipt = answer(project, scope=[list(part) for part in ASKED], spans=[beyond])
        assert "lies outside of the part" in receipt.refused[0].message


def test_an_answer_that_arrives_after_the_next_ranking_is_kept(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        propose(project, ASKED)
        propose(project, None, "b2")
        assert answer(project, scope=[list(part) for part in ASKED]).saved == ("c1",)


def test_an_answer_is_changed_within_the_part_that_it_was_about_whoever_asked_for_it(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        propose(project, ASKED)
        answer(project, scope=[list(part) for part in ASKED])
        assert scopes_asked(project.store, "entities", "ticket-2") == {ASKED}
        assert scopes_asked(project.store, "topic", "ticket-2") == set()
        with project.store.database.write() as connection:
            connection.execute(text("UPDATE proposals SET scope = NULL"))
        assert answer(project, "c2", scope=[list(part) for part in ASKED], spans=[]).saved == ("c2",)


@pytest.mark.parametrize("scope", [7, "all", [3, 8], [[3]], [["x", "y"]], [[1, 2, 3]]])
def test_a_scope_that_is_none_is_refused(scope: Any) -> None:
    with pytest.raises(InputError, match="scope of the browser"):
        annotation_from(sent(scope=scope))
