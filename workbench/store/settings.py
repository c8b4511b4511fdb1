"""Settings of questions: appended facts, the newest of each name holds."""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import insert, select

from workbench.domain.annotations import now
from workbench.domain.settings import QuestionSettings
from workbench.store import questions, schema
from workbench.store.project_store import ProjectStore
from workbench.store.values import from_json, to_json

_settings = schema.question_settings.c
NAMES = frozenset(field.name for field in fields(QuestionSettings))


class Settings:
    """How the questions of one project are put to annotators."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def of(self, question: str) -> QuestionSettings:
        """Return what holds today. Raises UnknownNameError."""
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            query = select(_settings.name, _settings.value).where(_settings.question == asked.number)
            rows = connection.execute(query.order_by(_settings.sequence))
            return QuestionSettings(**{r.name: from_json(r.value) for r in rows if r.name in NAMES})

    def change(self, question: str, settings: QuestionSettings) -> None:
        """Append what is new. Raises UnknownNameError for an unknown question."""
        before = asdict(self.of(question))
        with self._database.write() as connection:
            asked = questions.get(connection, question)
            rows = [
                {
                    "question": asked.number,
                    "name": name,
                    "value": to_json(value, where=f"setting {name} of {question}"),
                    "created_at": now(),
                }
                for name, value in asdict(settings).items()
                if value != before[name]
            ]
            if rows:
                connection.execute(insert(schema.question_settings), rows)
