"""The same texts through the torch network and its ONNX graphs, for the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from onnx import ModelProto

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.ports import Progress, silent
from workbench.domain.scores import Scores
from workbench.export.gate import GateScores
from workbench.export.onnx_graph import INPUTS, OUTPUT
from workbench.networks.network import Network, network_scores
from workbench.tokenisation.pieces import special_pieces
from workbench.tokenisation.scoring import score_texts
from workbench.tokenisation.windows import Batching, Run

BATCH_SIZE = 50
MORE_PADDING = 40


class GraphRun:
    """Run a graph on padded batches; `more_padding` fills each row up by that much more, if it may."""

    def __init__(self, model: ModelProto, *, n_threads: int, longest: int, more_padding: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = n_threads
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.longest, self.more_padding = longest, more_padding

    def __call__(self, ids: Rows, mask: Rows) -> AnyArray:
        """Return the logits of ids and mask (b, p); padding is cut off again."""
        width = ids.shape[1]
        more = ((0, 0), (0, max(0, min(self.more_padding, self.longest - width))))
        inputs = (np.pad(ids, more), np.pad(mask, more))
        logits: AnyArray = self.session.run([OUTPUT], dict(zip(INPUTS, inputs, strict=True)))[0]
        return logits[:, :width] if logits.ndim == 3 else logits


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Held-out texts with the scores of the network and of its fp32 graph, which every recipe meets."""

    network: Network
    texts: Sequence[str]
    torch: Scores
    fp32: Scores
    n_threads: int

    @classmethod
    def of(
        cls,
        network: Network,
        fp32: ModelProto,
        texts: Sequence[str],
        *,
        n_threads: int = 1,
        progress: Progress = silent,
    ) -> Comparison:
        """Score the texts with the network and its fp32 graph."""
        torch_scores = network_scores(network, texts, batch_size=BATCH_SIZE, progress=progress)
        run = GraphRun(fp32, n_threads=n_threads, longest=network.max_pieces)
        scores = graph_scores(run, network, texts, progress=progress)
        return cls(network, texts, torch_scores, scores, n_threads)

    def with_int8(self, int8: ModelProto, *, progress: Progress = silent) -> GateScores:
        """Score the texts with an int8 graph in batches, alone, and with more padding."""
        longest = self.network.max_pieces
        run = GraphRun(int8, n_threads=self.n_threads, longest=longest)
        wide = GraphRun(int8, n_threads=self.n_threads, longest=longest, more_padding=MORE_PADDING)
        return GateScores(
            torch=self.torch,
            fp32=self.fp32,
            batched=graph_scores(run, self.network, self.texts, progress=progress),
            alone=graph_scores(run, self.network, self.texts, batch_size=1, progress=progress),
            padded=graph_scores(wide, self.network, self.texts, progress=progress),
        )


def graph_scores(
    run: Run,
    network: Network,
    texts: Sequence[str],
    *,
    batch_size: int = BATCH_SIZE,
    progress: Progress = silent,
) -> Scores:
    """Return what a graph of this network says about the texts, in their order."""
    special = special_pieces(network.tokenizer)
    return score_texts(
        run,
        texts,
        tokenizer=network.tokenizer,
        batching=Batching(special, network.max_pieces, batch_size, progress),
        kind=network.kind,
        labels=network.labels,
    )
