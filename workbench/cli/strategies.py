"""The command that lists by what documents can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from workbench.cli.printing import wrapped


def strategies(
    kind: Annotated[
        str,
        typer.Option(help="Only those for textcat, textcat-multi or ner questions.", show_default=False),
    ] = "",
) -> None:
    """List the strategies: what each asks about, for which questions, and what it needs.

    Scores, features and samples come from a trained model, labelled targets and scores from answers, terms from you.
    Who is given vectors gets those of the answered documents with them, as many as there are.
    """
    from workbench.usecases.list_strategies import list_strategies

    for facts in list_strategies(kind or None):
        print(facts.name)
        for line in wrapped(facts.says, indent="    "):
            print(line)
        needs = f"needs {in_words(facts.needs)}"
        uses = f"; uses {in_words(facts.uses)} where there are any" if facts.uses else ""
        for line in wrapped(f"for {in_words(facts.kinds)}; {needs}{uses}", indent="    "):
            print(line)


def in_words(names: Sequence[str]) -> str:
    """Return names as a person reads them; vectors stand for those of answered documents, too.

    >>> in_words(["labelled_vectors", "vectors"])
    'vectors'
    >>> in_words(["labelled_vectors", "scores"]), in_words([])
    ('labelled vectors, scores', 'nothing')
    """
    said = [name for name in names if name != "labelled_vectors" or "vectors" not in names]
    return ", ".join(said).replace("_", " ") or "nothing"
