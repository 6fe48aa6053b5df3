"""Whether what happens in the accounts is recorded, all of it, now, and in a place where it stays."""
