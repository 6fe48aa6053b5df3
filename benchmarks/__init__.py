"""One command prints each figure beside its floor and its peer."""
