"""One API call may need several permissions, each an action on a resource.

CopyObject reads one object and writes another; an instance that is given a role needs iam:PassRole on that role.
"""

from stanch.range.gate.identity import Identity
from stanch.range.gate.needs_ec2 import ec2_needs
from stanch.range.gate.needs_iam import iam_needs, sts_needs
from stanch.range.gate.needs_lambda import lambda_needs
from stanch.range.gate.needs_renamed import renamed_needs
from stanch.range.gate.needs_s3 import s3_needs
from stanch.range.gate.permission import Need
from stanch.range.request.call import Call


def needs(call: Call, identity: Identity) -> list[Need]:
    """Every permission the call needs. A service without rules of its own here needs its action on `*`."""
    match call.prefix:
        case "s3":
            return s3_needs(call, identity.partition)
        case "iam":
            return iam_needs(call, identity)
        case "sts":
            return sts_needs(call, identity)
        case "ec2":
            return ec2_needs(call, identity)
        case "lambda":
            return lambda_needs(call, identity)
        case _:
            return renamed_needs(call)
