"""Why there is no range: told to whoever asked for a drill, without loading what a range needs."""


class RangeError(Exception):
    """The range could not be started, or did not answer; the message says why and what to do."""
