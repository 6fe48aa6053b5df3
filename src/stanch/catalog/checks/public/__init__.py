"""Who from outside can read what is dear."""
