"""How a model that is held by a host could be sent away, and how long that would take."""
