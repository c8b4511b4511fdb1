"""Several annotators on one question: agreement, conflicts and pace, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.annotations import FROM_A_FILE, Annotation, new_client_id
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.domain.spans import Span
from workbench.usecases.answer_many import answer_many, take_back_bulk
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.count_labels import count_labels, rarest_labels
from workbench.usecases.find_conflicts import find_conflicts, majority_spans, open_conflicts
from workbench.usecases.measure_agreement import measure_agreement
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.queue_documents import last_decisions
from workbench.usecases.settle_answer import settle_answer
from workbench.usecases.show_pace import show_pace

TEXT = "Ana Müller lost a kettle."
ANA, MULLER, KETTLE = (
    Span.of(TEXT, *place) for place in ((0, 3, "PERSON"), (0, 10, "PERSON"), (18, 24, "THING"))
)
ASKED = [
    Question("topic", "textcat", ("yes", "no", "rare")),
    Question("aspects", "textcat-multi", ("price", "service")),
    Question("names", "ner", ("PERSON", "THING")),
]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    home = Home(tmp_path)
    create_project(home, "tickets", ASKED)
    documents = [LabelledDocument(Document(f"d{n}", TEXT)) for n in range(50)]
    documents.append(LabelledDocument(Document("held", "Held out.", part="held-out")))
    with open_project(home, "tickets") as opened:
        imported = Imported((), tuple(documents), ConversionReport(kept=len(documents)))
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield opened


def say(
    project: Project, who: str, document: str, *labels: str, question: str = "topic", **more: object
) -> None:
    answer = Annotation(new_client_id(), document, question, who, labels, **more)  # type: ignore[arg-type]
    project.store.record([answer])


def test_kappa_of_a_pair_has_the_value_counted_by_hand(project: Project) -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: 0.7 observed, 0.5 by chance.
    answers = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    for place, (first, second) in enumerate(answers):
        say(project, "ana", f"d{place}", first)
        say(project, "ben", f"d{place}", second)
    found = measure_agreement(project, ASKED[0])
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.n_documents, pair.n_equal) == ("ana", "ben", 50, 35)
    assert pair.value == pytest.approx(0.4)
    # Krippendorff: 30 coincidences differ of 100 values, 55 yes and 45 no: 1 - 99 * 30 / (2 * 55 * 45).
    assert found.overall == pytest.approx(1 - 99 * 30 / (2 * 55 * 45))
    assert not pair.is_thin
    (dispute,) = found.disputes
    assert (dispute.one, dispute.other, len(dispute.document_ids)) == ("no", "yes", 15)


def test_skips_file_answers_and_deciding_answers_are_no_agreement(project: Project) -> None:
    say(project, "ana", "d0", "yes")
    say(project, FROM_A_FILE, "d0", "no")
    say(project, "ben", "d0", status="skipped")
    settle_answer(project, "topic", "d0", by="lea", labels=("no",))
    found = measure_agreement(project, ASKED[0])
    assert (found.pairs, found.n_documents, found.disputes) == ((), 0, ())


def test_who_settles_a_conflict_keeps_the_answer_given_before(project: Project) -> None:
    say(project, "ana", "d0", "yes")
    say(project, "ben", "d0", "no")
    settle_answer(project, "topic", "d0", by="ana", labels=("no",))
    (pair,) = measure_agreement(project, ASKED[0]).pairs
    assert (pair.n_documents, pair.n_equal) == (1, 0)
    assert pair.is_thin


def test_several_labels_are_one_value_whatever_their_order(project: Project) -> None:
    say(project, "ana", "d0", "price", "service", question="aspects")
    say(project, "ben", "d0", "service", "price", question="aspects")
    say(project, "ana", "d1", "price", question="aspects")
    say(project, "ben", "d1", question="aspects")
    found = measure_agreement(project, ASKED[1])
    assert found.pairs[0].n_equal == 1
    assert [(dispute.one, dispute.other) for dispute in found.disputes] == [("", "price")]


def test_spans_agree_by_strict_f1_and_differ_in_bounds_or_label(project: Project) -> None:
    say(project, "ana", "d0", question="names", spans=(MULLER, KETTLE))
    say(project, "ben", "d0", question="names", spans=(ANA, KETTLE))
    found = measure_agreement(project, ASKED[2])
    assert found.pairs[0].value == found.overall == 0.5  # one of two spans is shared
    (dispute,) = found.disputes
    assert (dispute.one, dispute.other, dispute.kind) == ("PERSON", "PERSON", "bounds")


def test_spans_are_compared_where_both_were_asked_only(project: Project) -> None:
    say(project, "ana", "d0", question="names", spans=(MULLER, KETTLE))
    say(project, "ben", "d0", question="names", spans=(KETTLE,), scope=((18, 24),))
    found = measure_agreement(project, ASKED[2])
    assert (found.pairs[0].value, found.disputes) == (1.0, ())


def test_conflicts_are_different_answers_and_flags_until_somebody_settles(project: Project) -> None:
    for document, ben in (("d0", "no"), ("d1", "yes")):
        say(project, "ana", document, "yes")
        say(project, "ben", document, ben)
    say(project, "ana", "d2", "yes", flagged=True)
    say(project, "ana", "d3", "yes")
    found = find_conflicts(project, "topic")
    assert [(c.document_id, c.differ, c.flagged_by) for c in found] == [
        ("d0", True, ()),
        ("d2", False, ("ana",)),
    ]
    settle_answer(project, "topic", "d0", by="lea", labels=("rare",))
    found = find_conflicts(project, "topic")
    assert [conflict.document_id for conflict in open_conflicts(found)] == ["d2"]
    assert found[0].settled is not None
    assert found[0].settled.labels == ("rare",)
    assert [a.labels for a in found[0].annotations] == [("yes",), ("no",)]


def test_a_withdrawn_flag_or_answer_is_no_conflict_any_more(project: Project) -> None:
    say(project, "ana", "d0", "yes", flagged=True)
    say(project, "ana", "d0", status="withdrawn")
    say(project, "ana", "d1", "yes")
    say(project, "ben", "d1", "no")
    say(project, "ben", "d1", "yes")
    assert find_conflicts(project, "topic") == []


def test_merged_labels_end_a_conflict(project: Project) -> None:
    say(project, "ana", "d0", "yes")
    say(project, "ben", "d0", "rare")
    project.store.change_labels("topic", LabelChange("merge", ("yes", "rare"), ("yes",)))
    assert find_conflicts(project, "topic") == []


def test_the_majority_marks_what_more_than_half_marked() -> None:
    answers = [
        Annotation(str(n), "d", "names", f"a{n}", spans=spans)
        for n, spans in enumerate([(MULLER, KETTLE), (ANA, KETTLE), (MULLER,), (ANA,)])
    ]
    assert majority_spans(answers) == ()
    assert majority_spans(answers[:3]) == (MULLER, KETTLE)


def test_pace_counts_the_pool_and_no_deciding_answers(project: Project) -> None:
    for minute in range(3):
        time = f"2026-03-04T09:0{minute}:00+00:00"
        say(project, "ana", f"d{minute}", "yes", created_at=time, seconds=30.0)
    say(project, "ana", "held", "yes", created_at="2026-03-04T09:03:00+00:00")
    say(project, FROM_A_FILE, "d0", "yes")
    settle_answer(project, "topic", "d0", by="ana", labels=("no",))
    found = show_pace(project, "topic")
    (pace,) = found.paces
    assert (pace.n_answers, pace.working_seconds, pace.per_hour) == (3, 150, 72)
    assert found.days == {("2026-03-04", "ana"): 3}


def test_labels_are_counted_once_a_document_of_the_pool(project: Project) -> None:
    for who in ("ana", "ben"):
        say(project, who, "d0", "yes")
        say(project, who, "d1", "yes")
    say(project, "ana", "d2", "no")
    say(project, "ana", "held", "rare")
    counts = count_labels(project, ASKED[0])
    assert list(counts.items()) == [("yes", 2), ("no", 1), ("rare", 0)]
    assert rarest_labels(counts) == ["no", "yes"]


def test_a_settlement_stands_whatever_its_lead_takes_back_or_answers_later(project: Project) -> None:
    for document in ("d0", "d1"):
        say(project, "ben", document, "yes")
        say(project, "cy", document, "no")
        settle_answer(project, "topic", document, by="ben", labels=("no",))
    say(project, "ben", "d0", status="withdrawn")
    say(project, "ben", "d1", "rare")
    assert {id: (a.labels, a.is_settled) for id, a in settled_answers(project, "topic").items()} == {
        "d0": (("no",), True),
        "d1": (("no",), True),
    }
    (dispute,) = find_conflicts(project, "topic")
    assert (dispute.document_id, open_conflicts([dispute])) == ("d1", [])
    assert [(a.annotator, a.labels) for a in dispute.annotations] == [("cy", ("no",)), ("ben", ("rare",))]
    assert [a.annotator for a in project.store.current("topic", ["d1"])] == ["cy", "ben"]  # one each


def test_the_newest_settlement_counts_whoever_made_it(project: Project) -> None:
    say(project, "ana", "d0", "yes")
    say(project, "ben", "d0", "no")
    for lead, label in (("lea", "yes"), ("max", "yes"), ("ben", "no")):
        settle_answer(project, "topic", "d0", by=lead, labels=(label,))
    assert settled_answers(project, "topic")["d0"].labels == ("no",)
    (conflict,) = find_conflicts(project, "topic")
    assert conflict.settled is not None
    assert (conflict.settled.annotator, conflict.settled.labels) == ("ben", ("no",))


def test_a_settled_answer_whose_label_was_retired_gives_its_place_to_the_own_one(project: Project) -> None:
    say(project, "ben", "d0", "yes")
    settle_answer(project, "topic", "d0", by="ben", labels=("rare",))
    settle_answer(project, "topic", "d1", by="ben", labels=("rare",))
    project.store.change_labels("topic", LabelChange("retire", ("rare",), ()))
    assert project.store.requeued_ids("topic") == ["d1"]
    assert settled_answers(project, "topic")["d0"].labels == ("yes",)


def test_settled_answers_are_no_last_decisions(project: Project) -> None:
    say(project, "ben", "d0", "yes")
    settle_answer(project, "topic", "d0", by="ben", labels=("no",))
    settle_answer(project, "topic", "d1", by="ben", labels=("no",))
    found = last_decisions(project, ["topic"], "ben")
    assert [(one.id, one.answers["topic"].labels) for one in found] == [("d0", ("yes",))]


def test_a_bulk_answer_over_settled_documents_settles_nothing_and_is_taken_back_alone(
    project: Project,
) -> None:
    settle_answer(project, "topic", "d0", by="ben", labels=("no",))
    answer_many(project, "topic", ["d0", "d1"], labels=("yes",), by="ben", bulk="b")
    settle_answer(project, "topic", "d1", by="ben", labels=("rare",))
    assert [a.labels[0] for a in settled_answers(project, "topic").values()] == ["no", "rare"]
    assert take_back_bulk(project, "topic", "ben") == 2
    assert [a.labels[0] for a in settled_answers(project, "topic").values()] == ["no", "rare"]
    assert project.store.annotations("topic")[-1].status == "withdrawn"


def test_a_document_counts_once_by_what_stands(project: Project) -> None:
    for minute in range(5):
        say(project, "ana", "d0", "yes", created_at=f"2026-09-21T10:0{minute}:00+00:00", seconds=20)
        say(project, "ana", "d0", status="withdrawn", created_at=f"2026-09-21T10:0{minute}:30+00:00")
    say(project, "ben", "d0", "yes", created_at="2026-09-21T10:00:00+00:00", seconds=20)
    say(project, "ben", "d0", "no", created_at="2026-09-22T10:00:00+00:00", seconds=40)
    found = show_pace(project, "topic")
    (pace,) = found.paces
    assert (pace.annotator, pace.n_answers, pace.median_seconds) == ("ben", 1, 40)
    assert found.days == {("2026-09-22", "ben"): 1}


def test_a_bulk_answer_is_no_pace_and_taking_it_back_restores_the_times(project: Project) -> None:
    for second in range(0, 60, 20):
        say(
            project,
            "ana",
            f"d{second}"[:2],
            "yes",
            created_at=f"2026-09-21T10:00:{second:02}+00:00",
            seconds=20,
        )
    before = show_pace(project, "topic")
    assert before.paces[0].per_hour == 180
    answer_many(project, "topic", [f"d{n}" for n in range(50)], labels=("no",), by="ana", bulk="b")
    (pace,) = show_pace(project, "topic").paces
    assert (pace.n_answers, pace.n_bulk, pace.per_hour) == (0, 50, None)
    take_back_bulk(project, "topic", "ana")
    assert show_pace(project, "topic") == before
