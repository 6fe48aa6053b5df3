"""A playbook names the actions for one situation in their order: a module with these names, one file each."""

from typing import Protocol


class Playbook(Protocol):
    """The names a module in `catalog/playbooks/` must hold. Its id is its path; its docstring is the situation."""

    ACTIONS: tuple[str, ...]
    """Action ids in order; an action is planned for each of the incident's resources it applies to."""
    FOR: tuple[str, ...]
    """The ARN kinds for which it is what a person gets who names a resource and nothing else."""
    BREAKS: str
    """What it costs the business when it runs, in one sentence."""
