"""What a reader takes for one word although tokenizers break it: addresses, account names, hashtags, runs.

A piece of such a word taught as a word of its own is mostly a name without a label: on WNUT17, whose texts
are full of them, a tagger that learned them so found fewer names (see benchmarks/README.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from workbench.domain.arrays import AnyArray

# Scripts that put no space between words: a name ends where they begin.
SPACELESS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
LETTER = rf"[^\W{SPACELESS}]"
# The characters of RFC 3986; a comma or bracket before a letter parts the address from what follows it.
WEB = r"(?P<web>(?:https?://|(?<!\w)www\.)(?:[!#-&'(*+\-./0-;=?-\[\]_a-z~]|[,)](?![^\W\d_]))+)"
# At most 64 characters stand before the @ (RFC 5321, 4.5.3.1.1): the search takes no longer than the text.
MAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
ACCOUNT = rf"(?<!\w)@{LETTER}+"
HASHTAG = rf"(?<!\w)#{LETTER}+(?:-{LETTER}+)*"
ENTITY = r"&(?:[a-z]{2,8}|#[0-9]{1,6});"  # of HTML
RUN = r"(?P<mark>[!-/:-@\[-`{-~])(?P=mark)+"
UNBROKEN = re.compile("|".join((WEB, MAIL, ACCOUNT, HASHTAG, ENTITY, RUN)), re.IGNORECASE)
# Marks at the end of an address belong to the sentence around it.
CLOSING = ".,;:!?)]}'\""


def unbroken(text: str) -> list[tuple[int, int]]:
    """Return what is one word to a reader as characters [start, end), in order.

    >>> unbroken("Ask @norrvik about #RT-8820 ... or see https://example.org/faq.")
    [(4, 12), (19, 27), (28, 31), (39, 62)]
    """
    found = []
    for match in UNBROKEN.finditer(text):
        word = match.group().rstrip(CLOSING) if match.group("web") else match.group()
        found.append((match.start(), match.start() + len(word)))
    return found


def begins_word(words: Sequence[tuple[int, int]], text: str) -> AnyArray:
    """Return whether each word of a tokenizer begins one of a reader, `(k,)` bool.

    `words` are characters [start, end), ascending, and share none. Of those inside one address, name
    or run only the first does.
    """
    begins = np.ones(len(words), dtype=bool)
    if words:
        starts, ends = np.array(words).T
        for start, end in unbroken(text):
            first = np.searchsorted(starts, start)
            begins[first + 1 : np.searchsorted(ends, end, side="right")] = False
    return begins
