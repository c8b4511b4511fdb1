"""A bundle to predictions: numpy, onnxruntime and tokenizers only."""
