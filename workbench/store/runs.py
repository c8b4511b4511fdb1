"""Runs and rounds: what was trained, on what, and how good it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from workbench.domain.annotations import now
from workbench.domain.runs import Run
from workbench.errors import InputError, UnknownNameError
from workbench.store import questions, schema
from workbench.store.values import AnyRow, checked_seed, from_json, same_values, storable, to_json

_runs = schema.runs.c
_rounds = schema.rounds.c


def save(connection: Connection, run: Run, folder: str) -> None:
    """Append a run. Saving the same one again changes nothing; another one of its id is refused."""
    row = _row(connection, run, folder)
    known = connection.execute(select(schema.runs).where(_runs.id == run.id)).mappings().one_or_none()
    if known is None:
        connection.execute(insert(schema.runs), row)
    elif not same_values(dict(known), row, row.keys() - {"created_at"}):
        raise InputError(f"There is another run '{run.id}'.", hint="Every training needs an id of its own.")


def find(connection: Connection, question: str | None) -> list[Run]:
    """Return runs, newest first."""
    query = _named()
    if question is not None:
        query = query.where(_runs.question == questions.get(connection, question).number)
    return [_run(row) for row in connection.execute(query.order_by(_runs.number.desc()))]


def get(connection: Connection, id: str) -> tuple[Run, str]:
    """Return a run and its folder. Raises UnknownNameError."""
    row = connection.execute(_named().where(_runs.id == id)).one_or_none()
    if row is None:
        known = select(_runs.id).order_by(_runs.number.desc())
        raise UnknownNameError("run", id, connection.execute(known).scalars())
    return _run(row), row.folder


def save_round(connection: Connection, question: str, figures: Mapping[str, Any]) -> None:
    """Append the figures of one round."""
    row = {
        "question": questions.get(connection, question).number,
        "figures": to_json(dict(figures), where=f"round of {question}"),
        "created_at": now(),
    }
    connection.execute(insert(schema.rounds), row)


def rounds(connection: Connection, question: str) -> list[dict[str, Any]]:
    """Return the figures of each round, oldest first, with `round` (from 1) and `created_at`."""
    asked = questions.get(connection, question)
    query = select(schema.rounds).where(_rounds.question == asked.number).order_by(_rounds.number)
    return [
        {"round": place, "created_at": row.created_at, **from_json(row.figures)}
        for place, row in enumerate(connection.execute(query), start=1)
    ]


def _named() -> Any:
    return select(schema.runs, schema.questions.c.name).join(schema.questions)


def _row(connection: Connection, run: Run, folder: str) -> dict[str, Any]:
    where = f"run {run.id}"
    return {
        "id": storable(run.id),
        "question": questions.get(connection, run.question).number,
        "folder": storable(folder, where=where),
        "learner": storable(run.learner, where=where),
        "seed": checked_seed(run.seed),
        "labels": to_json(run.labels, where=where),
        "label_version": run.label_version,
        "n_examples": run.n_examples,
        "data_hash": run.data_hash,
        "config": to_json(dict(run.config), where=where),
        "versions": to_json(dict(run.versions), where=where),
        "figures": to_json(dict(run.figures), where=where),
        "basis": run.basis,
        "seconds": run.seconds,
        "created_at": run.created_at or now(),
        "facts": to_json(dict(run.facts), where=where),
    }


def _run(row: AnyRow) -> Run:
    return Run(
        id=row.id,
        question=row.name,
        learner=row.learner,
        seed=row.seed,
        labels=tuple(from_json(row.labels)),
        label_version=row.label_version,
        n_examples=row.n_examples,
        data_hash=row.data_hash,
        config=from_json(row.config),
        versions=from_json(row.versions),
        figures=from_json(row.figures),
        basis=row.basis,
        seconds=row.seconds,
        created_at=row.created_at,
        facts=from_json(row.facts),
    )
