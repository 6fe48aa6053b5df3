"""Reading one HTTP request as AWS reads it: which call it is, who signed it, and from where it came."""
