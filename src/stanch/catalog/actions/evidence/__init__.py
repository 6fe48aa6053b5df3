"""Evidence: what would be lost or could be destroyed is taken, locked, and put beyond an intruder's reach."""
