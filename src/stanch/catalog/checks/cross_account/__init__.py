"""Which strangers reach what is dear, and by which path."""
