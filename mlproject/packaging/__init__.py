"""From trained weights to something served: ONNX, parity, registry, Bento."""
