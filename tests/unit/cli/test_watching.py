"""What a watch asks the worker for, and what it prints, without a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.cli.watching import WORKER_LOG, HeldWorker, Watching, status_in_words
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store.jobs import Job, Jobs
from workbench.store.links import AnswerKey, Link, LinkedTask, Links, Taken
from workbench.store.locks import FileLock
from workbench.usecases.label_studio.pull import PullReport
from workbench.usecases.label_studio.watch import Plan, QuestionStatus, Status, Watch
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking
from workbench.worker.loop import LOCK_NAME, is_alive

CONFIG = """<View><Text name="text" value="$text"/><Choices name="topic" toName="text">
<Choice value="a"/><Choice value="b"/></Choices></View>"""
N = 8


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Open a project of eight documents, d0 to d7, each with a task of Label Studio."""
    home = Home(tmp_path)
    create_project(home, "p", [Question("topic", "textcat", ("a", "b"))])
    documents = tuple(LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(N))
    imported = Imported((), documents, ConversionReport(kept=N))
    link = Link("http://127.0.0.1:1", 1, "2026-01-01", state={"label_config": CONFIG})
    with open_project(home, "p") as opened:
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        Links(opened.store).add_tasks(link, [LinkedTask(n, f"d{n}", "seen") for n in range(N)])
        yield opened


def answer(project: Project, *numbers: int, status: str = "answered") -> None:
    for number in numbers:
        labels = ("a",) if status == "answered" else ()
        client_id = f"answer-{number}"
        project.store.record(
            [Annotation(client_id, f"d{number}", "topic", "ana", labels, status=status)]  # type: ignore[arg-type]
        )
        links = Links(project.store)
        keys = {AnswerKey(number, "topic", "ana"): client_id}
        links.take(links.get(), Taken(Imported((), (), ConversionReport()), answers=keys))


def propose(project: Project, batch: str, *numbers: int) -> None:
    proposals = tuple(Proposal(f"d{number}", 1.0, "it teaches most") for number in numbers)
    project.store.save_batch(Batch(batch, "topic", "random", 0, proposals))


def look(project: Project, plan: Plan) -> list[Job]:
    """Return the jobs after one turn of a new watch, newest first, without those that publish."""
    Watch(project, plan).turn(with_server=False)
    return [job for job in Jobs(project.store).list() if job.verb != "publish"]


def end_newest(project: Project, state: str) -> None:
    jobs = Jobs(project.store)
    while (job := jobs.claim("somebody")) is not None:
        if state == "failed":
            jobs.fail(job, "too few answers")
        elif state == "done":
            jobs.finish(job, {})
        else:
            jobs.stop(job, state, "ended")  # type: ignore[arg-type]


def test_a_training_that_was_interrupted_is_taken_up_again_by_the_next_watch(project: Project) -> None:
    propose(project, "first", 0, 1, 2, 3)
    answer(project, 0, 1)
    (job,) = look(project, Plan(every=2))
    end_newest(project, "interrupted")
    for plan in (Plan(every=2), Plan(every=2, minutes=1000)):
        (again,) = look(project, plan)
        assert (again.id, again.state) == (job.id, "queued")


def test_one_that_was_interrupted_is_taken_up_although_few_answers_are_new(project: Project) -> None:
    propose(project, "first", 0, 1, 2, 3)
    answer(project, 0, 1)
    look(project, Plan(every=2))
    end_newest(project, "interrupted")
    jobs = look(project, Plan(every=50))
    assert [job.state for job in jobs] == ["queued"]


def test_after_one_that_was_cancelled_the_next_answer_brings_another(project: Project) -> None:
    propose(project, "first", 0, 1, 2, 3)
    answer(project, 0, 1)
    look(project, Plan(every=2))
    end_newest(project, "cancelled")
    assert [job.state for job in look(project, Plan(every=2))] == ["cancelled"]
    answer(project, 2)
    assert [job.state for job in look(project, Plan(every=2))] == ["queued", "cancelled"]


def test_what_was_learned_counts_as_learned(project: Project) -> None:
    propose(project, "first", 0, 1, 2, 3)
    answer(project, 0, 1)
    look(project, Plan(every=2))
    end_newest(project, "done")
    answer(project, 2)
    assert [job.state for job in look(project, Plan(every=2))] == ["done"]


def test_other_options_make_another_job_of_what_failed_or_was_ended(project: Project) -> None:
    plans = [Plan(every=1), Plan(every=1, learner="tfidf"), Plan(every=1, ranking=Ranking("margin", 5))]
    look(project, plans[0])
    end_newest(project, "failed")
    look(project, plans[2])
    end_newest(project, "failed")
    answer(project, 0)
    jobs = []
    for plan, state in zip(plans, ("failed", "interrupted", "done"), strict=True):
        jobs = look(project, plan)
        end_newest(project, state)
    assert [job.verb for job in jobs] == ["round", "round", "round", "propose", "propose"]
    assert len(look(project, plans[0])) == 5


def test_a_batch_that_was_only_skipped_is_followed_by_another(project: Project) -> None:
    propose(project, "first", 0, 1)
    answer(project, 0, 1, status="skipped")
    (job,) = look(project, Plan(every=5, ranking=Ranking("margin", 3)))
    assert (job.verb, job.arguments["strategy"], job.arguments["n"]) == ("propose", "random", 3)
    end_newest(project, "done")
    propose(project, "second", 2, 3)
    assert len(look(project, Plan(every=5))) == 1
    answer(project, 2, 3, status="skipped")
    assert len(look(project, Plan(every=5))) == 2


def test_a_batch_is_followed_by_another_also_when_the_training_after_it_failed(project: Project) -> None:
    propose(project, "first", 0, 1)
    answer(project, 0)
    answer(project, 1, status="skipped")
    look(project, Plan())
    end_newest(project, "failed")
    assert [job.verb for job in look(project, Plan())] == ["propose", "round"]


def test_nothing_is_proposed_when_every_document_is_skipped_or_the_batch_has_no_tasks(
    project: Project,
) -> None:
    documents = (LabelledDocument(Document("lone", "no task has it")),)
    imported = Imported((), documents, ConversionReport(kept=1))
    project.store.import_documents(imported, file_name="g", file_sha256="1" * 64, format="csv")
    project.store.save_batch(Batch("lone", "topic", "random", 0, (Proposal("lone", 1.0, "it is there"),)))
    assert look(project, Plan()) == []
    propose(project, "all", *range(N))
    answer(project, *range(N), status="skipped")
    assert look(project, Plan()) == []


def test_a_second_ctrl_c_ends_a_watch_that_hangs() -> None:
    watching = Watching(Plan(), poll=1, listen="127.0.0.1:0", hook_url="", with_hook=False)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), watching._ending_by_signals():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_on_a_narrow_terminal_trouble_and_work_stand_first() -> None:
    questions = (QuestionStatus("topic", 40, 5, 180), QuestionStatus("entities", 40, 0, 180))
    job = Job(1, "round", {"training": {"question": "topic"}}, "running", done=3, total=5, what="folds")
    line = status_in_words(Status(questions, PullReport(), job, None, "workbench-3", "It is away."))
    assert line == (
        "trying again: It is away. · round of topic, folds: 3 of 5 · workbench-3 · "
        "topic: 40 answered +5, 180 wait · entities: 40 +0, 180 wait"
    )
    calm = status_in_words(Status(questions, PullReport(), None, None, "workbench-3"), "no worker")
    assert calm.startswith("no worker · workbench-3 · topic: 40 answered +5, 180 wait · ")


def worker_there(project: Project, before: int | None = None) -> int:
    """Wait for a worker that holds the lock, another than the one before, and return its process."""
    lock, end = FileLock(project.folder / LOCK_NAME), time.monotonic() + 60
    while time.monotonic() < end:
        process = lock.holder()
        if process not in (None, before, os.getpid()):
            return int(process or 0)
        time.sleep(0.05)
    raise AssertionError((project.folder / WORKER_LOG).read_text())


def test_a_worker_that_died_is_started_again_and_none_is_left_behind(project: Project) -> None:
    with HeldWorker(project) as held:
        first = worker_there(project)
        assert held.tend() == ""
        held._next_start = float("inf")  # too early for another one, however long the first one took
        os.kill(first, signal.SIGKILL)
        end = time.monotonic() + 30
        while not (said := held.tend()) and time.monotonic() < end:  # its threads end one by one
            time.sleep(0.05)
        assert str(WORKER_LOG) in said
        held._next_start = 0.0
        assert held.tend() == ""
        second = worker_there(project, first)
    assert not is_alive(second)


def wait_for_end(process: int) -> None:
    end = time.monotonic() + 30
    while is_alive(process):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_worker_ends_when_the_watch_is_killed(project: Project) -> None:
    program = (
        "import sys, time; from pathlib import Path; from workbench.cli.watching import HeldWorker; "
        "from workbench.usecases.project import open_folder\n"
        "with open_folder(Path(sys.argv[1])) as project, HeldWorker(project): time.sleep(600)"
    )
    watch = subprocess.Popen([sys.executable, "-c", program, str(project.folder)])
    try:
        worker = worker_there(project, watch.pid)
    finally:
        watch.kill()
        watch.wait()
    wait_for_end(worker)
