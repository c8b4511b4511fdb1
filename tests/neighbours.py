"""A stand-in for hnswlib, which has no wheel: the same words, and the exact neighbours instead of near ones."""

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

import numpy as np


class Index:
    """As much of hnswlib's index as small-text asks of it."""

    def __init__(self, space, dim):
        assert space == "l2"
        self.vectors, self.labels = np.zeros((0, dim), np.float32), np.zeros(0, np.int64)

    def init_index(self, max_elements, ef_construction, M):  # noqa: N803
        pass

    def set_num_threads(self, n):
        assert n == 1

    def set_ef(self, ef):
        self.ef = ef

    def add_items(self, vectors, labels):
        self.vectors, self.labels = vectors, np.asarray(labels)

    def mark_deleted(self, label):
        kept = self.labels != label
        self.vectors, self.labels = self.vectors[kept], self.labels[kept]

    def knn_query(self, vectors, k):
        if k > min(self.ef, len(self.labels)):
            raise RuntimeError("Cannot return the results in a contiguous 2D array.")
        distances = ((vectors[:, np.newaxis] - self.vectors[np.newaxis]) ** 2).sum(axis=2)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
        return self.labels[nearest].astype(np.uint64), np.take_along_axis(distances, nearest, axis=1)


def stand_in_unless_installed(monkeypatch):
    """Let `import hnswlib` find the stand-in for one test, where the real one is not installed."""
    if find_spec("hnswlib") is None:
        module = ModuleType("hnswlib")
        module.Index = Index
        module.__spec__ = ModuleSpec("hnswlib", None)
        monkeypatch.setitem(sys.modules, "hnswlib", module)
