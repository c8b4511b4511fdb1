"""The language of texts, told by py3langid (Lui & Baldwin, 2012, "langid.py")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from workbench.domain.ports import Progress, silent

UNKNOWN = "und"  # ISO 639-2: undetermined
LEAST_LETTERS = 12  # of fewer letters no language can be told
LONGEST = 2_000  # characters that are looked at
STEP = 500


@dataclass(frozen=True, slots=True)
class Language:
    """An ISO 639-1 code, or `und`, and how likely it is, from 0 to 1."""

    code: str
    probability: float


def languages_of(
    texts: Sequence[str], *, at_least: float = 0.5, progress: Progress = silent
) -> list[Language]:
    """Return the language of each text; `und` for a text that is too short or not clear enough."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found = []
    for row, text in enumerate(texts):
        if row % STEP == 0:
            progress(row, len(texts), "languages")
        if sum(map(str.isalpha, text[:LONGEST])) < LEAST_LETTERS:
            found.append(Language(UNKNOWN, 0.0))
            continue
        code, probability = identifier.classify(text[:LONGEST])
        sure = float(probability)
        found.append(Language(str(code) if sure >= at_least else UNKNOWN, sure))
    progress(len(texts), len(texts), "languages")
    return found
