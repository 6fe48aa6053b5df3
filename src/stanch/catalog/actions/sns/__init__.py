"""Topics: strangers can no longer subscribe to what our services tell each other, or publish into it."""
