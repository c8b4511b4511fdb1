from __future__ import annotations

from workbench.errors import Problem, SourceError, UnknownNameError


def test_a_wrong_name_is_answered_with_the_right_ones() -> None:
    text = str(UnknownNameError("strategy", "margn", ["random", "margin"]))
    assert "no strategy 'margn'" in text
    assert "Did you mean 'margin'?" in text
    assert "Known: random, margin." in text


def test_of_very_many_names_the_nearest_ten_are_listed_and_the_rest_are_counted() -> None:
    known = [*(f"project-{n}" for n in range(269)), "tickets"]
    text = str(UnknownNameError("project", "ticket", known))
    assert "Did you mean 'tickets'? Known: tickets, project-0, " in text
    assert "project-8 and 260 more." in text
    assert "project-9," not in text
    assert str(UnknownNameError("project", "nope", known)).endswith("project-9 and 260 more.")
    assert str(UnknownNameError("project", "nope", [])).endswith("Known: none.")


def test_a_source_error_names_the_file_and_every_place() -> None:
    text = str(SourceError("a.conll", [Problem("tag", "no tag", line=3), Problem("tag", "no tag", line=9)]))
    assert text.startswith("a.conll:")
    assert "line 3: no tag" in text
    assert "line 9: no tag" in text


def test_a_source_error_with_very_many_problems_shows_the_first_and_counts_the_rest() -> None:
    text = str(SourceError("a.csv", [Problem("x", "bad", line=n) for n in range(1, 101)]))
    assert "line 20: bad" in text
    assert "line 21: bad" not in text
    assert "and 80 more" in text


def test_several_problems_are_counted_and_none_is_said_too() -> None:
    two = SourceError("x.csv", [Problem("a", "This.", line=1), Problem("b", "That.", line=2)])
    assert str(two) == "x.csv: 2 problems:\n  line 1: This.\n  line 2: That."
    assert str(SourceError("x.csv", [])) == "x.csv: Nothing can be taken from this file."
