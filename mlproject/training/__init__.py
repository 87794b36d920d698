"""From a data set to trained weights: tokens, model, loss, loop."""
