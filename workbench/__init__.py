"""Annotation and active learning for text, from raw documents to a small ONNX model."""

__version__ = "0.1.0"
