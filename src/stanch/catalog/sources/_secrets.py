"""A pre-signed URL is a password while it lasts, and access logs write URLs down: what opens a door is struck out."""

import re

_SECRET = re.compile(
    r"(?i)([?&](?:x-amz-signature|x-amz-security-token|signature|(?:access_|id_|refresh_|auth)?token|api[-_]?key|key"
    r"|password|passwd|secret|client_secret|code)=)[^&\s\"]+"
)
STRUCK_OUT = "[struck out]"


def without_secrets(text: str) -> str:
    """A log line or URL with the values of signature and token parameters struck out."""
    if "?" not in text:
        return text
    return _SECRET.sub(rf"\g<1>{STRUCK_OUT}", text)
