"""The names of replaceable parts, as "module:attribute" strings: listed without loading anything.

Other packages add parts by entry points of the groups `workbench.sources`, `workbench.encoders`,
`workbench.learners` and `workbench.strategies`; the name of a learner's entry point ends in `.KIND`
when it serves one kind of question only.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, cast

from workbench.domain.ports import Encoder, Learner, LearnerContext, Source, Strategy, WordEncoder
from workbench.domain.questions import KINDS, Kind
from workbench.errors import InputError, UnknownNameError

SOURCES = {
    "iob2": "workbench.sources.iob2:Iob2Source",
    "conll2003": "workbench.sources.conll2003:Conll2003Source",
    "csv": "workbench.sources.tables:CsvSource",
    "jsonl": "workbench.sources.jsonl:JsonLinesSource",
    "label-studio": "workbench.sources.label_studio.source:LabelStudioSource",
    "docbin": "workbench.sources.spacy_docbin:DocBinSource",
}
ENCODERS = {
    "minilm": "workbench.encoders.minilm:MiniLmEncoder",
}
# Any other encoder name is a sentence-transformers folder or model name.
NAMED_ENCODER = "workbench.encoders.sentence_transformer:SentenceTransformerEncoder"
TEXTCAT_LEARNERS = {
    "tfidf": "workbench.learners.tfidf:TfidfLearner",
    "linear": "workbench.learners.linear:LinearLearner",
    "kernel": "workbench.learners.kernel:KernelLearner",
    "setfit": "workbench.learners.setfit_textcat:SetFitLearner",
    "bert": "workbench.learners.bert_textcat:BertTextcatLearner",
}
LEARNERS: dict[Kind, dict[str, str]] = {
    "textcat": TEXTCAT_LEARNERS,
    "textcat-multi": TEXTCAT_LEARNERS,
    "ner": {
        "bert": "workbench.learners.bert_ner:BertNerLearner",
        "tags": "workbench.learners.tags:TagLearner",
    },
}
LEARNERS_ON_VECTORS = frozenset({"linear", "kernel"})
LEARNERS_ON_WORDS = frozenset({"tags"})
WORD_ENCODER = "workbench.networks.word_means:WordMeans"
STRATEGIES = {
    "auto": "workbench.strategies.auto:Auto",
    "random": "workbench.strategies.uniform:Random",
    "least-confidence": "workbench.strategies.uncertainty:LeastConfidence",
    "margin": "workbench.strategies.uncertainty:Margin",
    "entropy": "workbench.strategies.uncertainty:Entropy",
    "cluster-margin": "workbench.strategies.diversity:ClusterMargin",
    "coverage": "workbench.strategies.weighted_coverage:WeightedCoverage",
    "typiclust": "workbench.strategies.typiclust:TypiClust",
    "core-set": "workbench.strategies.core_set:CoreSet",
    "badge": "workbench.strategies.badge:Badge",
    "contrastive": "workbench.strategies.contrastive:Contrastive",
    "bald": "workbench.strategies.bald:Bald",
    "mnlp": "workbench.strategies.words:Mnlp",
    "token-entropy": "workbench.strategies.words:TokenEntropy",
    "total-token-entropy": "workbench.strategies.words:TotalTokenEntropy",
    "rare-first": "workbench.strategies.rare_first:RareFirst",
    "seeds": "workbench.strategies.seeds:Seeds",
}
# Peers to compare with, over cached vectors; the first call imports small-text (seconds, torch): workers only.
SMALL_TEXT_STRATEGIES = {
    "small-text/least-confidence": "workbench.strategies.small_text:LeastConfidence",
    "small-text/breaking-ties": "workbench.strategies.small_text:BreakingTies",
    "small-text/prediction-entropy": "workbench.strategies.small_text:PredictionEntropy",
    "small-text/subsampling": "workbench.strategies.small_text:Subsampling",
    "small-text/bald": "workbench.strategies.small_text:Bald",
    "small-text/cvirs": "workbench.strategies.small_text:Cvirs",
    "small-text/lightweight-coreset": "workbench.strategies.small_text:LightweightCoreset",
    "small-text/greedy-coreset": "workbench.strategies.small_text:GreedyCoreset",
    "small-text/embedding-kmeans": "workbench.strategies.small_text:EmbeddingKMeans",
    "small-text/contrastive": "workbench.strategies.small_text:Contrastive",
    "small-text/discriminative": "workbench.strategies.small_text:Discriminative",
    "small-text/badge": "workbench.strategies.small_text:Badge",
    "small-text/seals": "workbench.strategies.small_text:Seals",
    "small-text/anchor-subsampling": "workbench.strategies.small_text:AnchorSubsampling",
}
# As the strategies say of themselves, which would have to be loaded; whoever is not named serves every kind.
_OF_LABELS: tuple[Kind, ...] = ("textcat", "textcat-multi")
KINDS_SERVED: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(("badge", "contrastive", "bald"), _OF_LABELS),
    **dict.fromkeys(("mnlp", "token-entropy", "total-token-entropy"), ("ner",)),
    **dict.fromkeys(
        (
            "small-text/least-confidence",
            "small-text/breaking-ties",
            "small-text/prediction-entropy",
            "small-text/subsampling",
            "small-text/bald",
            "small-text/contrastive",
            "small-text/badge",
            "small-text/seals",
        ),
        _OF_LABELS,
    ),
    "small-text/cvirs": ("textcat-multi",),
    "small-text/anchor-subsampling": ("textcat",),
}
_GRADIENTS = "small-text computes it from the gradients of a torch module, and vectors are all there is here."
REFUSED_STRATEGIES = {
    "small-text/egl": _GRADIENTS,
    "small-text/egl-layer": _GRADIENTS,
    "small-text/egl-word": _GRADIENTS,
    "small-text/random": "it is the workbench's own 'random'.",
}
DEFAULT_ENCODER = "minilm"


@cache
def added(group: str) -> Mapping[str, str]:
    """Return the parts that other packages add to a group, by name."""
    return {point.name: point.value for point in entry_points(group=f"workbench.{group}")}


def source_names() -> tuple[str, ...]:
    """Return the names of all formats."""
    return (*SOURCES, *added("sources"))


def learner_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the learners for a kind of question."""
    others = (name.removesuffix(f".{kind}") for name in added("learners") if name.endswith(f".{kind}"))
    return (*LEARNERS[kind], *others)


def strategy_names(kind: Kind | None = None) -> tuple[str, ...]:
    """Return the names of all strategies, or of those that can serve a kind of question."""
    names = (*STRATEGIES, *SMALL_TEXT_STRATEGIES, *added("strategies"))
    return tuple(name for name in names if kind is None or kind in KINDS_SERVED.get(name, KINDS))


def source(name: str) -> Source:
    """Return the source of a format. Raises UnknownNameError."""
    return cast(Source, load("format", name, {**SOURCES, **added("sources")})())


def strategy(name: str) -> Strategy:
    """Return a strategy. Raises UnknownNameError, and InputError for one that is refused on purpose."""
    if name in REFUSED_STRATEGIES:
        raise InputError(f"The strategy '{name}' is not offered: {REFUSED_STRATEGIES[name]}")
    known = {**STRATEGIES, **SMALL_TEXT_STRATEGIES, **added("strategies")}
    return cast(Strategy, load("strategy", name, known)())


def encoder(name: str, *, n_threads: int) -> Encoder:
    """Return an encoder of the catalogue, or the sentence-transformers model of that name or folder."""
    known = {**ENCODERS, **added("encoders")}
    if name in known:
        return cast(Encoder, load("encoder", name, known)(n_threads=n_threads))
    return cast(Encoder, load("encoder", "named", {"named": NAMED_ENCODER})(name, n_threads=n_threads))


def word_encoder(*, n_threads: int) -> WordEncoder:
    """Return the encoder of words: the default weights, half of their layers."""
    return cast(WordEncoder, load("word encoder", "words", {"words": WORD_ENCODER})(n_threads=n_threads))


def learner(name: str, kind: Kind, context: LearnerContext) -> Learner:
    """Return a learner for a kind of question. Raises UnknownNameError."""
    others = {n.removesuffix(f".{kind}"): target for n, target in added("learners").items()}
    made = cast(Learner, load(f"learner for {kind}", name, {**others, **LEARNERS[kind]})(context))
    if kind not in made.kinds:
        raise InputError(f"The learner '{name}' cannot learn a {kind} question.")
    return made


def load(what: str, name: str, known: Mapping[str, str]) -> Any:
    """Import what a name stands for. Raises UnknownNameError, naming the right ones."""
    if name not in known:
        raise UnknownNameError(what, name, known)
    module, _, attribute = known[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
