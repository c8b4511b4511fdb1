"""An export that somebody damaged anywhere is read or refused; nothing else ever happens."""

import copy
import json
import random
from pathlib import Path

import pytest

from workbench.domain.conversion import ReadOptions, WriteOptions
from workbench.errors import SourceError
from workbench.sources.label_studio.source import LabelStudioSource

CONFIG = """<View>
  <Text name="doc" value="$body"/>
  <Choices name="topic" toName="doc"><Choice value="billing"/></Choices>
  <Labels name="parts" toName="doc"><Label value="PER"/></Labels>
</View>"""
SPAN = {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}
RESULT = [
    {"id": "b", "from_name": "parts", "to_name": "doc", "type": "labels", "value": SPAN},
    {"id": "a", "from_name": "topic", "to_name": "doc", "type": "choices", "value": {"choices": ["billing"]}},
    {"type": "relation", "from_id": "b", "to_id": "b"},
]
EXPORT = [
    {
        "id": 7,
        "data": {"body": "Ada paid 😀 twice", "ext_id": 12, "nested": {"a": [1]}},
        "meta": {"batch": 3},
        "annotations": [
            {"id": 2, "completed_by": {"id": 4, "email": "a@b.c"}, "result": RESULT, "lead_time": 2.5},
            {
                "id": 3,
                "completed_by": 4,
                "result": [],
                "was_cancelled": True,
                "created_at": "2024-05-01T10:00:00Z",
            },
        ],
        "drafts": [{"id": 1, "user": "a@b.c", "result": RESULT[:1]}],
        "predictions": [{"id": 1, "result": RESULT, "score": 0.25, "model_version": "m"}],
        "created_at": "2024-05-01T09:00:00Z",
    },
    {"id": 9, "data": {"body": "second"}},
]
JUNK = [None, True, 3, -1, 2.5, "x", "", [], {}, [1], {"a": 1}, "2024", ["billing"], {"id": 4, "email": ""}]


def places(value, path=()):
    """Yield the path to every value inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def damaged(rng):
    tasks = copy.deepcopy(EXPORT)
    for _ in range(rng.choice([1, 1, 2, 3])):
        *above, last = rng.choice(list(places(tasks)))
        place = tasks
        for key in above:
            place = place[key]
        if rng.random() < 0.2:
            del place[last]
        else:
            place[last] = copy.deepcopy(rng.choice(JUNK))
        if not tasks:
            return tasks
    return tasks


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_damage_is_refused_or_survives_the_way_back(tmp_path: Path, seed: int):
    (tmp_path / "config.xml").write_text(CONFIG)
    source, path, out = LabelStudioSource(), tmp_path / "export.json", tmp_path / "written.json"
    rng, n_read = random.Random(seed), 0
    for _ in range(400):
        tasks = damaged(rng)
        path.write_text(json.dumps(tasks))
        try:
            imported = source.read(path, ReadOptions())
        except SourceError:
            continue
        n_read += 1
        source.write(imported.documents, imported.questions, out, WriteOptions(), imported.file_layout)
        if not imported.report.adjusted and not imported.report.rejected:
            assert json.loads(out.read_text(encoding="utf-8")) == tasks
    assert 50 < n_read < 350
