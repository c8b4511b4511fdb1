"""Where only a part of a text was asked: who disagrees, and what a deciding answer is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.annotations import Annotation, Scope
from workbench.domain.conversion import ReadOptions
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.usecases.collect_examples import collect_examples, disagree
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import create_project, open_project
from workbench.usecases.settle_answer import settle_answer, settled_scope

TEXT = "Ana met Bob in Rome"
ANA, BOB, ROME = Span(0, 3, "PER", "Ana"), Span(8, 11, "PER", "Bob"), Span(15, 19, "LOC", "Rome")
FIRST: Scope = ((0, 7),)


def by(who: str, *spans: Span, scope: Scope | None = None) -> Annotation:
    return Annotation(f"of {who}", "d", "names", who, spans=spans, scope=scope)


def test_annotators_disagree_about_what_both_were_asked_only() -> None:
    assert not disagree([by("ana", ANA, scope=FIRST), by("ben", ANA, ROME)])
    assert not disagree([by("ana", ANA, scope=FIRST), by("ben", ROME, scope=((12, 19),))])
    assert disagree([by("ana", scope=FIRST), by("ben", ANA, ROME)])
    assert disagree([by("ana", ANA, scope=FIRST), by("ben", ANA, ROME), by("eva", ANA)])
    assert disagree([by("ana", ANA, scope=FIRST), by("ben", scope=FIRST)])


@pytest.mark.parametrize(
    ("given", "spans", "scope"),
    [
        ([by("ana", ANA, scope=FIRST), by("ben", scope=FIRST)], (ANA,), FIRST),
        ([by("ana", ANA, scope=FIRST), by("ben", ANA)], (ANA,), None),
        ([by("ana", ANA, scope=FIRST), by("ben", scope=((4, 11),))], (ANA, BOB), ((0, 11),)),
        ([by("ana", ANA, scope=FIRST), by("ben", scope=FIRST)], (ANA, ROME), ((0, 7), (15, 19))),
        ([by("ana", ANA)], (ROME,), None),
        ([], (ROME,), None),
    ],
    ids=["as one answered", "one answered all", "of both parts", "of a span besides", "of all", "of nobody"],
)
def test_a_deciding_answer_is_about_what_it_decides(
    given: list[Annotation], spans: tuple[Span, ...], scope: Scope | None
) -> None:
    assert settled_scope(given, (), spans) == scope


def test_what_a_lead_settles_teaches_nothing_outside_of_what_was_asked(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"text\n{TEXT}")
    create_project(Home(tmp_path), "p", [Question("names", "ner", ("PER", "LOC"))])
    with open_project(Home(tmp_path), "p") as project:
        import_documents(project, tmp_path / "in.csv", options=ReadOptions())
        (id,) = project.store.document_ids()
        project.store.record([Annotation("a", id, "names", "ana", spans=(ANA,), scope=FIRST)])
        settle_answer(project, "names", id, by="eva")
        (example,) = collect_examples(project, "names")
    assert (example.spans, example.scope) == ((), FIRST)
