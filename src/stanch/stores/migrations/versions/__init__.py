"""Each step of the schema's history, oldest first; a released one is never changed."""
