"""Response: whether anything acts on a finding, at once, from outside an intruder's reach, with a place for proof."""
