"""Impact: what is destroyed, locked away or used up."""
