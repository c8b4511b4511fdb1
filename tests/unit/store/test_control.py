"""What chance draws to measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import Imported
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.errors import InputError
from workbench.store.control import ControlPart
from workbench.store.project_store import ProjectStore

TOPIC = Question("topic", "textcat", ("billing", "delivery"))


@pytest.fixture
def drawing(tmp_path: Path) -> Iterator[ProjectStore]:
    """Open an empty project that draws a tenth."""
    with ProjectStore.create(tmp_path / "drawing", "drawing", [TOPIC], share=0.1) as made:
        yield made


def tickets(n: int, first: int = 0) -> list[Document]:
    return [Document(f"t{i}", f"Parcel {i} is late") for i in range(first, first + n)]


def bring(store: ProjectStore, imported: Imported) -> None:
    store.import_documents(imported, file_name="f.csv", file_sha256="0" * 64, format="csv")


def said(id: str) -> Annotation:
    return Annotation(f"of {id}", id, "topic", "import", ("billing",))


Made = Callable[..., Imported]


def test_about_a_tenth_of_what_comes_unanswered_is_drawn(drawing: ProjectStore, make_import: Made) -> None:
    bring(drawing, make_import(tickets(1000)))
    assert 70 <= drawing.n_documents("control") <= 130
    assert drawing.n_documents("pool") + drawing.n_documents("control") == 1000


def test_the_draw_is_the_same_in_another_order_and_in_several_files(
    tmp_path: Path, drawing: ProjectStore, make_import: Made
) -> None:
    bring(drawing, make_import(tickets(400)))
    with ProjectStore.create(tmp_path / "other", "drawing", [TOPIC], share=0.1) as other:
        bring(other, make_import(tickets(200, first=200)[::-1]))
        bring(other, make_import(tickets(200)))
        assert ControlPart(other.database).ids() == ControlPart(drawing.database).ids()


def test_another_project_draws_other_documents(
    tmp_path: Path, drawing: ProjectStore, make_import: Made
) -> None:
    bring(drawing, make_import(tickets(400)))
    with ProjectStore.create(tmp_path / "other", "other", [TOPIC], share=0.1) as other:
        bring(other, make_import(tickets(400)))
        assert set(ControlPart(other.database).ids()) != set(ControlPart(drawing.database).ids())


def test_importing_again_moves_no_document(drawing: ProjectStore, make_import: Made) -> None:
    bring(drawing, make_import(tickets(200)))
    before = ControlPart(drawing.database).ids()
    bring(drawing, make_import(tickets(200), [said(f"t{i}") for i in range(200)]))
    assert ControlPart(drawing.database).ids() == before


def test_what_comes_with_an_answer_stays_in_the_pool(drawing: ProjectStore, make_import: Made) -> None:
    bring(drawing, make_import(tickets(300), [said(f"t{i}") for i in range(150)]))
    assert drawing.n_documents("control")
    assert all(int(id[1:]) >= 150 for id in ControlPart(drawing.database).ids())


def test_a_text_that_comes_answered_too_is_not_drawn(drawing: ProjectStore, make_import: Made) -> None:
    twins = [Document(f"a{i}", f"Parcel {i} is late") for i in range(200)]
    bring(drawing, make_import([*tickets(200), *twins], [said(f"a{i}") for i in range(200)]))
    assert drawing.n_documents("control") == 0


def test_a_text_that_is_in_the_pool_already_is_not_drawn(drawing: ProjectStore, make_import: Made) -> None:
    answered = [Document(f"a{i}", f"Parcel {i} is late") for i in range(200)]
    bring(drawing, make_import(answered, [said(f"a{i}") for i in range(200)]))
    bring(drawing, make_import(tickets(200)))
    assert drawing.n_documents("control") == 0


def test_equal_texts_go_together(drawing: ProjectStore, make_import: Made) -> None:
    twins = [Document(f"a{i}", f"Parcel {i} is late") for i in range(300)]
    bring(drawing, make_import([*tickets(300), *twins]))
    ids = set(ControlPart(drawing.database).ids())
    assert {id[1:] for id in ids if id[0] == "a"} == {id[1:] for id in ids if id[0] == "t"}


def test_a_pool_document_with_a_text_of_the_control_part_teaches_nothing(
    drawing: ProjectStore, make_import: Made
) -> None:
    bring(drawing, make_import(tickets(200)))
    drawn = ControlPart(drawing.database).ids()[0]
    bring(drawing, make_import([Document("late", drawing.document(drawn).text)], [said("late")]))
    assert drawing.document("late").part == "pool"
    assert drawing.held_out_twins() == {"late"}


def test_below_a_hundred_documents_nothing_is_drawn_until_more_come(
    drawing: ProjectStore, make_import: Made
) -> None:
    bring(drawing, make_import(tickets(99)))
    assert drawing.n_documents("control") == 0
    bring(drawing, make_import(tickets(300, first=100)))
    before = drawing.n_documents("control")
    assert before
    bring(drawing, make_import(tickets(50, first=1000)))
    assert drawing.n_documents("control") > before


def test_a_held_out_file_is_left_alone(drawing: ProjectStore, make_import: Made) -> None:
    bring(drawing, make_import([Document(f"h{i}", f"held {i}", part="held-out") for i in range(200)]))
    assert drawing.n_documents("held-out") == 200


def test_a_project_without_a_share_draws_nothing(store: ProjectStore, make_import: Made) -> None:
    bring(store, make_import(tickets(500)))
    assert store.n_documents("control") == 0


@pytest.mark.parametrize("share", [-0.1, 0.6, float("nan")])
def test_a_share_that_is_none_is_refused_with_what_is_possible(tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match=r"(?s)control share .* from 0"):
        ProjectStore.create(tmp_path / "p", "p", [TOPIC], share=share)
