"""What strategies say of themselves."""

import pytest

from workbench import catalog
from workbench.errors import UnknownNameError
from workbench.usecases.list_strategies import list_strategies


def test_every_strategy_is_listed_and_says_what_it_does():
    listed = list_strategies()
    assert [facts.name for facts in listed] == list(catalog.strategy_names())
    assert all(facts.says.endswith((".", ".  ", '"')) and len(facts.says) > 20 for facts in listed)


def test_a_kind_of_question_narrows_the_list():
    names = {facts.name for facts in list_strategies("ner")}
    assert {"auto", "mnlp", "small-text/greedy-coreset"} <= names
    assert not {"badge", "small-text/cvirs"} & names


def test_what_it_needs_and_can_use_is_said():
    (auto,) = [facts for facts in list_strategies() if facts.name == "auto"]
    assert auto.needs == ("vectors",)
    assert "scores" in auto.uses
    assert auto.kinds == ("textcat", "textcat-multi", "ner")


def test_a_wrong_kind_is_answered_with_the_right_ones():
    with pytest.raises(UnknownNameError, match="textcat-multi"):
        list_strategies("entities")
