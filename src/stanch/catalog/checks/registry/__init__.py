"""Who can download a model from where models are kept."""
