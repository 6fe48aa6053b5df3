"""AWS refuses a policy document that it cannot read, at the moment when it is written."""

from stanch.iam import PolicyError, parse
from stanch.range.gate.refusal import Refusal
from stanch.range.request.call import Call

DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument")


def refuse_malformed(call: Call) -> None:
    """Raises Refusal for an IAM call that would store a document which no evaluation could read."""
    if call.prefix != "iam":
        return
    for name in DOCUMENTS:
        document = call.text(name)
        if document is not None:
            try:
                parse(document)
            except PolicyError as error:
                raise Refusal("MalformedPolicyDocument", str(error), 400) from error
