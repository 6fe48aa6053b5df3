"""The same call is routine or theft by who makes it, from where, on what: the estate's facts beside the log's fields.

Facts that rules can name, besides every field of the record:

    actor.arn actor.principal actor.name actor.session actor.type actor.account actor.purpose
    actor.instance actor.network actor.family actor.credential
    actor.service                                              the AWS service that acts, for itself or for the caller
    actor.away                                                 a function's credentials that a program elsewhere uses
    actor.deploys                                              the caller is, or says it is, deployment automation
    asset.name asset.kind asset.sensitivity asset.decoy        of everything the call touched
    read.asset read.kind read.key                              of what the call gave to the caller, failed or not
    object.weights                                             a key touched has the shape of model weights
    perimeter.account perimeter.region perimeter.network       inside | outside | unknown
    export.approved                                            a planned export covers actor, asset, time and bytes
    event.outcome                                              success | failure
    grant.to                                                   public | outside | unknown | inside | none
    grant.admin                                                the request gives administrator-equivalent power
    copy.to                                                    outside | unknown | inside | none
    sealed.to                                                  outside | inside | none: whose KMS key encrypts
    role.put_to_work                                           roles, by name, that the call gives to code
    opens.to_world                                             everything, administration, data, web, other
    policy.denies                                              service principals that a policy denies unconditionally
    trail.hides                                                ARNs that selectors leave out, but for logs and scratch
    trail.loses                                                management, data: what a trail records in full no more

`actor.purpose` is absent where the estate names no principals: then nobody is a stranger for want of a declaration.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stanch.domain.arn import like
from stanch.domain.estate import Export, Purpose, Side
from stanch.domain.event import Actor, Event
from stanch.domain.finding import AssetRef
from stanch.domain.weights import looks_like_weights
from stanch.engine.enrich.automation import deploys, service_behind
from stanch.engine.enrich.away import away_from_home
from stanch.engine.enrich.caller import Caller, caller_of
from stanch.engine.enrich.copies import copied_to
from stanch.engine.enrich.credential import credential_of
from stanch.engine.enrich.denials import services_denied
from stanch.engine.enrich.grants import Extent, Neighbours, Reach, granted
from stanch.engine.enrich.ingress import opened_to_world
from stanch.engine.enrich.placed import Placed, place
from stanch.engine.enrich.powers import gives_admin
from stanch.engine.enrich.reachable import containable
from stanch.engine.enrich.recorded import hidden_by, lost_by
from stanch.engine.enrich.sealed import sealed_to
from stanch.engine.enrich.touched import Touched, touched_by
from stanch.engine.enrich.whence import network_side
from stanch.engine.fields import RecordFields
from stanch.engine.lazy import lazy
from stanch.engine.lending import put_to_work
from stanch.engine.untrusted import at, count, text

if TYPE_CHECKING:
    from stanch.engine.enrich.enricher import Enricher

Values = Sequence[Any]


class View(RecordFields):
    """One event with the facts that the estate adds. Never raises, whatever the record holds."""

    _spent = False

    def __init__(self, event: Event, enricher: "Enricher") -> None:
        super().__init__(event.record)
        self.event = event
        self.record: Mapping[str, Any] = self._record
        self._enricher = enricher
        self._estate = enricher.estate

    def values(self, name: str) -> Values:
        """The values of a field of the record, or of one of the facts."""
        found = self._found.get(name)
        if found is None:
            fact = FACTS.get(name)
            found = self._found[name] = fact(self) if fact else super().values(name)
        return found

    @lazy
    def caller(self) -> Caller:
        """Who called, in full."""
        return caller_of(self.record)

    @lazy
    def actor(self) -> Actor:
        """Who called, as findings name them; the lineage adds the origin."""
        who = self.caller
        return Actor(
            arn=who.arn, session=who.session, account=who.account, access_key=who.access_key, address=who.address
        )

    @property
    def address(self) -> str | None:
        """Where the call came from, as logged."""
        return self.caller.address

    @property
    def event_source(self) -> str:
        """The service's host name, "" where the record has none."""
        return text(self.record.get("eventSource")) or ""

    @property
    def event_name(self) -> str:
        """The API call's name, "" where the record has none."""
        return text(self.record.get("eventName")) or ""

    @property
    def region(self) -> str:
        """The region that served the call, "" where the record has none."""
        return text(self.record.get("awsRegion")) or ""

    @lazy
    def failed(self) -> bool:
        """Whether AWS refused the call or could not carry it out."""
        refused = self.record.get("errorCode") or self.record.get("errorMessage")
        return bool(refused) or at(self.record, "responseElements", "ConsoleLogin") == "Failure"

    @lazy
    def touched(self) -> tuple[Touched, ...]:
        """What the call touched."""
        return touched_by(self.record, self.caller.partition)

    @lazy
    def placed(self) -> tuple[Placed, ...]:
        """What the call touched, with the assets it belongs to; an identity that is a decoy is touched by its use."""
        used = self._estate.asset_of_arn(self.caller.principal)
        worn = (Touched(self.caller.principal),) if used and used.decoy else ()
        return place((*self.touched, *worn), self._estate)

    @lazy
    def assets(self) -> tuple[AssetRef, ...]:
        """The assets touched, each once; a store that nobody declared is an asset of kind `unknown`."""
        return tuple(dict.fromkeys(placed.ref for placed in self.placed))

    @lazy
    def resources(self) -> tuple[str, ...]:
        """ARNs of what containment could act on: the caller's role, user and instance, and what the call opened."""
        return containable(self)

    @lazy
    def read(self) -> tuple[str, int] | None:
        """A successful read of an object as ("bucket/key", bytes of the answer); a copy counts when it goes outside.

        A copy's bytes never pass the caller and CloudTrail does not tell them: they are 0.
        """
        given = next((thing for thing in self.touched if thing.read and thing.key), None)
        if given is None or self.failed:
            return None
        if "Copy" in self.event_name and not (self.copy_reach is Reach.OUTSIDE or self.account_side is Side.OUTSIDE):
            return None
        sent = 0 if "Copy" in self.event_name else count(at(self.record, "additionalEventData", "bytesTransferredOut"))
        return f"{given.bucket or given.arn}/{given.key}", sent

    @lazy
    def recipient(self) -> str | None:
        """The account whose log this record is from."""
        return text(self.record.get("recipientAccountId"))

    @lazy
    def neighbours(self) -> Neighbours:
        """Who is on which side, as this record's account sees it."""
        side, recipient = self._enricher.side, self.recipient  # a view that held itself would outlive its event
        return Neighbours(lambda account: side(account, recipient), self._estate.perimeter)

    @lazy
    def account_side(self) -> Side:
        """The side of the caller's account."""
        return self._enricher.side(self.caller.account, self.recipient)

    @lazy
    def network_side(self) -> Side:
        """The side of the address the call came from."""
        owner = text(self.record.get("vpcEndpointAccountId"))
        return network_side(self.caller, owner, self._estate.perimeter)

    @property
    def region_side(self) -> Side:
        """The side of the region that served the call."""
        return self._estate.perimeter.region(self.region or None)

    @lazy
    def purpose(self) -> Purpose | None:
        """What the caller is for; None where the estate names no principals and so cannot say."""
        if self.caller.is_aws:
            return Purpose.SERVICE
        if not self._estate.principals:
            return None
        return self._estate.purpose_of((self.caller.arn, self.caller.principal))

    @lazy
    def granted(self) -> Extent:
        """Whom the request lets in."""
        return granted(self.record, self.recipient or self.caller.account, self.neighbours)

    @property
    def grant_reach(self) -> Reach:
        """The widest grantee of the request."""
        return self.granted.reach

    @property
    def strangers(self) -> tuple[str, ...]:
        """Who outside is let in or sent something, by name; by a call that only reads nobody is."""
        if self.record.get("readOnly") is True or self.failed:
            return ()
        return Extent.of((self.granted, self.copied)).strangers

    @property
    def copy_reach(self) -> Reach:
        """How far away the call sends data."""
        return self.copied.reach

    @lazy
    def copied(self) -> Extent:
        """Where the call sends data; one that only reads sends none."""
        if self.record.get("readOnly") is True:
            return Extent()
        return copied_to(self.record, self._owner, self.neighbours)

    @lazy
    def covering_export(self) -> Export | None:
        """The planned export for this caller, what it reads, and the time, whatever it has taken already."""
        names = {placed.ref.name for placed in self.placed if placed.asset}
        for export in self._estate.exports:
            by = like(export.by, self.caller.arn) or like(export.by, self.caller.principal)
            if by and export.asset in names and export.start <= self.event.time < export.end:
                return export
        return None

    @property
    def approving_export(self) -> Export | None:
        """The covering export while it stays below its bytes; the read that passes them is approved no more."""
        return None if self._spent else self.covering_export

    def once_spent(self) -> "View":
        """The same event where the covering export has taken all it may; what else is known is not found again."""
        spent = View(self.event, self._enricher)
        vars(spent).update(vars(self), _spent=True)
        return spent

    def _owner(self, bucket: str) -> str | None:
        """A bucket that holds one of our assets is ours; of any other the record alone can tell."""
        ours = any(asset.bucket == bucket for asset in self._estate.assets)
        return self.recipient or next(iter(self._estate.perimeter.accounts), None) if ours else None


def _present(value: object) -> Values:
    return () if value is None else (value,)


def _of_assets(field: Callable[[Placed], object]) -> Callable[[View], Values]:
    return lambda view: tuple(dict.fromkeys(value for p in view.placed if (value := field(p)) is not None))


def _of_reads(field: Callable[[Placed], object]) -> Callable[[View], Values]:
    return lambda view: tuple(dict.fromkeys(field(p) for p in view.placed if p.thing.read))


FACTS: Mapping[str, Callable[[View], Values]] = {
    "actor.account": lambda view: _present(view.caller.account),
    "actor.arn": lambda view: (view.caller.arn,),
    "actor.away": lambda view: (away_from_home(view.record),),
    "actor.credential": lambda view: _present(credential_of(view.record, view.caller)),
    "actor.deploys": lambda view: (deploys(view.record, view.caller),),
    "actor.family": lambda view: _present(view.caller.family),
    "actor.instance": lambda view: _present(view.caller.instance),
    "actor.name": lambda view: _present(view.caller.name),
    "actor.network": lambda view: _present(view.caller.network),
    "actor.principal": lambda view: (view.caller.principal,),
    "actor.purpose": lambda view: _present(view.purpose and view.purpose.value),
    "actor.service": lambda view: _present(service_behind(view.record, view.caller)),
    "actor.session": lambda view: _present(view.caller.session),
    "actor.type": lambda view: (view.caller.type,),
    "asset.decoy": _of_assets(lambda placed: True if placed.asset is not None and placed.asset.decoy else None),
    "asset.kind": _of_assets(lambda placed: placed.ref.kind),
    "asset.name": _of_assets(lambda placed: placed.ref.name),
    "asset.sensitivity": _of_assets(lambda placed: placed.asset and placed.asset.sensitivity),
    "copy.to": lambda view: (view.copy_reach.word,),
    "event.outcome": lambda view: ("failure" if view.failed else "success",),
    "export.approved": lambda view: (view.approving_export is not None,),
    "grant.admin": lambda view: (gives_admin(view.record),),
    "grant.to": lambda view: (view.grant_reach.word,),
    "object.weights": lambda view: (any(thing.key and looks_like_weights(thing.key) for thing in view.touched),),
    "opens.to_world": lambda view: opened_to_world(view.record),
    "perimeter.account": lambda view: (view.account_side.value,),
    "perimeter.network": lambda view: (view.network_side.value,),
    "perimeter.region": lambda view: (view.region_side.value,),
    "policy.denies": lambda view: services_denied(view.record),
    "read.asset": _of_reads(lambda placed: placed.ref.name),
    "read.key": _of_reads(lambda placed: f"{placed.thing.bucket or placed.thing.arn}/{placed.thing.key or ''}"),
    "read.kind": _of_reads(lambda placed: placed.ref.kind),
    "role.put_to_work": lambda view: tuple(put_to_work(view.record)),
    "sealed.to": lambda view: (sealed_to(view.record, view.neighbours).word,),
    "trail.hides": lambda view: hidden_by(view.record),
    "trail.loses": lambda view: lost_by(view.record),
}
"""Every fact by the name that rules give it."""

OF_CALLER = frozenset(
    f"{about}.{fact}"
    for about, facts in (
        ("actor", "account arn away deploys family instance name network principal purpose service session type"),
        ("perimeter", "account network region"),
    )
    for fact in facts.split()
)
"""Facts that depend on nothing but userIdentity, where the call came from and by what, and whose log it is in."""
CREDENTIAL = "actor.credential"
"""It depends on eventType and sessionCredentialFromConsole besides."""

OF_THINGS = frozenset(
    {
        "asset.decoy", "asset.kind", "asset.name", "asset.sensitivity", "copy.to", "object.weights", "read.asset",
        "read.kind", "sealed.to",
    }
)  # fmt: skip
"""Facts that depend on nothing but the call, its request and resources, the caller's identity, and whose log it is."""
