"""How results look on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.analysis.confusions import ConfusedPair
from workbench.cli.data import print_import
from workbench.cli.printing import counted, print_batch, print_figures, print_pairs, progress_bar
from workbench.domain.conversion import ConversionReport
from workbench.domain.runs import Batch, Proposal
from workbench.store.project_store import ImportCounts
from workbench.usecases.import_documents import ImportResult


@pytest.mark.parametrize(
    ("n", "plural", "words"),
    [
        (1, "sentences", "1 sentence"),
        (1, "entities", "1 entity"),
        (1, "answers to other questions", "1 answer to other questions"),
        (0, "tokens", "0 tokens"),
        (1200, "tasks", "1,200 tasks"),
    ],
)
def test_one_thing_is_counted_in_the_singular(n: int, plural: str, words: str) -> None:
    assert counted(n, plural) == words


def test_a_batch_without_a_model_is_shown_without_utilities(capsys: pytest.CaptureFixture[str]) -> None:
    print_batch(Batch("b", "topic", "random", 0, (Proposal("t1", 0.0, "chance"),)), ["a\ntext"])
    assert capsys.readouterr().out == (
        "1 document by random (no model was looked at):\n  t1  a text\n      why: chance\n"
    )


def test_a_batch_of_a_model_is_shown_with_utilities(capsys: pytest.CaptureFixture[str]) -> None:
    print_batch(Batch("b", "topic", "margin", 0, (Proposal("t1", 0.5, "unsure"),), "run-1"), ["a"])
    shown = capsys.readouterr().out
    assert "ranked by run run-1" in shown
    assert "0.5000" in shown


def test_a_batch_that_asks_for_words_shows_these_and_how_many_documents_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = (Proposal("t1", 0.5, "unsure", ((4, 7),)), Proposal("t2", 0.5, "unsure"))
    print_batch(Batch("b", "names", "mnlp", 0, asked, "run-1"), ["Ana saw Bob here", "All of it"])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  t1   0.5000  … saw …",
        "      why: unsure",
        "  t2   0.5000  All of it",
        "      why: unsure",
        "Of 1 document only these words are asked, not the whole text.",
    ]


def test_a_batch_that_should_ask_for_words_and_cannot_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    recipe = {"ranking": {"spans": True}}
    print_batch(Batch("b", "names", "random", 0, (Proposal("t1", 0.0, "chance"),), recipe=recipe), ["a"])
    assert "The whole texts are asked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("strategy", "why"),
    [
        ("auto", "no other document is left that is no near-copy of one of these."),
        ("random", "no other document is left."),
    ],
)
def test_a_batch_that_is_shorter_than_asked_says_why(
    capsys: pytest.CaptureFixture[str], strategy: str, why: str
) -> None:
    recipe = {"ranking": {"n": 20}}
    print_batch(Batch("b", "topic", strategy, 0, (Proposal("t1", 0.0, "new"),), recipe=recipe), ["a"])
    assert f"20 were asked for: {why}" in capsys.readouterr().out


def test_an_import_says_skips_and_drafts_apart_from_answers(capsys: pytest.CaptureFixture[str]) -> None:
    stored = ImportCounts(documents_new=3, annotations_new=4, skipped_new=1, draft_new=1)
    print_import(Path("x.json"), ImportResult(ConversionReport("tasks", kept=3), stored, "label-studio"))
    shown = capsys.readouterr().out
    assert "documents: 3 new, 0 known; answers: 2 new, 0 known\n" in shown
    assert "kept, but no answers: skips: 1 new, 0 known; drafts: 1 new, 0 known\n" in shown


def test_an_answer_without_a_counterpart_is_printed_as_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_pairs([ConfusedPair("", "acc", 1, ("t1",)), ConfusedPair("acc", "", 4, ("t1", "t2", "t3", "t4"))])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "     1  nothing taken for acc   (t1)",
        "     4  acc taken for nothing   (t1, t2, t3 …)",
    ]


def test_the_recall_of_every_label_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"label": f"label-{n}", "precision": 1.0, "recall": n / 100, "f1": n / 100, "support": 3}
        for n in range(77)
    ]
    print_figures({"accuracy": 0.5, "n": 9, "basis": "held-out", "per_label": rows})
    shown = capsys.readouterr().out
    assert all(f"label-{n} " in shown for n in range(77))
    assert "0.760" in shown


def test_a_batch_by_words_says_how_many_documents_hold_one(capsys: pytest.CaptureFixture[str]) -> None:
    proposed = (Proposal("t1", 1.0, "it holds 'refund'"), Proposal("t2", 0.0, "new"))
    print_batch(Batch("b", "topic", "seeds", 0, proposed), ["a refund", "b"])
    assert capsys.readouterr().out.endswith(
        "1 of 2 documents hold one of the words; the others stand for many.\n"
    )


def test_work_that_takes_long_says_how_far_it_is_where_no_bar_can_move(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0.0, 3.0, 11.0, 11.0, 15.0, 22.0, 22.0])
    monkeypatch.setattr("workbench.cli.printing.time.monotonic", lambda: next(seconds))
    with progress_bar() as progress:
        for done in (1, 1200, 1300):
            progress(done, 9000, "encoding")
        progress(0, 0, "waiting for the lock")
    shown = capsys.readouterr()
    assert shown.err == "encoding: 1,200 of 9,000\nwaiting for the lock\n"
    assert not shown.out
