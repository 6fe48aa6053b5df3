"""Whether AWS's own watch is on everywhere, sees what matters here, and is heard."""
