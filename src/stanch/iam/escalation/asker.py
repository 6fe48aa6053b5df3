"""Of a request that nobody has made yet some condition keys are certain, some impossible, and the rest stay open.

IAM User Guide, "AWS global condition context keys". Certain: who asks, and what he asks about. Impossible: keys of
other services, and those that only AWS services send. Open: the hour, the address, MFA, and whatever a caller chooses.
"""

from collections.abc import Mapping
from datetime import datetime

from stanch.iam.conditions import ConditionTest
from stanch.iam.organization import Identity
from stanch.iam.reading.documents import UNKNOWN_TEXT
from stanch.iam.request import Caller
from stanch.iam.variables import Context

OF_THE_THING = (
    "aws:requesttag/",
    "aws:resourceaccount",
    "aws:resourcetag/",
    "aws:tagkeys",
    "iam:permissionsboundary",
    "iam:resourcetag/",
)
"""Keys that differ from thing to thing, and so from bit to bit."""

OF_MAKING = ("aws:requesttag/", "aws:tagkeys")
"""Those that only what makes or tags a thing can be asked with."""

REGION = "aws:requestedregion"

_OF_THE_CALLER = ("aws:principal", "aws:username", "aws:userid", "aws:federated", "aws:source")
_UNREAD = UNKNOWN_TEXT.partition(":")[0]
"""The prefix of what a policy hangs on whose text nobody has."""

_OPEN_GLOBALS = (
    "aws:currenttime",
    "aws:ec2instancesource",
    "aws:epochtime",
    "aws:multifactorauth",
    "aws:principalorg",
    "aws:referer",
    "aws:requestedregion",
    "aws:requesttag/",
    "aws:resourceorg",
    "aws:resourcetag/",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceorg",
    "aws:sourcevpc",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:vpcsourceip",
    "aws:vpce",
)


class Asker:
    """A principal as a policy's conditions see it.

    known: keys in lower case with their values; a key that is neither here nor open is absent.
    """

    def __init__(self, known: Context, *, open_keys: tuple[str, ...], caller: Caller, number: int) -> None:
        self.known, self.caller, self.number = known, caller, number
        self._open = open_keys
        self._answers: dict[tuple[str, str], bool] = {}

    def is_open(self, key: str, service: str) -> bool:
        """Whether a request to the service may carry the key with a value that nobody knows yet."""
        if key in self.known:
            return False
        asked = (key, service)
        if asked not in self._answers:
            prefix = key.partition(":")[0]
            self._answers[asked] = key.startswith(self._open) if prefix == "aws" else prefix in (service, _UNREAD)
        return self._answers[asked]


def as_identity(identity: Identity, moment: datetime | None, number: int, organization: str | None) -> Asker:
    """A user, or a session of a role under a name that nobody knows yet."""
    known = {
        **({"aws:principalorgid": (organization,), "aws:resourceorgid": (organization,)} if organization else {}),
        "aws:principalarn": (identity.arn,),
        "aws:principalaccount": (identity.account,),
        "aws:principalisawsservice": ("false",),
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        **{f"aws:principaltag/{name.lower()}": (value,) for name, value in identity.tags.items()},
        **_clock(moment),
    }
    if identity.kind == "user":
        known |= {"aws:principaltype": ("User",), "aws:username": (identity.name,)}
        known |= {"aws:userid": (identity.unique_id,)} if identity.unique_id else {}
        caller = Caller("user", identity.account, identity.arn)
        return Asker(known, open_keys=_OPEN_GLOBALS, caller=caller, number=number)
    known |= {"aws:principaltype": ("AssumedRole",)}
    partition = identity.arn.split(":", 2)[1]
    session = f"arn:{partition}:sts::{identity.account}:assumed-role/{identity.name}/*"
    caller = Caller("role-session", identity.account, session, identity.arn)
    return Asker(known, open_keys=(*_OPEN_GLOBALS, "aws:userid", "aws:federated"), caller=caller, number=number)


def as_service(name: str, account: str, number: int) -> Asker:
    """A service that acts for the account."""
    known = {
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (name,),
        "aws:principaltype": ("AWSService",),
        "aws:securetransport": ("true",),
        "aws:sourceaccount": (account,),
    }
    caller = Caller("service", service=name)
    return Asker(known, open_keys=("aws:sourcearn", "aws:sourceorg", *_OPEN_GLOBALS), caller=caller, number=number)


def is_personal(test: ConditionTest) -> bool:
    """Whether the answer may differ from caller to caller."""
    return any(key.startswith(_OF_THE_CALLER) for key in test.needs)


def of_the_thing(test: ConditionTest) -> bool:
    """Whether the answer may differ from thing to thing."""
    return any(key.startswith(OF_THE_THING) for key in test.needs)


def answer(test: ConditionTest, asker: Asker, service: str, given: Mapping[str, tuple[str, ...]]) -> bool | None:
    """Whether a condition holds; None when that depends on an open key.

    service: of the action, as in its prefix. given: keys that the action or the thing fix, in lower case.
    """
    if any(key not in given and asker.is_open(key, service) for key in test.needs):
        return None
    return test.holds({**asker.known, **given} if given else asker.known)


def _clock(moment: datetime | None) -> dict[str, tuple[str, ...]]:
    if moment is None:
        return {}
    return {"aws:currenttime": (moment.isoformat(),), "aws:epochtime": (str(int(moment.timestamp())),)}
