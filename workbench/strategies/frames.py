"""Frames: what many texts of a pool say word for word, as the footer of a mail or the fields of a form.

A frame says nothing about what a text is about, but it may be most of its words: two short mails under one
long footer would pass for near-copies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from workbench.domain.documents import folded_text

LOOKED_AT = 400  # texts: a share of a twentieth is told well enough, and it takes milliseconds
COMMON = 0.05  # of the texts: a word that stands in more of them is a common one
FEWEST = 50  # texts: a family of near-copies in a small pool is no frame
FEWEST_LEFT = 4  # words: of fewer, as two names in a form, nobody can tell
RUN = 8  # common words, one after the other: in free speech some other word comes between


def common_words(texts: Sequence[str]) -> frozenset[str]:
    """Return the words, folded, that stand in more than a twentieth of the texts, and in more than fifty.

    They are counted in 400 texts that lie evenly over all.
    """
    if len(texts) <= FEWEST:
        return frozenset()
    rows = np.unique(np.linspace(0, len(texts) - 1, LOOKED_AT).astype(np.int64)).tolist()
    counts = Counter(word for row in rows for word in set(folded_text(texts[row]).split()))
    least = max(COMMON, FEWEST / len(texts)) * len(rows)
    return frozenset(word for word, n in counts.items() if n > least)


def without_frames(words: Sequence[str], common: frozenset[str]) -> list[str]:
    """Return the words without runs of eight common ones or more; all of them where fewer than four are left.

    >>> without_frames("hi , my card is lost the sender of this mail is not liable".split(), frozenset(
    ...     "the sender of this mail is not liable".split()))
    ['hi', ',', 'my', 'card', 'is', 'lost']
    """
    kept: list[str] = []
    run: list[str] = []
    for word in words:
        if word in common:
            run.append(word)
            continue
        kept += run if len(run) < RUN else []
        run = []
        kept.append(word)
    kept += run if len(run) < RUN else []
    return kept if len(kept) >= FEWEST_LEFT else list(words)
