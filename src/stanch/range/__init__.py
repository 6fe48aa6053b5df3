"""An embedded AWS that bites: its own process, AWS's refusals, and a CloudTrail record of every call."""
