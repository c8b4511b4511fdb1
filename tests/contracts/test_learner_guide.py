"""The guide of the learners names every setting of every learner, with its default."""

import re
from pathlib import Path

import pytest

from workbench import catalog
from workbench.domain.ports import LearnerContext

pytestmark = [pytest.mark.torch, pytest.mark.slow]
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "learners.md"
ROWS = [
    line.split("|")[1:3]
    for line in GUIDE.read_text(encoding="utf-8").partition("## All settings")[2].splitlines()
    if line.startswith("| `")
]


@pytest.fixture(scope="module")
def settings():
    context = LearnerContext(encoder=catalog.encoder("minilm", n_threads=1))
    return [
        (name, setting, default)
        for kind in ("textcat", "ner")
        for name in catalog.learner_names(kind)
        for setting, default in catalog.learner(name, kind, context).config.items()
    ]


def as_written(default):
    """Return how a person may write a value."""
    if isinstance(default, float):
        return {f"{default:g}", f"{default:.0e}".replace("e-0", "e-")}
    return {str(default).lower()}


def test_every_setting_stands_there_with_its_learner_and_default(settings):
    for name, setting, default in settings:
        (said,) = [said for named, said in ROWS if f"`{setting}`" in named]
        assert f"`{name}`" in said, (name, setting)
        assert as_written(default) & set(re.findall(r"[\w.-]+", said)), (name, setting, default)


def test_no_setting_of_it_is_one_of_the_past(settings):
    named = {found for names, _ in ROWS for found in re.findall(r"`(\w+)`", names)}
    assert named == {setting for _, setting, _ in settings}
