"""A service control policy binds every principal of an account, the responder too unless the policy spares it."""

from stanch.domain.arn import Arn, role_of_session
from stanch.iam import Policy, Request, caller_of, evaluate, parse

_ALLOW = parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})

# One change of each kind that containment and undo make in a member account, and on what.
_NEEDED = (
    ("iam:PutRolePolicy", "role/probe"),
    ("iam:DeleteRolePolicy", "role/probe"),
    ("iam:UpdateAssumeRolePolicy", "role/probe"),
    ("iam:PutUserPolicy", "user/probe"),
    ("iam:DeleteUserPolicy", "user/probe"),
    ("iam:UpdateAccessKey", "user/probe"),
    ("iam:DeleteLoginProfile", "user/probe"),
    ("ec2:DisassociateIamInstanceProfile", "instance/i-0123456789abcdef0"),
    ("ec2:ModifyNetworkInterfaceAttribute", "network-interface/eni-0123456789abcdef0"),
    ("ec2:CreateSnapshots", "instance/i-0123456789abcdef0"),
    ("s3:PutBucketPolicy", "probe"),
    ("s3:PutBucketPublicAccessBlock", "probe"),
    ("lambda:PutFunctionConcurrency", "function:probe"),
    ("kms:RevokeGrant", "key/01234567-89ab-cdef-0123-456789abcdef"),
)


def withheld(policy: Policy, responder: str, region: str) -> tuple[str, ...]:
    """What the responder (its ARN in the account) could no longer do, or might not, each with the reason.

    Every condition key but the caller's own ARN and account is taken for unknown: a policy must spare it by these.
    Raises CallerError for a responder that is no principal.
    """
    found: list[str] = []
    for action, named in _NEEDED:
        decided = evaluate(_request(action, named, responder, region), identity=(_ALLOW,), scps=((_ALLOW, policy),))
        if "scp" in decided.blocked_by:  # what a key's own policy says is not this policy's doing
            found.append(f"{action}: {'; '.join(decided.because)}")
    return tuple(found)


def _request(action: str, named: str, responder: str, region: str) -> Request:
    arn, service = Arn.parse(responder), action.partition(":")[0]
    place = ("", "") if service == "s3" else ("" if service == "iam" else region, arn.account)
    context = {
        "aws:PrincipalArn": (role_of_session(responder) or responder,),
        "aws:PrincipalAccount": (arn.account,),
        "aws:PrincipalIsAWSService": ("false",),
    }
    resource = str(Arn(arn.partition, service, *place, named))
    return Request(caller_of(responder), action, resource, arn.account, context, frozenset({"*"}))
