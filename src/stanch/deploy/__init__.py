"""CloudFormation for the responder, its roles and what must be recorded, filled from the estate."""
