"""Values as the words that a reader sees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Controls that a browser cannot show, and those that would turn the text around them.
UNSHOWN = {n: "\ufffd" for n in (*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0xD800, 0xE000))}
TURNING = {n: "\ufffd" for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}

FIXED_SPACE = "\u00a0"


def plain(name: str) -> str:
    """Return a name (label, id, setting) with characters replaced that would disturb its line.

    >>> plain("a\\u202eb")
    'a\ufffdb'
    """
    return name.translate(UNSHOWN | TURNING)


def as_figure(value: float | None) -> str:
    """Write a figure with three decimals, an undefined one as a dash.

    >>> as_figure(0.8769), as_figure(None)
    ('0.877', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def as_percent(value: float | None) -> str:
    """Write a share in whole per cent; never 100 % of what is not certain, nor 0 % of what is not nothing.

    Its parts do not break over two lines.

    >>> [as_percent(value).replace(FIXED_SPACE, "_") for value in (0.997, 1.0, 0.001)]
    ['>_99_%', '100_%', '<_1_%']
    """
    if value is None:
        return "–"
    words = (
        "> 99 %" if 0.99 < value < 1 else "< 1 %" if 0 < value < 0.01 else f"{value:.0%}".replace("%", " %")
    )
    return words.replace(" ", FIXED_SPACE)


def as_facts(values: Mapping[str, Any]) -> dict[str, str]:
    """Write settings as text: strings as they are, everything else as JSON; sorted by name."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        for name, value in sorted(values.items())
    }


def remarks_on_training(facts: Mapping[str, Any]) -> list[str]:
    """Return what deserves a look, a sentence each: texts that answers contradict, spans not learned as they are.

    >>> remarks_on_training({"spans": 40, "adjusted_spans": 2, "spans_without_words": 0})
    ['2 of 40 spans begin or end inside a word: they were learned as the whole words they touch.']
    """
    sentences = {
        "adjusted_spans": "begin or end inside a word: they were learned as the whole words they touch.",
        "overlapping_spans": "share a word with a longer one: they were not learned.",
        "spans_without_words": "hold no word that the model sees: they were not learned.",
    }
    total = facts.get("spans", 0)
    return [
        *_remark_on_contradictions(facts),
        *(
            f"{facts[name]:,} of {total:,} spans {said}"
            for name, said in sentences.items()
            if facts.get(name)
        ),
    ]


def _remark_on_contradictions(facts: Mapping[str, Any]) -> list[str]:
    n = facts.get("contradicted_texts", 0)
    if not n:
        return []
    one = n == 1
    first = ", ".join(plain(str(id)) for id in facts.get("contradicting_documents", ())[:5])
    return [
        f"{n:,} {'text stands' if one else 'texts stand'} more than once with different answers"
        f" ({'' if one else 'the first: '}documents {first}): no model can give all of them; answer them alike."
    ]


def shorten_name(name: str, limit: int = 22) -> str:
    """Return the name, its middle replaced by … when it is longer than the limit.

    >>> shorten_name("a-very-long-name-of-a-strategy")
    'a-very-long…a-strategy'
    """
    if len(name) <= limit:
        return name
    half = (limit - 1) // 2
    return f"{name[: limit - 1 - half]}…{name[-half:]}"
