"""A file's name may hold bytes that are no text; what is told, stored and sent must hold none."""


def storable(name: str) -> str:
    """A name as text, for people and for stores: bytes in it that are none are escaped."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode()
