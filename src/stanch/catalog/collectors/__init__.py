"""Collectors: the configuration of one service each, as AWS describes it, with what could not be seen marked."""
