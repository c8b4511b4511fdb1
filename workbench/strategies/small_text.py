"""The query strategies of the small-text package, over what the workbench has cached: no model is trained anew.

Schröder et al. 2023, "Small-Text: Active Learning for Text Classification in Python" (EACL, system
demonstrations). They are peers to compare with; why some are refused stands in `catalog.REFUSED_STRATEGIES`
and docs/decisions/0010-small-text.md.
small-text is imported by the first call only: never call one in a process with a face.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np

from workbench.domain.arrays import Rows, Utilities
from workbench.domain.ports import StrategyInputs
from workbench.errors import InputError, MachineError
from workbench.strategies.demands import ANY_KIND, needed, scores_for
from workbench.strategies.small_text_parts import class_scores, dataset_of, one_thread_index
from workbench.strategies.small_text_port import SmallText

MOST_GRADIENTS = 100_000_000  # numbers that BADGE may write out: 0.8 GB


def ties() -> Any:
    """Return small-text's BreakingTies, over which others choose."""
    return import_module("small_text").BreakingTies()


class LeastConfidence(SmallText):
    """Lewis and Gale 1994: the least probable best label."""

    name = "small-text/least-confidence"
    theirs = "LeastConfidence"
    needs = frozenset({"scores"})
    reason = "the model is least sure of its best answer"


class BreakingTies(SmallText):
    """Luo et al. 2005, "Active Learning to Recognize Multiple Types of Plankton": the `margin` of exclusive labels."""

    name = "small-text/breaking-ties"
    theirs = "BreakingTies"
    needs = frozenset({"scores"})
    reason = "the model wavers between two answers"


class PredictionEntropy(SmallText):
    """Holub et al. 2008, "Entropy-based active learning for object recognition"; utilities in nats."""

    name = "small-text/prediction-entropy"
    theirs = "PredictionEntropy"
    needs = frozenset({"scores"})
    reason = "the model spreads its belief over many answers"


class Subsampling(SmallText):
    """BreakingTies among 4,096 documents drawn by chance, or among as many as are asked."""

    name = "small-text/subsampling"
    theirs = "SubsamplingQueryStrategy"
    needs = frozenset({"scores"})
    reason = "the model wavers between two answers; looked for in a random part of the pool"

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Draw at least a batch."""
        return {"base_query_strategy": ties(), "subsample_size": max(4096, n)}

    def utilities(self, strategy: Any, rows: Rows) -> Utilities:
        """Return zeros: the scores that are kept are of the random part, not of the candidates."""
        return np.zeros(len(rows))


class Bald(SmallText):
    """Houlsby et al. 2011, "Bayesian Active Learning for Classification and Preference Learning"."""

    name = "small-text/bald"
    theirs = "BALD"
    needs = frozenset({"samples"})
    reason = "samples of the model contradict each other here"

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Take as many samples as there are."""
        return {"dropout_samples": len(needed(self.name, inputs, "samples"))}

    def check(self, inputs: StrategyInputs) -> None:
        """Raise InputError for a single sample: it cannot disagree."""
        if len(needed(self.name, inputs, "samples")) < 2:
            raise InputError(f"The strategy '{self.name}' needs samples of the model: at least two.")


class Cvirs(SmallText):
    """Reyes et al. 2018, "Effective active learning strategy for multi-label learning", for `textcat-multi` only."""

    name = "small-text/cvirs"
    theirs = "CategoryVectorInconsistencyAndRanking"
    needs = frozenset({"scores", "labelled_targets"})
    kinds = frozenset({"textcat-multi"})
    reason = "its labels are unsure, and unlike those of the answered documents"

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Show no bar."""
        return {"pbar": None}

    def check(self, inputs: StrategyInputs) -> None:
        """Raise InputError for exclusive labels."""
        if class_scores(self.name, scores_for(self.name, inputs)).exclusive:
            raise InputError(
                f"The strategy '{self.name}' is for questions with any number of labels (textcat-multi).",
                hint="Choose 'small-text/breaking-ties' for exclusive labels.",
            )


class LightweightCoreset(SmallText):
    """Bachem et al. 2018, "Scalable k-means clustering via lightweight coresets": by chance, odd ones sooner."""

    name = "small-text/lightweight-coreset"
    theirs = "LightweightCoreset"
    needs = frozenset({"vectors"})
    kinds = ANY_KIND
    reason = "drawn by chance, sooner the further from the middle of the pool"

    def asked(self, strategy: Any, inputs: StrategyInputs, n: int) -> Rows:
        """Choose n rows; where nothing lies off the middle, small-text divides by zero, and chance decides."""
        try:
            return super().asked(strategy, inputs, n)
        except ValueError as error:
            if "NaN" not in str(error):
                raise
            return np.random.permutation(inputs.n_candidates)[:n].astype(np.int64)  # seeded by the caller


class GreedyCoreset(SmallText):
    """Sener and Savarese 2018, "A Core-Set Approach": furthest from all that is answered or chosen."""

    name = "small-text/greedy-coreset"
    theirs = "GreedyCoreset"
    needs = frozenset({"vectors", "labelled_vectors"})
    kinds = ANY_KIND
    reason = "far from every document that is answered or chosen"


class EmbeddingKMeans(SmallText):
    """Yuan et al. 2020, "Cold-start Active Learning through Self-supervised Language Modeling"."""

    name = "small-text/embedding-kmeans"
    theirs = "EmbeddingKMeans"
    needs = frozenset({"vectors"})
    kinds = ANY_KIND
    reason = "in the middle of a cluster of the pool"


class Contrastive(SmallText):
    """Margatina et al. 2021, "Active Learning by Acquiring Contrastive Examples" (CAL).

    The answered neighbours' probabilities are their answers: nothing scores what the model was trained on.
    """

    name = "small-text/contrastive"
    theirs = "ContrastiveActiveLearning"
    needs = frozenset({"scores", "vectors"})
    uses = frozenset({"labelled_vectors", "labelled_targets"})
    reason = "the model says something else here than of the nearest documents"

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Look at ten neighbours if there are as many, and show no bar."""
        return {"k": min(10, inputs.n_candidates), "pbar": None}

    def n_labelled(self, inputs: StrategyInputs) -> int:
        """Return 0 when vectors or answers of the answered documents are missing."""
        return 0 if inputs.labelled_targets is None else super().n_labelled(inputs)


class Discriminative(SmallText):
    """Gissin and Shalev-Shwartz 2019, "Discriminative Active Learning": least like what is answered."""

    name = "small-text/discriminative"
    theirs = "DiscriminativeActiveLearning"
    needs = frozenset({"vectors", "labelled_vectors"})
    kinds = ANY_KIND
    reason = "least like the documents that are answered"

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Tell the two pools apart by linear heads, in at most ten steps."""
        from sklearn.linear_model import LogisticRegression
        from small_text import SklearnClassifierFactory

        factory = SklearnClassifierFactory(LogisticRegression(C=20, max_iter=1000), 2)
        return {"classifier_factory": factory, "num_iterations": min(10, n), "pbar": None}

    def terms(self, inputs: StrategyInputs) -> tuple[Any, ...]:
        """Return the terms with the vectors in the data set: its own heads are fitted on them."""
        classifier, _, candidates, labelled, answers = super().terms(inputs)
        return classifier, dataset_of(classifier.vectors), candidates, labelled, answers


class Badge(SmallText):
    """Ash et al. 2020, "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds" (BADGE)."""

    name = "small-text/badge"
    theirs = "BADGE"
    needs = frozenset({"scores", "features"})
    reason = "its answer would move the model, in another direction than the others' do"

    def made(self, inputs: StrategyInputs, n: int) -> Any:
        """Return small-text's BADGE, which stands beside what needs torch."""
        module = import_module("small_text.integrations.pytorch.query_strategies")
        return module.BADGE(num_classes=len(scores_for(self.name, inputs).labels))

    def check(self, inputs: StrategyInputs) -> None:
        """Raise InputError where small-text would write out more than 100 million numbers."""
        n_labels = len(scores_for(self.name, inputs).labels)
        size = needed(self.name, inputs, "features").size * n_labels
        if size > MOST_GRADIENTS:
            raise InputError(
                f"The strategy '{self.name}' writes out {size:,} numbers here; {MOST_GRADIENTS:,} are allowed.",
                hint="Choose a strategy that holds no gradients, as 'auto' or 'cluster-margin'.",
            )


class _OverAnIndex(SmallText):
    """BreakingTies among the neighbours of answered documents; hnswlib finds them."""

    least_neighbours: ClassVar[int]

    def neighbours(self, inputs: StrategyInputs, n: int) -> int | None:
        """Return how many neighbours to look at, at least a batch; None: half of the pool, so all of it."""
        k = max(self.least_neighbours, n)
        return None if 2 * k > inputs.n_candidates else k

    def made(self, inputs: StrategyInputs, n: int) -> Any:
        """Return small-text's strategy over an index that is the same each time."""
        made = super().made(inputs, n)
        made.initialize_index = one_thread_index
        return made

    def check(self, inputs: StrategyInputs) -> None:
        """Raise MachineError without hnswlib."""
        if find_spec("hnswlib") is None:
            raise MachineError(
                f"The strategy '{self.name}' needs the package hnswlib, which is not installed.",
                hint="pip install 'annotation-workbench[ann]' (it is built by a C++ compiler)",
            )


class Seals(_OverAnIndex):
    """Coleman et al. 2022, "Similarity Search for Efficient Active Learning and Search of Rare Concepts".

    The neighbours are at least 100 and at least a batch; where they would be half of the pool, all is looked at.
    """

    name = "small-text/seals"
    theirs = "SEALS"
    least_neighbours = 100
    needs = frozenset({"scores", "vectors", "labelled_vectors"})
    reason = "the model wavers between two answers, near an answered document"

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Look at as many neighbours as `neighbours` says; more than there are means the whole pool."""
        k = self.neighbours(inputs, n) or inputs.n_candidates + 1
        return {"base_query_strategy": ties(), "k": k, "hnsw_kwargs": {"ef": max(200, 2 * k)}}


class AnchorSubsampling(_OverAnIndex):
    """Lesci and Vlachos 2024, "AnchorAL": the 500 nearest to ten answered documents of each label, or a batch."""

    name = "small-text/anchor-subsampling"
    theirs = "AnchorSubsampling"
    least_neighbours = 50
    needs = frozenset({"scores", "vectors", "labelled_vectors", "labelled_targets"})
    kinds = frozenset({"textcat"})
    reason = "the model wavers between two answers, near an answered document of some label"

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Look at as many neighbours as `neighbours` says; a part larger than the pool means all of it."""
        k = self.neighbours(inputs, n)
        size = inputs.n_candidates + 1 if k is None else max(500, n)
        k = k or self.least_neighbours
        return {
            "base_query_strategy": ties(),
            "subsample_size": size,
            "k": k,
            "hnsw_kwargs": {"ef": max(200, 2 * k)},
        }

    def check(self, inputs: StrategyInputs) -> None:
        """Raise InputError unless labels exclude each other, and MachineError without hnswlib."""
        if not class_scores(self.name, scores_for(self.name, inputs)).exclusive:
            raise InputError(
                f"The strategy '{self.name}' is for questions with one label a document (textcat).",
                hint="Choose 'small-text/seals' or 'small-text/cvirs'.",
            )
        super().check(inputs)
