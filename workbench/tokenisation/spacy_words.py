"""Words by spaCy's blank pipelines: rules only, no model and no network."""

from __future__ import annotations

import pkgutil
import re
from functools import lru_cache

import numpy as np
import spacy
import spacy.lang
from spacy.tokenizer import Tokenizer

from workbench.domain.arrays import Offsets
from workbench.errors import MachineError, UnknownNameError

DEFAULT_LANGUAGE = "xx"
NOT_SPACE = re.compile(r"\S+")


def words_of(text: str, language: str = DEFAULT_LANGUAGE) -> Offsets:
    """Return the words of a text as character offsets (k, 2) int32, `[start, end)`, in text order.

    Words do not overlap, hold no white space, and every other character belongs to exactly one of
    them, so that no span is lost between words. `xx` knows no language; scripts without spaces come
    out as long words there (`zh` gives a word a character). Raises UnknownNameError for a language
    that spaCy does not know.
    """
    # To spaCy a run of white space is a token; here it belongs to no word.
    bounds = [
        (token.idx + piece.start(), token.idx + piece.end())
        for token in _tokenizer(language)(text)
        for piece in NOT_SPACE.finditer(token.text)
    ]
    return np.array(bounds, dtype=np.int32).reshape(-1, 2)


@lru_cache(maxsize=8)
def _tokenizer(language: str) -> Tokenizer:
    known = [module.name for module in pkgutil.iter_modules(spacy.lang.__path__) if module.ispkg]
    if language not in known:
        raise UnknownNameError("language", language, known)
    try:
        return spacy.blank(language).tokenizer
    except ImportError as error:
        raise MachineError(
            f"Words of the language '{language}' need a package that is not installed: {error}",
            hint=f"Install it, or use the language '{DEFAULT_LANGUAGE}'.",
        ) from error
