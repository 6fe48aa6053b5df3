"""Clusters: what a pod may be in AWS is taken from it; inside the cluster a person acts."""
