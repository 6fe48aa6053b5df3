"""Whoever may stand outside: nobody at all, any account, a named one, a named organisation, a service somebody sends.

Sources: IAM User Guide, "AWS global condition context keys"; the pages of S3, KMS, SNS, EventBridge and EFS on theirs.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from stanch.iam.accounts import account_of, is_account
from stanch.iam.exposure.domains import FREE, LACKING, Addresses, Domain, fixed
from stanch.iam.exposure.meeting import FRESH
from stanch.iam.exposure.perimeter import Perimeter
from stanch.iam.policy import Principal, Statement

Kind = Literal["anonymous", "account", "service", "other"]

ACCOUNT_KEYS = ("aws:principalaccount", "kms:calleraccount")
SOURCE_KEYS = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner")
SERVICE_KEYS = ("aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist")
_ORGANIZATION_KEYS = ("aws:principalorgid", "aws:principalorgpaths")
_OF_THE_SIGNED = (
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalarn",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:username",
)
_ACCOUNT_OF_PLACE = ("aws:vpceaccount", "events:creatoraccount", "s3:dataaccesspointaccount")
_ORGANIZATION_OF_PLACE = ("aws:vpceorgid", "aws:vpceorgpaths")
_ARN_OF_PLACE = ("aws:sourcevpcarn", "s3:dataaccesspointarn")
_FIXED_PLACE = ("aws:sourcevpc", "aws:sourcevpce", "aws:ec2instancesourcevpc", "lambda:eventsourcetoken")
_MOUNTED = "elasticfilesystem:accessedviamounttarget"
PLACE_KEYS = frozenset(
    [
        *("aws:sourceip", "aws:userid", _MOUNTED, *SOURCE_KEYS, *_ACCOUNT_OF_PLACE),
        *(*_ORGANIZATION_OF_PLACE, *_ARN_OF_PLACE, *_FIXED_PLACE),
    ]
)
"""Keys whose fixed value may be a place, a resource or an id of which the perimeter says nothing."""

STRANGER = "anyone"


@dataclass(frozen=True)
class Outsider:
    """One kind of caller that is not ours.

    label: as an exposure names it. account: `anyone` for an account that nobody named.
    names: the ARNs under which a statement may name him; () where he may be any identity of his account.
    """

    label: str
    kind: Kind
    account: str | None = None
    names: tuple[str, ...] = ()
    service: str | None = None
    keys: Mapping[str, Domain] = field(default_factory=dict)

    def domain(self, key: str) -> Domain:
        """The values that he may give a key, in lower case."""
        if self.kind == "anonymous" and key.startswith(("aws:principaltag/", "sts:")):
            return LACKING
        return self.keys.get(key, FREE)

    def is_named_in(self, principals: Iterable[Principal]) -> bool:
        """Whether a Principal element surely means him."""
        return any(self._is(principal) for principal in principals)

    def _is(self, principal: Principal) -> bool:
        value = principal.value
        match principal.kind:
            case "AWS":
                whole = value == self.account or (value.endswith(":root") and account_of(value) == self.account)
                return value == "*" or whole or value in self.names
            case "Service":
                return self.kind == "service" and value in ("*", self.service)
            case _:
                return value in self.names

    def is_spared_by(self, listed: Collection[Principal]) -> bool:
        """Whether a NotPrincipal lists him: account and identity both, or only the account for its root user."""
        if self.kind != "account":
            return self.is_named_in(listed)
        named = {account_of(p.value) if p.value.endswith(":root") else p.value for p in listed if p.kind == "AWS"}
        return "*" in named or (self.account in named and all(name in named for name in self.names))


class Crowd:
    """Makes the outsiders of one policy: who is named in it is no stranger to it."""

    def __init__(self, perimeter: Perimeter, statements: Iterable[Statement], extra: Mapping[str, Domain]) -> None:
        """`extra`: keys that every request has, as those of the access point it comes through."""
        self._perimeter, self._extra = perimeter, dict(extra)
        listed = tuple(statements)
        values = {value for s in listed for c in s.conditions for value in c.values}
        self._literals = {value for value in values if not _is_open(value)}
        values |= {p.value for s in listed for p in (*(s.principals or ()), *(s.not_principals or ()))}
        named = {account for value in values if (account := account_of(value))}
        self.accounts = {account for account in named if not perimeter.has_account(account)}
        heads = {value.partition("/")[0] for value in values if value.startswith("o-")}
        self.organizations = {head for head in heads if not _is_open(head)} - perimeter.organizations
        self._ids = {head for value in values if not _is_open(head := value.partition(":")[0])} - {"arn"}

    def anonymous(self) -> Outsider:
        """Who has not signed: no account, no organisation."""
        keys = dict.fromkeys(
            (*ACCOUNT_KEYS, *_ORGANIZATION_KEYS, *SERVICE_KEYS, *_OF_THE_SIGNED, *SOURCE_KEYS), LACKING
        )
        more = {"aws:userid": fixed("anonymous"), "aws:principaltype": fixed("Anonymous")}
        return Outsider("anyone", "anonymous", keys={**self._strange(), **keys, **more, **self._extra})

    def stranger(self) -> Outsider:
        """Any account of AWS that the policy does not name."""
        return Outsider("anyone", "account", STRANGER, keys={**self._strange(), **self._signed(), **self._extra})

    def visitor(self, of: Outsider) -> Outsider:
        """The same outsider, should the networks, endpoints and resources that are fixed but not ours be his."""
        ours = self._perimeter.has_place
        loose = {
            **{key: Domain(("*",), ours) for key in (*_FIXED_PLACE, "aws:userid")},
            **{key: Domain(("*",), self._is_ours_by_arn) for key in _ARN_OF_PLACE},
            "aws:sourcearn": Domain(("*",), lambda value: account_of(value) is not None),
            "aws:sourceip": Addresses(visits=lambda network: not ours(network)),
        }
        known = {key: domain for key, domain in loose.items() if of.domain(key).patterns and of.kind != "anonymous"}
        return replace(of, keys={**of.keys, **known, **self._extra})

    def account(self, account: str, names: tuple[str, ...] = (), *, roams: bool = True) -> Outsider:
        """A named account, or a named identity of it. roams: wherever he comes from, be it from a place of ours."""
        arns = [name for name in names if name.startswith("arn:")]
        shapes = tuple(map(_principal_arn, arns)) or _arns_of(account)
        own = Domain(shapes, lambda value: account_of(value) != account, may_lack=False)
        signed = {**({} if roams else self._strange()), **self._signed(), **dict.fromkeys(ACCOUNT_KEYS, fixed(account))}
        signed["aws:principalarn"] = own
        signed |= {"aws:userid": FREE, "aws:sourceowner": fixed(account)}
        signed |= dict.fromkeys(_ORGANIZATION_KEYS, self._anothers_organization())
        return Outsider(account, "account", account, names, keys={**signed, **self._extra})

    def member(self, organization: str, *, roams: bool = True) -> Outsider:
        """An account that nobody named, of a named organisation; `roams` as with an account."""
        belongs = {
            "aws:principalorgid": fixed(organization),
            "aws:principalorgpaths": Domain((f"{organization}/*",), may_lack=False),
        }
        keys = {**({} if roams else self._strange()), **self._signed(), **belongs, **self._extra}
        return Outsider(f"org:{organization}", "account", STRANGER, keys=keys)

    def service(self, name: str | None, sent_by: str | None = None) -> Outsider:
        """A service (None: any) on behalf of a stranger, or of the account or organisation that sends it."""
        absent = dict.fromkeys((*ACCOUNT_KEYS, *_ORGANIZATION_KEYS, *_OF_THE_SIGNED, "aws:userid"), LACKING)
        called = fixed(name) if name and name != "*" else Domain(("*.amazonaws.com*", "*.amazonaws.eu"), may_lack=False)
        about = {"aws:principalisawsservice": fixed("true"), SERVICE_KEYS[1]: called, SERVICE_KEYS[2]: called}
        label = f"service:{name or '*'}" if sent_by is None else sent_by
        keys = {**self._strange(), **absent, **about, **self._source(sent_by), **self._extra}
        return Outsider(label, "service", None, (), name, keys)

    def _source(self, sender: str | None) -> dict[str, Domain]:
        if sender is None:
            return {}
        if sender.startswith("org:"):
            name = sender.removeprefix("org:")
            theirs = {"aws:sourceorgid": fixed(name), "aws:sourceorgpaths": Domain((f"{name}/*",), may_lack=False)}
            return {**theirs, "aws:sourcearn": FREE, "aws:sourceaccount": self._account_key()}
        own = {key: fixed(sender) for key in ("aws:sourceaccount", "aws:sourceowner")}
        own |= dict.fromkeys(("aws:sourceorgid", "aws:sourceorgpaths"), self._anothers_organization())
        return {**own, "aws:sourcearn": Domain((f"arn:*:*:*:{sender}:*",), lambda value: account_of(value) != sender)}

    def _strange(self) -> dict[str, Domain]:
        """Where a stranger comes from, and on whose behalf a service comes to us from him."""
        return {
            **{key: self._account_key() for key in (*_ACCOUNT_OF_PLACE, "aws:sourceaccount", "aws:sourceowner")},
            **{key: self._organization_key() for key in (*_ORGANIZATION_OF_PLACE, "aws:sourceorgid")},
            "aws:sourceorgpaths": self._organization_key(),
            **{key: Domain(("*",), self._is_anothers_arn) for key in (*_ARN_OF_PLACE, "aws:sourcearn")},
            **{key: Domain(("*",), self._literals.__contains__) for key in _FIXED_PLACE},
            _MOUNTED: fixed("false"),
            "aws:sourceip": Addresses(),
        }

    def _signed(self) -> dict[str, Domain]:
        return {
            **{key: self._account_key(may_lack=False, stands_for=STRANGER) for key in ACCOUNT_KEYS},
            **{key: self._organization_key() for key in _ORGANIZATION_KEYS},
            "aws:principalarn": Domain(("arn:*:iam::*:*", "arn:*:sts::*:*"), self._is_anothers_arn, may_lack=False),
            "aws:principalisawsservice": fixed("false"),
            "aws:principalservicename": LACKING,
            "aws:principalservicenameslist": LACKING,
            "aws:principaltype": Domain(("Account", "AssumedRole", "FederatedUser", "User"), may_lack=False),
            **{key: LACKING for key in SOURCE_KEYS if key != "aws:sourceowner"},
            "aws:userid": Domain(("AIDA*", "AROA*:*", "*:*"), self._is_anothers_id, may_lack=False),
        }

    def _account_key(self, *, may_lack: bool = True, stands_for: str | None = None) -> Domain:
        return Domain(("*",), self._is_anothers_account, may_lack, stands_for)

    def _organization_key(self) -> Domain:
        return Domain(("*",), self._is_anothers_organization, stands_for=f"o-{FRESH}")

    def _anothers_organization(self) -> Domain:
        """Of a named account, which may be in any organisation but ours."""
        return Domain(("*",), lambda value: value.partition("/")[0] in self._perimeter.organizations)

    def _is_anothers_account(self, value: str) -> bool:
        return is_account(value) or value in self._literals

    def _is_anothers_arn(self, value: str) -> bool:
        return account_of(value) is not None or value in self._literals

    def _is_anothers_id(self, value: str) -> bool:
        head = value.partition(":")[0]
        return is_account(head) or head in self._ids

    def _is_anothers_organization(self, value: str) -> bool:
        head = value.partition("/")[0]
        return head in self.organizations or head in self._perimeter.organizations or value in self._literals

    def _is_ours_by_arn(self, value: str) -> bool:
        account = account_of(value)
        return account is not None and self._perimeter.has_account(account)


def _is_open(value: str) -> bool:
    return "*" in value or "?" in value or "${" in value


def _arns_of(account: str) -> tuple[str, ...]:
    return f"arn:*:iam::{account}:*", f"arn:*:sts::{account}:*"


def _principal_arn(name: str) -> str:
    """What aws:PrincipalArn is for an identity that a policy names: of a session, its role's, with whatever path."""
    parts = name.split(":", 5)
    if len(parts) == 6 and parts[2] == "sts" and parts[5].startswith("assumed-role/"):
        return f"arn:{parts[1]}:iam::{parts[4]}:role/*{parts[5].split('/')[1]}"
    return name
