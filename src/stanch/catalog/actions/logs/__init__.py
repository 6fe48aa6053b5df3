"""Log groups: an export that carries them away is cancelled."""
