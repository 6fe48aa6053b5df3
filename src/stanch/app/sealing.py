"""What the catalog knows of secrets' forms is looked for in all that a snapshot is about to keep."""

from secrets import token_bytes

from stanch.app.inspecting import compiled, patterns
from stanch.domain.masking import MASK, mask
from stanch.engine.grams import KEY_BYTES
from stanch.engine.inspect.leak import SECRET
from stanch.estate.sealing import Mask


def known_secrets() -> Mask:
    """A text without the secrets that the catalog's patterns find in it."""
    inspector = compiled([one for one in patterns() if one.category == SECRET], salt=token_bytes(KEY_BYTES))

    def hide(text: str) -> str:
        found = inspector.inspect(text)
        if found.cut:  # so many lookalikes that not each was looked at: nobody wrote such a text by hand
            return mask("crowded", text)
        hidden = [one.span() for one in MASK.finditer(text)]
        for leak in reversed(found.leaks):
            end = leak.offset + leak.length
            if any(start < end and leak.offset < stop for start, stop in hidden):
                continue
            text = text[: leak.offset] + mask(leak.kind, text[leak.offset : end]) + text[end:]
        return text

    return hide
