"""One caller does the same a thousand times: what is known of such a deed, and what its calls come to, is kept once."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Raw

from stanch.engine.enrich import View
from stanch.engine.scan.cells import Key, Plain, key_of
from stanch.engine.scan.counted import Sure
from stanch.engine.scan.sums import LineSums
from stanch.engine.scan.things import Thing
from stanch.engine.sigma import Narrowed

Mark = int | tuple[int, str, bool]
"""Which sums of a deed a line belongs to: an hour's, or an hour's on one store by URLs that were signed or were not."""


@dataclass(slots=True)
class Deed:
    """One call of one caller with one outcome.

    `left` are the rules that may match, `reads` says that it reads objects, `asks` which facts about the thing asked
    for decide the rules further, `aim` finds in a request what tells the thing, `plain` says that nothing about it
    matters, `opened` that each of its events must be opened whole, `by_request` that this is so only where the request
    says what a rule wants, `sifts` that the thing asked for decides it; `sure` is there where most that is `opened` can
    be counted instead. `caller` is a `Who` as a plain tuple, one for all deeds of one identity. `sums` are of the files
    at hand; `other` is a deed whose identity has the same checksum.
    """

    identity: Raw
    caller: Plain
    source: str
    name: str
    failed: bool
    denied: bool
    console: bool
    region: str
    agent: str
    view: View
    left: Narrowed
    reads: bool
    asks: tuple[str, ...]
    knows: Callable[[str], bool]
    things: dict[bytes, Thing]
    aim: Callable[[Raw], bytes]
    plain: bool
    opened: bool
    by_request: bool
    sifts: bool
    sure: Sure | None = None
    other: "Deed | None" = None
    sums: dict[Mark, LineSums] = field(default_factory=dict)
    sifted: dict[int, Narrowed | None] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """The assets touched are told of events that are opened."""
        return False

    def key(self, start: int, on: str, *, presigned: bool) -> Plain:
        """What tells the cell of an hour and a store, by URLs that were signed or were not."""
        return (
            start, self.caller, self.source, self.name, self.failed, self.denied, on, self.region, self.agent,
            presigned, self.console,
        )  # fmt: skip

    @property
    def cell(self) -> Key:
        """What tells its cells but for the hour, the store, and whether URLs were signed."""
        return key_of(self.key(0, "", presigned=False))


@dataclass(slots=True)
class Caller:
    """Who called from where, as logged and, plainly, as cells say it.

    `view` is of a record that tells nothing else; `told` is what it has under the names that rules for some calls ask.
    """

    identity: Raw
    view: View
    who: Plain
    told: dict[tuple[str, ...], str] = field(default_factory=dict)
