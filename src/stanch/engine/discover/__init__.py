"""Discovery: what an account's configuration, object names, rights and logs together say is worth stealing."""
