"""The control part on its way to Label Studio, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.config import Home
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store.control import ControlPart
from workbench.store.links import Link, LinkedTask, Links
from workbench.usecases.label_studio import publish
from workbench.usecases.label_studio.publish import prepare
from workbench.usecases.label_studio.show_link import link_state
from workbench.usecases.project import Project, create_project, open_project

CONFIG = """<View><Text name="text" value="$text"/><Choices name="topic" toName="text">
<Choice value="a"/><Choice value="b"/></Choices></View>"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Open a connected project of 200 documents without tasks, of which chance drew some."""
    home = Home(tmp_path)
    create_project(home, "p", [Question("topic", "textcat", ("a", "b"))])
    documents = tuple(LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(200))
    with open_project(home, "p") as opened:
        imported = Imported((), documents, ConversionReport(kept=200))
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        Links(opened.store).save(Link("http://127.0.0.1:1", 1, "2026-01-01", state={"label_config": CONFIG}))
        yield opened


def test_only_what_was_proposed_of_the_control_part_gets_a_task(project: Project) -> None:
    drawn = ControlPart(project.store.database).ids()
    links = Links(project.store)
    assert not {document.id for document in links.without_task()} & set(drawn)
    project.store.save_batch(Batch("b", "topic", "margin", 0, (Proposal(drawn[0], 0.0, "drawn by chance"),)))
    left = {document.id for document in links.without_task()}
    assert left & set(drawn) == {drawn[0]}
    state = link_state(project)
    assert state is not None
    assert state.n_without_task == links.n_for_tasks() == 200 - len(drawn) + 1


def test_a_control_document_is_published_in_its_place_without_a_prediction(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (drawn, *_), ordinary = ControlPart(project.store.database).ids(), project.store.document_ids("pool")[0]
    links = Links(project.store)
    links.add_tasks(links.get(), [LinkedTask(1, drawn), LinkedTask(2, ordinary)])
    asked = (Proposal(drawn, 0.0, "drawn by chance"), Proposal(ordinary, 0.5, "close"))
    project.store.save_batch(Batch("b", "topic", "margin", 0, asked))
    scored: list[str] = []

    class Spy:
        def score(self, texts: list[str]) -> dict[str, list[str]]:
            scored.extend(texts)
            return {"topic": texts}

    class Said:
        of_spans, labels, probabilities = False, ("a",), (0.9,)

    monkeypatch.setattr(publish, "newest_run", lambda *_: "run")
    monkeypatch.setattr(publish, "remark_on_labels", lambda *_: "")
    monkeypatch.setattr(publish, "load_model", lambda *_, **__: Spy())
    monkeypatch.setattr(publish, "predictions_of", lambda scores, texts: [Said() for _ in texts])
    prepared: Any = prepare(project)
    assert [placed.document_id for placed in prepared.order] == [drawn, ordinary]
    assert scored == [project.store.document(ordinary).text]
    assert set(prepared.regions) == {ordinary}
