from __future__ import annotations

import time

import pytest

from workbench.errors import InputError, StoreError, UnknownNameError
from workbench.store.jobs import Jobs
from workbench.store.project_store import ProjectStore


@pytest.fixture
def jobs(store: ProjectStore) -> Jobs:
    return Jobs(store)


def test_a_job_goes_from_queued_to_done(jobs: Jobs) -> None:
    asked = jobs.enqueue("train", {"question": "topic", "seeds": [1, 2]})
    assert (asked.state, asked.arguments) == ("queued", {"question": "topic", "seeds": [1, 2]})
    running = jobs.claim("w1")
    assert running is not None
    assert (running.id, running.state, running.worker, running.attempt) == (asked.id, "running", "w1", 1)
    seen = jobs.heartbeat(running, 3, 10, "epochs")
    assert (seen.done, seen.total, seen.what) == (3, 10, "epochs")
    assert jobs.heartbeat(running).done == 3, "a heartbeat without figures leaves them"
    done = jobs.finish(running, {"run": "r1"})
    assert (done.state, done.result) == ("done", {"run": "r1"})
    assert done.finished_at
    assert jobs.get(asked.id) == done


def test_the_oldest_job_is_taken_first_and_by_one_worker_only(jobs: Jobs) -> None:
    first, second = jobs.enqueue("train", {}), jobs.enqueue("export", {})
    taken = [jobs.claim("w1"), jobs.claim("w2"), jobs.claim("w3")]
    assert [job and job.id for job in taken] == [first.id, second.id, None]
    assert [job.id for job in jobs.list()] == [second.id, first.id]


def test_short_jobs_are_taken_before_long_ones_that_were_asked_for_earlier(jobs: Jobs) -> None:
    names = ("train", "export", "languages", "train", "import")
    at_work, export, languages, train, read = [jobs.enqueue(verb, {}) for verb in names]
    assert (taken := jobs.claim("w")) is not None
    assert taken.id == languages.id
    assert [job.id for job in jobs.line()] == [job.id for job in (languages, read, at_work, export, train)]
    order = [job.id for job in iter(lambda: jobs.claim("w"), None)]
    assert order == [job.id for job in (read, at_work, export, train)]
    assert jobs.line()[0].state == "running"


def test_the_line_is_what_runs_then_what_waits_and_no_ended_job(jobs: Jobs) -> None:
    ended, running, waiting = [jobs.enqueue("train", {}) for _ in range(3)]
    jobs.cancel(ended.id)
    jobs.claim("w")
    jobs.enqueue("languages", {})
    assert [(job.id, job.state) for job in jobs.line()] == [
        (running.id, "running"),
        (waiting.id + 1, "queued"),
        (waiting.id, "queued"),
    ]


def test_a_key_makes_one_job_even_after_it_ended(jobs: Jobs) -> None:
    first = jobs.enqueue("train", {"seed": 1}, key="k")
    running = jobs.claim("w")
    assert running is not None
    jobs.finish(running, {})
    assert jobs.enqueue("train", {"seed": 1}, key="k").id == first.id
    assert jobs.enqueue("train", {"seed": 1}, key="k").state == "done"
    with pytest.raises(InputError, match="used for another job"):
        jobs.enqueue("train", {"seed": 2}, key="k")
    assert len(jobs.list()) == 1


def test_a_failed_job_says_why_and_can_be_resumed(jobs: Jobs) -> None:
    jobs.enqueue("train", {})
    running = jobs.claim("w")
    assert running is not None
    failed = jobs.fail(running, "no \0 space \ud800")
    assert (failed.state, failed.message) == ("failed", "no � space ?")
    assert jobs.resume(failed.id).state == "queued"
    again = jobs.claim("w")
    assert again is not None
    assert (again.attempt, again.message) == (2, "")


def test_cancelling_a_queued_job_ends_it_and_a_running_one_is_asked_to_stop(jobs: Jobs) -> None:
    first, second = jobs.enqueue("train", {}), jobs.enqueue("train", {})
    assert jobs.cancel(second.id).state == "cancelled"
    running = jobs.claim("w")
    assert running is not None
    assert jobs.cancel(first.id).state == "running"
    assert jobs.heartbeat(running).cancel_requested
    assert jobs.stop(running, "cancelled", "Cancelled.").state == "cancelled"
    assert jobs.claim("w") is None
    with pytest.raises(InputError, match="nothing to cancel"):
        jobs.cancel(first.id)
    assert not jobs.resume(first.id).cancel_requested


def test_only_ended_jobs_without_a_result_are_resumed(jobs: Jobs) -> None:
    queued = jobs.enqueue("train", {})
    with pytest.raises(InputError, match="is queued and cannot be resumed"):
        jobs.resume(queued.id)


def test_an_attempt_that_is_over_cannot_write_any_more(jobs: Jobs) -> None:
    jobs.enqueue("train", {})
    lost = jobs.claim("w1")
    assert lost is not None
    jobs.recover(stale_after=0)
    jobs.resume(lost.id)
    fresh = jobs.claim("w2")
    assert fresh is not None
    for write in (lambda: jobs.heartbeat(lost), lambda: jobs.finish(lost, {}), lambda: jobs.fail(lost, "x")):
        with pytest.raises(StoreError, match="Attempt 1 of job 1 is over"):
            write()
    assert jobs.finish(fresh, {}).state == "done"
    with pytest.raises(StoreError, match="the job is done"):
        jobs.finish(fresh, {})


def test_jobs_without_a_heartbeat_are_interrupted(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.enqueue("train", {})
    jobs.enqueue("train", {})
    old = jobs.claim("w")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100)
    new = jobs.claim("w")
    assert old is not None
    assert new is not None
    assert [job.id for job in jobs.recover(stale_after=30)] == [old.id]
    assert (jobs.get(old.id).state, jobs.get(new.id).state) == ("interrupted", "running")
    assert jobs.recover(stale_after=30) == []


def test_a_clock_that_was_set_back_interrupts_nothing(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.enqueue("train", {})
    jobs.claim("w")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert jobs.recover(stale_after=30) == []
    assert len(jobs.recover(stale_after=0)) == 1


def test_unknown_jobs_and_bad_verbs_are_refused(jobs: Jobs) -> None:
    with pytest.raises(UnknownNameError, match="no job '7'"):
        jobs.get(7)
    with pytest.raises(InputError):
        jobs.enqueue("rm -rf", {})
    with pytest.raises(InputError, match="JSON"):
        jobs.enqueue("train", {"path": object()})
