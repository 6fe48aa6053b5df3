"""Knowledge, one file per thing, found by walking: what to read, what to find, what to do, what to say."""
