"""Discovery: an intruder finds out where he is and what there is."""
