"""Writing down every call in CloudTrail's own field names, as AWS delivers it to a bucket."""
