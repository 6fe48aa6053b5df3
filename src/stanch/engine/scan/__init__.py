"""The fast way through a log: what most events need is read of them, and only what a rule may want is opened whole."""
