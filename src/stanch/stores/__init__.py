"""What outlives a crash: incidents, decisions and the write-ahead journal, in one SQLite file beside the work."""
