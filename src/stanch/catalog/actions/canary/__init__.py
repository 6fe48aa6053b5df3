"""A person plants canaries with their own credentials; the responder may not, so nothing here is on the shelf."""
