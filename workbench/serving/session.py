"""An ONNX graph that answers: checked before it is opened, opened from bytes, on a fixed number of threads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.questions import Kind
from workbench.errors import ArtefactError
from workbench.serving.onnx_bytes import read_graph

INPUTS = ["input_ids", "attention_mask"]
OUTPUT = "logits"


def open_session(content: bytes, *, n_threads: int) -> onnxruntime.InferenceSession:
    """Open a graph that `read_graph` has passed. Raises ArtefactError when onnxruntime cannot run it.

    Even from bytes onnxruntime would read weights from files beside the working directory.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no class of their own
        raise ArtefactError(f"onnxruntime cannot run the model: {_first_line(error)}") from error


def check_signature(session: onnxruntime.InferenceSession, kind: Kind, n_outputs: int) -> None:
    """Raise ArtefactError unless inputs and output are those of a bundle with this many outputs."""
    inputs = {i.name: (i.type, len(i.shape)) for i in session.get_inputs()}
    if inputs != {name: ("tensor(int64)", 2) for name in INPUTS}:
        raise ArtefactError(f"The model's inputs are {sorted(inputs)}; {INPUTS} of int64 pairs are needed.")
    outputs = session.get_outputs()
    rank = 3 if kind == "ner" else 2
    if [o.name for o in outputs] != [OUTPUT] or outputs[0].type != "tensor(float)":
        raise ArtefactError(f"The model's outputs are {[o.name for o in outputs]}; '{OUTPUT}' is needed.")
    shape = outputs[0].shape
    if len(shape) != rank or shape[-1] != n_outputs:
        raise ArtefactError(
            f"The model answers in the shape {shape}; {n_outputs} values in the last of {rank} "
            "dimensions are needed for its labels."
        )


class SessionRun:
    """Run a session on padded batches: ids and mask `(b, p)` int64 to float32 logits."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self.session = session

    def __call__(self, ids: Rows, mask: Rows) -> AnyArray:
        """Return the logits. Raises ArtefactError when the graph fails or answers with no numbers."""
        try:
            answer: Sequence[AnyArray] = self.session.run(
                [OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True))
            )
        except Exception as error:  # see open_session
            raise ArtefactError(f"The model fails while running: {_first_line(error)}") from error
        logits = answer[0]
        if not np.isfinite(logits).all():
            raise ArtefactError("The model answers with values that are not finite.")
        return logits


def vocabulary_rows(content: bytes) -> int | None:
    """Return how many pieces the graph knows, if it shows it. Raises ArtefactError for an unsafe graph."""
    return read_graph(content).vocabulary_rows


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
