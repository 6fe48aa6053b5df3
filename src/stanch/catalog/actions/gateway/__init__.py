"""Inference gateways: a leaked key is blocked or slowed where it is checked."""
