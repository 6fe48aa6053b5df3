"""Groups of steps run side by side; when one cannot go on at all, none begins another step."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from stanch.domain.step import Step
from stanch.engine.contain.order import Group, waves

AT_ONCE = 8
"""Groups carried out side by side: enough for a playbook, few enough that IAM and EC2 do not throttle."""

Carry = Callable[[Step, threading.Event], Step]


def side_by_side(steps: Sequence[Step], carry: Carry) -> list[Step]:
    """Each step as `carry` left it, in the order they came in.

    What `carry` raises (a journal that cannot be written, a Ctrl-C) ends everything: steps under way are finished,
    since a half-made change is worse than a late one, and no other begins. `carry` is handed the event that says so:
    who only waits for another need wait no longer.
    """
    done: dict[int, Step] = {}
    stop = threading.Event()

    def run(group: Group) -> None:
        for step in group:
            if stop.is_set():
                return
            try:
                done[id(step)] = carry(step, stop)
            except BaseException:
                stop.set()
                raise

    for wave in waves(steps):
        if len(wave) == 1:
            run(wave[0])
            continue
        with ThreadPoolExecutor(min(AT_ONCE, len(wave)), thread_name_prefix="contain") as pool:
            try:
                for future in [pool.submit(run, group) for group in wave]:
                    future.result()
            except BaseException:
                stop.set()
                raise
    return [done[id(step)] for step in steps]
