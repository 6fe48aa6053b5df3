"""The log itself: who falls silent first is who has something to hide."""
