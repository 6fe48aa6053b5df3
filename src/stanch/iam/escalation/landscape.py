"""An organisation laid out for questions: all that exists or could be made, and where every principal stands."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from stanch.domain.arn import Arn
from stanch.iam.accounts import read_arn
from stanch.iam.escalation.asker import REGION, Asker, as_identity
from stanch.iam.escalation.imagined import ANY_NAME, Imagination, probes
from stanch.iam.escalation.paths import Path
from stanch.iam.escalation.rules import ANY_TAG, Document, Facts, World
from stanch.iam.escalation.standing import Fences, Standing
from stanch.iam.escalation.things import Bits, Thing, Things, gathered
from stanch.iam.organization import Account, Group, Identity, Named, Organization
from stanch.iam.policy import Policy
from stanch.iam.variables import resolve
from stanch.iam.wildcard import Token, Wild

HOME_OF_IAM = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}
"""Where IAM's calls are counted as made; us-east-1 in the partition that is not here."""

_USUAL_REGION = {**HOME_OF_IAM, "aws": "eu-central-1"}
_MOST_REGIONS = 4
_ABOUT_OTHERS = {"sts": ("iam",), "ec2-instance-connect": ("ec2",), "ssm": ("ssm", "ec2")}


class Landscape:
    """Principals, things, and what the principals' own policies say of the things.

    identities: of all accounts; a principal's number is its position here. place: of an ARN among all things.
    """

    def __init__(
        self,
        organization: Organization,
        paths: Iterable[Path],
        actions: Iterable[str],
        *,
        moment: datetime | None = None,
        besides: Iterable[str] = (),
    ) -> None:
        self.organization, self.paths = organization, tuple(paths)
        self.identities = [i for account in organization.accounts.values() for i in account.identities]
        self.askers = [
            as_identity(identity, moment, at, organization.id) for at, identity in enumerate(self.identities)
        ]
        self.partition = next((i.arn.split(":", 2)[1] for i in self.identities), "aws")
        self.regions = _regions(organization, self.partition)
        needs = [need for path in self.paths for need in path.needs]
        self.things = Things(self._all_things(Imagination(needs), besides))
        asked = list(dict.fromkeys(action.lower() for action in (*(need.action for need in needs), *actions)))
        self.world = World(self.things, asked, self._scopes(asked), [self._facts(thing) for thing in self.things.all])
        self.place = {thing.arn: at for at, thing in enumerate(self.things.all) if thing.kind in _EXISTING}
        self.number = {self.place[identity.arn]: at for at, identity in enumerate(self.identities)}
        self._documents: dict[tuple[str, str], Document] = {}
        self._standings: dict[tuple[object, ...], Standing] = {}
        self.standings = [self.standing_of(identity) for identity in self.identities]
        self.groups = {group.arn: group for account in organization.accounts.values() for group in account.groups}
        self.holders, self.bounded = self._holders()

    def asker(self, number: int) -> Asker:
        """The principal with this number, as conditions see it."""
        return self.askers[number]

    def document(self, named: Named) -> Document:
        """A policy as rules; one for all who have the same."""
        key = (named.name, named.policy.source)
        if key not in self._documents:
            self._documents[key] = Document(named, self.world)
        return self._documents[key]

    def standing_of(
        self,
        identity: Identity,
        more: tuple[Named, ...] = (),
        *,
        free: bool = False,
        only: tuple[Named, ...] | None = None,
    ) -> Standing:
        """Where a principal stands, with more policies than it has, without its boundary, or with others instead."""
        policies = tuple(self.document(named) for named in (*(identity.policies if only is None else only), *more))
        fences = self.fences(identity, free=free)
        key: tuple[object, ...] = (identity.account, policies, fences)
        if key not in self._standings:
            self._standings[key] = Standing(len(self._standings), identity.account, policies, fences)
        return self._standings[key]

    def fences(self, identity: Identity, *, free: bool = False) -> Fences:
        """The boundary of a principal, unless it is to be free of it, and the levels of its organisation."""
        levels = self.organization.accounts[identity.account].scps or ()
        levels = () if identity.is_service_linked else levels
        boundary = None if free or identity.boundary is None else self.document(identity.boundary)
        return Fences(boundary, tuple(tuple(self.document(named) for named in level) for level in levels))

    def _all_things(self, imagination: Imagination, besides: Iterable[str]) -> Iterator[Thing]:
        for account in self.organization.accounts.values():
            yield from _existing(account)
            yield from imagination.of_any_name(self.partition, account.id, self.regions)
            yield from (thing for r in self.regions for _, thing in probes(self.partition, account.id, r))
            for kind in ("user", "role", "group", "policy"):
                yield Thing(f"arn:{self.partition}:iam::{account.id}:{kind}/{ANY_NAME}", "probe", account.id)
        for resource in self.organization.resources:
            yield _resource(resource.arn, resource.account)
        for arn in (*self.organization.resource_policies, *besides):
            yield _resource(arn, "")
        yield from imagination.named(self._patterns(), self.regions)

    def _patterns(self) -> Iterator[tuple[str, str]]:
        seen: set[tuple[str, str]] = set()
        for identity, asker in zip(self.identities, self.askers, strict=True):
            for named in (*identity.policies, *([identity.boundary] if identity.boundary else [])):
                for statement in named.policy.statements:
                    for text in statement.resources or () if statement.effect == "Allow" else ():
                        resolved = text
                        if statement.variables and "${" in text:
                            resolved = _text(resolve(text, asker.known, variables=True) or ())
                        if (resolved, identity.account) not in seen and len(resolved) > 1:
                            seen.add((resolved, identity.account))
                            yield resolved, identity.account

    def _scopes(self, actions: Iterable[str]) -> Mapping[str, Bits]:
        by_service: dict[str, list[int]] = {}
        for at, thing in enumerate(self.things.all):
            by_service.setdefault("*" if thing.arn == "*" else thing.arn.split(":", 3)[2], []).append(at)
        masks = {service: gathered(places) for service, places in by_service.items()}
        found = {}
        for action in actions:
            service = action.partition(":")[0]
            services = (*_ABOUT_OTHERS.get(service, (service,)), "*")
            found[action] = sum(masks.get(one, 0) for one in services)
        return found

    def _facts(self, thing: Thing) -> Facts:
        """What conditions can know of a thing."""
        if thing.arn == "*":
            return {REGION: (thing.region,)}
        region = thing.region or HOME_OF_IAM.get(self.partition, "us-east-1")
        facts: dict[str, tuple[str, ...] | None] = {REGION: (region,)}
        if thing.account:
            facts["aws:resourceaccount"] = (thing.account,)
        if thing.kind not in ("user", "role", "probe"):
            facts[ANY_TAG] = None
        elif (known := self._by_arn.get(thing.arn)) is not None:
            for name, value in known.tags.items():
                facts[f"aws:resourcetag/{name.lower()}"] = facts[f"iam:resourcetag/{name.lower()}"] = (value,)
            if known.boundary:
                facts["iam:permissionsboundary"] = (known.boundary.name,)
        return facts

    @property
    def _by_arn(self) -> Mapping[str, Identity]:
        if not hasattr(self, "_identities_by_arn"):
            self._identities_by_arn = {identity.arn: identity for identity in self.identities}
        return self._identities_by_arn

    def _holders(self) -> tuple[Mapping[str, Bits], Mapping[str, Bits]]:
        """Who has a managed policy, himself or by a group, and whom a boundary holds: by the policy's ARN."""
        having: dict[str, list[int]] = {}
        bounded: dict[str, list[int]] = {}
        for identity in self.identities:
            place = self.place[identity.arn]
            for named in identity.policies:
                having.setdefault(named.name, []).append(place)
            if identity.boundary:
                bounded.setdefault(identity.boundary.name, []).append(place)
        return (
            {name: gathered(places) for name, places in having.items()},
            {name: gathered(places) for name, places in bounded.items()},
        )


_EXISTING = ("user", "role", "group", "policy", "resource")


def members(group: Group, place: Mapping[str, int]) -> Bits:
    """The users of a group that are known."""
    return gathered(place[arn] for arn in group.members if arn in place)


def _existing(account: Account) -> Iterator[Thing]:
    for identity in account.identities:
        yield Thing(identity.arn, identity.kind, account.id)
        for named in (*identity.policies, *([identity.boundary] if identity.boundary else [])):
            if named.name.startswith("arn:"):
                yield _policy(named.name)
    for group in account.groups:
        yield Thing(group.arn, "group", account.id)
        yield from (_policy(named.name) for named in group.policies if named.name.startswith("arn:"))
    yield from (_policy(arn) for arn in account.managed)


def _policy(arn: str) -> Thing:
    """A managed policy; AWS's own belong to no account."""
    account = arn.split(":", 5)[4] if arn.count(":") > 4 else ""
    return Thing(arn, "policy", "" if account == "aws" else account)


def _resource(arn: str, account: str) -> Thing:
    read = read_arn(arn) or Arn("", "", "", "", arn)
    return Thing(arn, "resource", account or read.account, read.region)


def _regions(organization: Organization, partition: str) -> tuple[str, ...]:
    """A usual one, and those that conditions in the policies name: what is kept to one region is allowed there."""
    found = {_USUAL_REGION.get(partition, "eu-central-1"): None}
    for account in organization.accounts.values():
        for policy in _policies(account):
            for statement in policy.statements:
                for condition in statement.conditions:
                    if condition.key.lower() == REGION:
                        found |= dict.fromkeys(v for v in condition.values if v and not set(v) & set("*?$"))
    return tuple(found)[:_MOST_REGIONS]


def _policies(account: Account) -> Iterator[Policy]:
    for identity in account.identities:
        yield from (named.policy for named in identity.policies)
        if identity.boundary:
            yield identity.boundary.policy
    for level in account.scps or ():
        yield from (named.policy for named in level)


def _text(pattern: tuple[Token, ...]) -> str:
    return "".join(token.value if isinstance(token, Wild) else token for token in pattern)
