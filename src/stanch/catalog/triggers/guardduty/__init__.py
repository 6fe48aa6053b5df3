"""GuardDuty's findings: the owner's credentials, hosts and stores in somebody else's hands."""
