"""A trained network to a bundle: ONNX graph, int8, the gate, the published folder."""
