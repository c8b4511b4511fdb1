"""What the labelling card sends."""

from __future__ import annotations

from typing import Any


def sent(client_id: str = "c1", **changes: Any) -> dict[str, Any]:
    """Return an answer as the card sends it."""
    answer = {
        "client_id": client_id,
        "project": "tickets",
        "question": "topic",
        "annotator": "ana",
        "document_id": "ticket-2",
        "status": "answered",
        "labels": ["fault"],
        "spans": [],
        "label_version": 0,
        "seconds": 2.5,
    }
    return {**answer, **changes}
