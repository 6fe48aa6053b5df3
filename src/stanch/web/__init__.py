"""The only door to HTTP besides AWS: whom it speaks to stands in the estate, nothing else can be reached through it."""
