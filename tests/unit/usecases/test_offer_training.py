"""What the page of models offers is what the learners take."""

from __future__ import annotations

import dataclasses

import pytest

from workbench import catalog
from workbench.domain.questions import KINDS, Kind, Question
from workbench.usecases.offer_training import Offer, changed_settings, offers

pytestmark = [pytest.mark.torch, pytest.mark.slow]


def config_of(kind: Kind, learner: str) -> object:
    """Return the default configuration of a learner of the house."""
    if learner == "tags":
        from workbench.learners.tag_head import TagConfig

        return TagConfig()
    if kind == "ner":
        from workbench.learners.bert_ner import BertNerConfig

        return BertNerConfig()
    if learner == "bert":
        from workbench.learners.bert_textcat import BertTextcatConfig

        return BertTextcatConfig()
    if learner == "setfit":
        from workbench.learners.setfit_textcat import SetFitConfig

        return SetFitConfig()
    if learner == "tfidf":
        from workbench.learners.tfidf import TfidfConfig

        return TfidfConfig()
    if learner == "kernel":
        from workbench.learners.kernel import KernelConfig

        return KernelConfig()
    from workbench.learners.linear import DEFAULTS

    return DEFAULTS


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_has_the_default_and_the_bounds_of_its_learner(kind: Kind) -> None:
    found = offers(Question("q", kind, ("a", "b")))
    assert {offer.learner for offer in found} >= set(catalog.LEARNERS[kind])
    assert found[0].is_default
    for offer in found:
        defaults = config_of(kind, offer.learner)
        assert offer.settings
        for setting in offer.settings:
            default = getattr(defaults, setting.name)
            assert (setting.default, type(setting.default)) == (default, type(default)), setting
            for value in setting.choices or (setting.least, setting.most):
                dataclasses.replace(defaults, **{setting.name: type(default)(value)})  # type: ignore[type-var]


def test_only_what_was_changed_is_asked_for() -> None:
    tfidf = next(o for o in offers(Question("q", "textcat", ("a", "b"))) if o.learner == "tfidf")
    assert changed_settings(tfidf, {"c": 20.0, "balance": "none", "longest_run": 2}) == {}
    changed = changed_settings(tfidf, {"c": 5, "balance": "sqrt", "longest_run": 2})
    assert changed == {"c": 5.0, "balance": "sqrt"}
    assert isinstance(changed["c"], float)
    assert changed_settings(Offer("other", ""), {"c": 3.0}) == {}
