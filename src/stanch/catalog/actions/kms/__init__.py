"""Keys: who may decrypt is narrowed to our own; a key is never disabled, for that would blind the evidence too."""
