"""Lambda functions: what they read, where they send, what they carry, and whose code they run."""
