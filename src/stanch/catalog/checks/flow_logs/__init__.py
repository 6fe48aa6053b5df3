"""Whether the network of the hosts that serve a model is recorded, and whether anyone reads the record."""
