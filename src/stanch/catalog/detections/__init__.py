"""Detections: Sigma rules and correlations by tactic, each named for the evil it finds."""
