"""Tasks and services of containers: what runs there is stopped, what would start it again is held."""
