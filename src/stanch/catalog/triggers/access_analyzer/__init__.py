"""IAM Access Analyzer's findings: what a policy lets in from outside."""
