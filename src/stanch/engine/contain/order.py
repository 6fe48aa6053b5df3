"""What does not depend on one another need not wait for one another: a bucket is closed while a host goes dark.

FREEZE is done before all else and SEAL after it. Between them, the steps on one resource follow their phases, and
those on different resources run side by side, but for one thing: an identity waits until the hosts are isolated. A host
that is still the intruder's would hand him credentials younger than the cutoff. Whoever isolates them: where it is
another stanch, `apply` waits for it.
"""

from collections.abc import Iterable, Sequence

from stanch.domain.step import Phase, Step

Group = list[Step]
"""Steps on one resource, in their order."""
Wave = list[Group]
"""Groups that may run at once."""


def waves(steps: Iterable[Step]) -> list[Wave]:
    """The steps in waves: a wave begins when the one before it has ended. No step is lost, no wave is empty."""
    ordered = sorted(steps, key=lambda step: step.phase)  # stable: a playbook's order stays within a phase
    between = _groups([step for step in ordered if step.phase not in (Phase.FREEZE, Phase.SEAL)])
    isolates = any(step.phase is Phase.NETWORK for group in between for step in group)
    waiting = [group for group in between if isolates and group[0].phase is Phase.IDENTITY]
    found = [
        _groups([step for step in ordered if step.phase is Phase.FREEZE]),
        [group for group in between if group not in waiting],
        waiting,
        _groups([step for step in ordered if step.phase is Phase.SEAL]),
    ]
    return [wave for wave in found if wave]


def _groups(steps: Sequence[Step]) -> Wave:
    groups: dict[str, Group] = {}
    for step in steps:
        groups.setdefault(step.resource, []).append(step)
    return list(groups.values())
