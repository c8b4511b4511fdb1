"""What a server's answers must look like to be used, and what its refusals say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

NO_ANSWER = (ValueError, RecursionError)  # no JSON, no text, or JSON of absurd numbers or depth


def encoded(body: Any) -> bytes:
    """Return a body as JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def detail_of(answer: httpx.Response) -> str:
    """Return what a refusal says, '' when it says nothing that can be shown."""
    try:
        return detail(answer.json())
    except NO_ANSWER:
        return ""


def detail(body: Any) -> str:
    """Return what a refusal says, without its page of HTML."""
    if not isinstance(body, Mapping):
        return ""
    errors = body.get("validation_errors")
    return json.dumps(errors) if errors else str(body.get("detail") or "")


def date(header: str) -> datetime | None:
    """Return a header's point in time, None when it says none."""
    try:
        said = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def is_page(answer: Any) -> bool:
    """Tell whether it is a page of tasks."""
    return (
        isinstance(answer, dict)
        and isinstance(answer.get("total"), int)
        and isinstance(answer.get("tasks"), list)
        and all_numbered(answer["tasks"])
    )


def all_numbered(items: Iterable[Any]) -> bool:
    """Tell whether all are objects with a number."""
    return all(map(is_numbered, items))


def is_object(answer: Any) -> bool:
    """Tell whether it is an object."""
    return isinstance(answer, dict)


def is_numbered(answer: Any) -> bool:
    """Tell whether it is an object with a number."""
    return isinstance(answer, dict) and isinstance(answer.get("id"), int)


def is_project(answer: Any) -> bool:
    """Tell whether it is a project with all that is read of it."""
    texts = ("created_at", "label_config", "title")
    return (
        is_numbered(answer)
        and isinstance(answer.get("task_number"), int)
        and all(isinstance(answer.get(key), str) for key in texts)
    )


def is_page_of_projects(answer: Any) -> bool:
    """Tell whether it is a page of projects."""
    return isinstance(answer, dict) and is_list(answer.get("results"))


def is_list(answer: Any) -> bool:
    """Tell whether it is a list of objects with numbers."""
    return isinstance(answer, list) and all_numbered(answer)
