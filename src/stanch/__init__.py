"""Finds a data leak around self-hosted LLMs on AWS, stops it, proves it, and drafts the notification."""
