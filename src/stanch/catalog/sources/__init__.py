"""Kinds of log: raw bytes in; events, calls of models or network flows out."""
