"""The paper's procedure: a Gumbel-softmax Transformer, and its extraction."""
