"""Macie is off until somebody enables it, and answers whoever asks before as if it were forbidden.

Source: GetMacieSession and EnableMacie, Macie API Reference.
"""

from typing import Any

from moto.macie2.exceptions import AccessDeniedException
from moto.macie2.models import MacieBackend

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import replaces


def install(_: Sessions) -> None:
    """Put Macie right."""
    original_init = MacieBackend.__init__
    original_session = MacieBackend.get_macie_session

    @replaces(MacieBackend, "__init__")
    def init(self: Any, region_name: str, account_id: str) -> None:
        original_init(self, region_name, account_id)
        self.macie_session = None

    @replaces(MacieBackend, "get_macie_session")
    def get_macie_session(self: Any) -> dict[str, Any]:
        if self.macie_session is None:
            raise AccessDeniedException("Macie is not enabled.")
        return original_session(self)
