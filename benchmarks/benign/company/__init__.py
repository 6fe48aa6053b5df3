"""A month of a second company, kept by the calendar: what its own people and machines do is what a thief would do."""
