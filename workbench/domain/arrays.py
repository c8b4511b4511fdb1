"""Named shapes. The letters: n documents, l labels, s samples, k words of one document, t tags, d width."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]  # (n, d)
Probabilities: TypeAlias = npt.NDArray[np.float32]  # (n, l) or (k, t), values in [0, 1]
Samples: TypeAlias = npt.NDArray[np.float32]  # (s, n, l), values in [0, 1]
Targets: TypeAlias = npt.NDArray[np.bool_]  # (n, l): which labels answer a document
Utilities: TypeAlias = npt.NDArray[np.float64]  # (n,), higher = ask sooner
Nearness: TypeAlias = npt.NDArray[np.float32]  # (n,), cosines in [-1, 1]
Rows: TypeAlias = npt.NDArray[np.int64]  # row numbers, valid inside one function
Offsets: TypeAlias = npt.NDArray[np.int32]  # (k, 2), characters [start, end)
AnyArray: TypeAlias = npt.NDArray[Any]
