"""Models in service, notebooks and registered packages: stopped, and closed to strangers."""
