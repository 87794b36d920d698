"""Simple models that a model is compared with. Each answers texts with probabilities."""
