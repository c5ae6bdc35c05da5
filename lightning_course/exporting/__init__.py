"""A finished run's model for use elsewhere: ONNX, torch.export, plain weights, Keras."""
