"""A network of few layers that learns from a trained one."""
