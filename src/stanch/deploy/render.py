"""The estate decides what is deployed: three templates, the freeze policy, and the parameters of one stage.

Reads: stanch.toml and the permissions of the actions in use. No clock, no network: the same estate gives the same text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.deploy import flows
from stanch.deploy.alarms import alarms
from stanch.deploy.fill import FOLDER, filled, template
from stanch.deploy.freeze import freeze
from stanch.deploy.insights import contain_by_hand, insights, lacks_actions
from stanch.deploy.privileges import Privileges, document, is_log, objects, privileges, substituted
from stanch.deploy.selectors import selectors
from stanch.deploy.stages import of_stage
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate, Purpose

TEMPLATES = ("foundation", "responder", "member-role")
RESPONDER_ROLE = "stanch-responder"
FREEZE_FILE = "freeze-policy.json"
_GRACE_SECONDS = 2700
"""What an execution may take beside the time that a question stands; a third of it to keep evidence."""


class Lacking(Exception):
    """The estate does not say what a deployment needs; `needs` says each thing with its remedy."""

    def __init__(self, needs: Iterable[str]) -> None:
        self.needs = tuple(needs)
        super().__init__("\n".join(self.needs))


@dataclass(frozen=True, slots=True)
class Rendered:
    """Files by their name below the folder, and what the deployment will not cover, each with the reason."""

    files: Mapping[str, str]
    left_out: tuple[str, ...]


def render(estate: Estate, permissions: Iterable[str], stage: str) -> Rendered:
    """The files of one stage. Raises Lacking with all that the estate does not say."""
    needs = list(_needs(estate))
    if needs:
        raise Lacking(needs)
    granted = privileges(estate, permissions, _itself(estate))
    seen = selectors(estate)
    files = {
        "foundation.yaml": _foundation(estate, seen.events),
        "responder.yaml": _responder(estate),
        "member-role.yaml": filled(
            template("member-role"), {"member_path": _path(estate), "policies": _policies(granted)}
        ),
        FREEZE_FILE: json.dumps(freeze(estate, responders(estate)), indent=2) + "\n",
    }
    for name in TEMPLATES:
        files[f"{name}.{stage}.json"] = _parameters(
            _possible(estate, {**_of_estate(estate, name), **of_stage(stage, name)})
        )
    wide = [f"{permission}: granted on *, its resources are not known here" for permission in granted.unscoped]
    return Rendered(files, (*seen.left_out, *wide, *_by_hand(estate)))


def _by_hand(estate: Estate) -> Iterator[str]:
    for partition in lacks_actions(estate):
        command = 'aws securityhub create-action-target --id StanchContain --name "Contain with stanch"'
        yield f"the custom action: CloudFormation of {partition} cannot make it; {command} --description stanch"


def _needs(estate: Estate) -> Iterator[str]:
    perimeter, response = estate.perimeter, estate.response
    if not estate.declared:
        yield "there is no stanch.toml; `stanch init` writes one"
        return
    if not perimeter.accounts:
        yield "[perimeter] names no account; add accounts = [...]"
    if not perimeter.regions:
        yield "[perimeter] names no region; add regions = [...]"
    if not estate.assets:
        yield "no [[asset]] is declared, so no read of data would be logged; add your weights and training data"
    if not response.member_role:
        yield '[response] names no role for the accounts; add member_role = "stanch-member"'
    if not response.evidence.bucket:
        yield '[response.evidence] names no bucket, so evidence has no place; add bucket = "acme-forensics"'
    if perimeter.accounts and home(estate) is None:
        yield (
            'several accounts and none is the responder\'s; add [[principal]] with purpose = "responder" and '
            f'match = "arn:*:iam::{perimeter.accounts[0]}:role/{RESPONDER_ROLE}"'
        )


def home(estate: Estate) -> str | None:
    """The account in which the responder runs: that of its [[principal]], or the only one of the perimeter."""
    return next((role.account for role in _declared_responders(estate)), None) or (
        estate.perimeter.accounts[0] if len(estate.perimeter.accounts) == 1 else None
    )


def _declared_responders(estate: Estate) -> Iterator[Arn]:
    for principal in estate.principals:
        if principal.purpose is Purpose.RESPONDER:
            try:
                arn = Arn.parse(principal.match)
            except ArnError:
                continue
            # The template makes it without a path, and a pattern is no name.
            if arn.resource == f"role/{arn.name}" and arn.account in estate.perimeter.accounts and "*" not in arn.name:
                yield arn


def _responder_role(estate: Estate) -> str:
    return next((role.name for role in _declared_responders(estate)), RESPONDER_ROLE)


def _member(estate: Estate) -> str:
    """The name of the member role, with its path as it stands in ARNs."""
    return (estate.response.member_role or "").lstrip("/")


def _path(estate: Estate) -> str:
    return f"/{_member(estate).rpartition('/')[0]}/".replace("//", "/")


def responders(estate: Estate) -> tuple[str, ...]:
    """The roles that stanch acts as, as they stand in ARNs."""
    return (_member(estate), _responder_role(estate))


def _itself(estate: Estate) -> list[str]:
    ours = "arn:${AWS::Partition}:iam::${AWS::AccountId}"
    roles = [f"{ours}:role{name}" for name in (_path(estate) + "${MemberRoleName}", "/${ResponderRoleName}")]
    return [*roles, f"{ours}:policy/${{MemberRoleName}}-*"]


def _responder(estate: Estate) -> str:
    logs = list(_logs(estate))
    gateways = {
        gateway.secret: f"{{{{resolve:secretsmanager:stanch/{gateway.name}:SecretString}}}}"
        for gateway in estate.response.gateways
    }
    return filled(
        template("responder"),
        {
            "member_role": _member(estate),
            "member_roles": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::*:role/{_member(estate)}"},
            "gateways": gateways,
            "logs": substituted([f"{bucket}/{key}" for bucket, key in logs]),
            "keys_of_logs": substituted(
                [f"arn:${{AWS::Partition}}:kms:*:{account}:key/*" for account in estate.perimeter.accounts]
            ),
            "decrypting_logs": {
                "kms:ViaService": "s3.*",
                # S3 names the bucket where it has a key of its own, and the object where it has none.
                "kms:EncryptionContext:aws:s3:arn": substituted(
                    [one for bucket, key in logs for one in (bucket, f"{bucket}/{key}")]
                ),
            },
            "workflow": json.loads((FOLDER / "workflow.asl.json").read_text(encoding="utf-8")),
            "alarms": alarms(),
        },
    )


def _logs(estate: Estate) -> Iterator[tuple[str, str]]:
    """Buckets and the keys in them, as policies name them: of the logs that foundation makes, and of those declared."""
    for account in estate.perimeter.accounts:
        yield f"arn:${{AWS::Partition}}:s3:::stanch-logs-{account}-*", "*"
    for asset in estate.assets:
        if is_log(asset):
            bucket, _, key = objects(asset).partition("/")
            yield f"arn:${{AWS::Partition}}:s3:::{bucket}", key


def _foundation(estate: Estate, events: Iterable[dict[str, Any]]) -> str:
    perimeter = estate.perimeter
    roles = [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::*:role/{name}"} for name in responders(estate)]
    return filled(
        template("foundation"),
        {
            "vpc_parameters": flows.parameters(perimeter.vpcs),
            "vpc_conditions": flows.conditions(perimeter.vpcs),
            "responder_accounts": [
                {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{account}:root"} for account in perimeter.accounts
            ],
            "responder_roles": {"aws:PrincipalArn": roles},
            "event_selectors": list(events),
            "contain_by_hand": contain_by_hand(estate),
            "insights": insights(estate),
            "flow_logs": flows.flow_logs(perimeter.vpcs),
            "flow_table": flows.table(perimeter.accounts, perimeter.regions),
            "freeze_name": estate.response.freeze_policy or "stanch-freeze",
            "freeze_policy": freeze(estate, responders(estate)),
        },
    )


def _policies(granted: Privileges) -> dict[str, Any]:
    """The managed policies: the grants, and the denies as fences."""
    named = {f"Grants{number}": part for number, part in enumerate(granted.grants, start=1)}
    named |= {f"Fence{number}": part for number, part in enumerate(granted.denies, start=1)}
    return {name: _policy(name, part) for name, part in named.items()}


def _policy(name: str, statements: Iterable[dict[str, Any]]) -> dict[str, Any]:
    home_role = {"Fn::If": ["IsHome", {"Ref": "ResponderRoleName"}, {"Ref": "AWS::NoValue"}]}
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": {"Fn::Sub": f"${{MemberRoleName}}-{name.lower()}"},
            "Roles": [{"Ref": "MemberRole"}, home_role],
            "PolicyDocument": document(list(statements)),
        },
    }


def _of_estate(estate: Estate, name: str) -> dict[str, str]:
    """The parameters of a template that the estate decides."""
    response = estate.response
    if name == "responder":
        stuck = response.asking.expires_minutes * 60 + _GRACE_SECONDS
        return {"ResponderRoleName": _responder_role(estate), "StuckAfterSeconds": str(stuck)}
    if name == "member-role":
        return {
            "ResponderAccount": home(estate) or "",
            "ResponderRoleName": _responder_role(estate),
            "MemberRoleName": _member(estate).rsplit("/", 1)[-1],
            "OrganizationId": next(iter(estate.perimeter.organizations), ""),
        }
    return {
        "EvidenceBucket": response.evidence.bucket or "",
        "EvidenceLockDays": str(response.evidence.lock_days),
        "FlowLogs": "yes" if estate.perimeter.vpcs else "no",
    }


def _possible(estate: Estate, values: Mapping[str, str]) -> Mapping[str, str]:
    """What a stage asks of an organisation is asked of the account where there is none."""
    alone = not estate.perimeter.organizations
    return {name: "account" if alone and value == "organization" else value for name, value in values.items()}


def _parameters(values: Mapping[str, str]) -> str:
    """A parameter file as `aws cloudformation` reads it."""
    listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    return json.dumps(listed, indent=2) + "\n"
