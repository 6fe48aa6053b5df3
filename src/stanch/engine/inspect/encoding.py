"""PowerShell writes UTF-16, and half of the bytes of such a text are zeros: nothing is found in it as it is."""

import codecs

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 4096
_MOSTLY = 0.8


def readable(data: bytes) -> str | bytes:
    """What a file holds as it can be looked into: UTF-16 and UTF-32 as characters, all else as it is.

    Without a byte order mark it is UTF-16 where nearly every second byte is zero and hardly any other.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    begin = data[:_LOOKED_AT]
    even, odd = begin[0::2], begin[1::2]
    if len(odd) > 1 and odd.count(0) > _MOSTLY * len(odd) and not even.count(0):
        return data.decode("utf-16-le", "replace")
    if len(odd) > 1 and even.count(0) > _MOSTLY * len(even) and not odd.count(0):
        return data.decode("utf-16-be", "replace")
    return data
