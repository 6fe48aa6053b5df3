"""Events as columns: what was parsed once is summed without being parsed again, to the same part as its raw log."""
