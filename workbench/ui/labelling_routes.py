"""The requests of the labelling card: send answers, give me the next documents, and who is signed in.

They go past Streamlit: an answer is acknowledged without running a page. The first two are POST requests with a
JSON object; what stands in front of them (`gate.py`) has checked who asks and that the page is ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.config import MEBIBYTE
from workbench.errors import InputError, UnknownNameError, WorkbenchError
from workbench.ui.answers import Receipt, record_answers
from workbench.ui.card import questions_data, queue_data
from workbench.ui.gate import csrf_token, visitor_of
from workbench.ui.projects import open_shared
from workbench.ui.waking import is_ranked_live, wake_ranker
from workbench.usecases.queue_documents import ranking

MAX_BODY = 16 * MEBIBYTE
MOST_SHOWING = 100
MOST_QUESTIONS = 100
Work: TypeAlias = Callable[[Mapping[str, Any], str | None], dict[str, Any]]


async def send_answers(request: Request) -> Response:
    """Record `answers`, oldest first; the reply names those on disk (`saved`) and those `refused` for good.

    What is in neither is to be sent again; `error` then says why. `ranking` changes when the documents
    were ranked anew, `questions` when labels changed. `is_live`: a new ranking may follow in a moment.
    """
    return await _reply(request, take_answers)


async def next_documents(request: Request) -> Response:
    """Lease and return the next documents of a `task` (project, questions, annotator).

    The leases of those on the screen (`showing`, ids) go on.
    """
    return await _reply(request, give_documents)


async def who_is_there(request: Request) -> Response:
    """Return who is signed in ("" without accounts), and the token that this session's requests carry.

    After signing in again, possibly in another tab, the card goes on with it. No other site can read it.
    """
    visitor = visitor_of(request)
    if visitor is None:  # the gate has answered already
        return Response(status_code=401)
    name = "" if visitor.is_local else visitor.name
    return JSONResponse({"name": name, "token": csrf_token(visitor)}, headers={"Cache-Control": "no-store"})


def take_answers(body: Mapping[str, Any], name: str | None = None) -> dict[str, Any]:
    """Record what was sent and say what became of it.

    With a name only its own answers are recorded. Those of others are neither saved nor refused: the browser
    keeps them until their annotator signs in.
    """
    answers = body.get("answers")
    if not isinstance(answers, list):
        raise InputError("A sending has a list of answers.")
    own = [answer for answer in answers if not _is_of_other(answer, name)]
    receipt: Receipt = record_answers(own, open_shared)
    error = receipt.error or (_left_out(answers, name) if len(own) < len(answers) else None)
    return {
        "saved": receipt.saved,
        "refused": [asdict(refusal) for refusal in receipt.refused],
        "error": str(error) if error is not None else "",
        **_task_today(body, is_receipt=bool(answers)),
    }


def _is_of_other(answer: Any, name: str | None) -> bool:
    # One without a name is refused by itself: it keeps no other from being recorded.
    said = answer.get("annotator") if isinstance(answer, Mapping) else None
    return name is not None and isinstance(said, str) and said != name


def _left_out(answers: list[Any], name: str | None) -> InputError:
    others = [answer["annotator"] for answer in answers if _is_of_other(answer, name)]
    names = ", ".join(sorted(set(others))[:3])
    return InputError(
        f"You are signed in as {name}; not recorded: {len(others)} of {names}.",
        hint="They are sent when their annotator signs in.",
    )


def _task_today(body: Mapping[str, Any], *, is_receipt: bool) -> dict[str, Any]:
    """Return ranking and questions of the task; nothing of one that is gone: the receipt must arrive all the same."""
    try:
        project, names, annotator = _task(body)
        if is_receipt:
            wake_ranker(project)
        return {
            "is_live": is_ranked_live(project),
            "ranking": ranking(project, names, annotator),
            "questions": questions_data(project, names),
        }
    except InputError:
        if not is_receipt:
            raise
        return {"ranking": "", "questions": None, "is_live": False}


def give_documents(body: Mapping[str, Any], _name: str | None = None) -> dict[str, Any]:
    """Return the queue of the task."""
    showing = body.get("showing", [])
    if not isinstance(showing, list) or len(showing) > MOST_SHOWING:
        raise InputError("`showing` is a list of document ids.")
    project, names, annotator = _task(body)
    known = set(project.store.document_ids()) if showing else set()
    return queue_data(project, names, annotator, showing=[str(id) for id in showing if str(id) in known])


def _task(body: Mapping[str, Any]) -> tuple[Any, list[str], str]:
    task = body.get("task")
    if not isinstance(task, Mapping):
        raise InputError("A request of the card has a task.")
    names, annotator = task.get("questions"), task.get("annotator")
    if not isinstance(names, list) or not names or not isinstance(annotator, str) or not annotator:
        raise InputError("A task has a project, questions and an annotator.")
    if len(names) > MOST_QUESTIONS:
        raise InputError(f"A task has at most {MOST_QUESTIONS} questions.")
    different = list(dict.fromkeys(str(name) for name in names))
    return open_shared(str(task.get("project"))), different, annotator


async def _reply(request: Request, work: Work) -> Response:
    sent = await _body(request)
    if sent is None:
        return _refusal(413, InputError(f"A sending has at most {MAX_BODY // MEBIBYTE} MB."))
    try:
        body = _object(request, sent)
        name = _account(request)
        refuse_other_name(name, body)
        return JSONResponse(await run_in_threadpool(work, body, name))
    except UnknownNameError as error:
        return _refusal(404, error)
    except InputError as error:
        return _refusal(422, error)
    except WorkbenchError as error:  # the store is busy, full or damaged: to be tried again
        return _refusal(503, error)


async def _body(request: Request) -> bytes | None:
    """Return what was sent, None when it is larger than any sending of the card."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MAX_BODY:
            return None
    return bytes(found)


def _object(request: Request, sent: bytes) -> Mapping[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise InputError("The card sends JSON.")
    try:
        body = json.loads(sent)
    except (ValueError, RecursionError) as error:
        raise InputError("A sending of the card is no JSON.") from error
    if not isinstance(body, Mapping):
        raise InputError("A sending of the card is an object.")
    return body


def _account(request: Request) -> str | None:
    """Return the name of the account that asks, None without accounts."""
    visitor = visitor_of(request)
    return None if visitor is None or visitor.is_local else visitor.name


def refuse_other_name(name: str | None, body: Mapping[str, Any]) -> None:
    """Raise InputError when the card of somebody else asks."""
    task = body.get("task")
    said = task.get("annotator") if isinstance(task, Mapping) else None
    if name is not None and isinstance(said, str) and said != name:
        raise InputError(f"You are signed in as {name}, not as {said}.")


def _refusal(status: int, error: WorkbenchError) -> Response:
    return JSONResponse(
        {"code": type(error).__name__, "message": error.message, "hint": error.hint}, status_code=status
    )


ROUTES = [
    Route("/wb/labelling/answers", send_answers, methods=["POST"]),
    Route("/wb/labelling/next", next_documents, methods=["POST"]),
    Route("/wb/labelling/who", who_is_there, methods=["GET"]),
]
