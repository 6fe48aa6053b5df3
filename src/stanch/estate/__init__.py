"""The estate: what a company says is its own, read from stanch.toml, which a person keeps."""

from stanch.estate.errors import EstateError, Problem
from stanch.estate.file import FILE_NAME, find, load, read
from stanch.estate.starting import starting_file

__all__ = ["FILE_NAME", "EstateError", "Problem", "find", "load", "read", "starting_file"]
