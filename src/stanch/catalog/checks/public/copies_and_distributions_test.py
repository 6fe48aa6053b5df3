"""Edges of the checks of replication and of distributions."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, MODELS, STRANGER, bucket, odd, thing

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

COPIES, DISTRIBUTION = "public/replication_outside", "public/distribution_open"
REGISTRY = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:registry"
EDGE = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
OFF = {"Enabled": False, "Quantity": 0}


def copied(to: str, account: str | None = None, status: str = "Enabled") -> dict[str, Any]:
    """A bucket with one rule."""
    destination = {"Bucket": to, **({"Account": account} if account else {})}
    return bucket(Replication={"Role": "r", "Rules": [{"Status": status, "Destination": destination}]})


def test_a_bucket_that_is_nobodys_we_know_is_a_strangers_where_all_accounts_were_looked_at() -> None:
    (verdict,) = verdicts(COPIES, posture([copied("arn:aws:s3:::elsewhere")], ASSET))
    assert (verdict.ruling, verdict.severity) == (Ruling.FAIL, Severity.HIGH)


def test_a_bucket_that_may_be_of_an_account_nobody_looked_at_is_unknown() -> None:
    more = '[perimeter]\naccounts = ["111122223333", "444455556666"]\n'
    assert rulings(COPIES, posture([copied("arn:aws:s3:::elsewhere")], more)) == {MODELS: Ruling.UNKNOWN}


@pytest.mark.parametrize(
    ("line", "ruling"),
    [
        (copied("arn:aws:s3:::elsewhere", STRANGER), Ruling.FAIL),
        (copied("arn:aws:s3:::elsewhere", STRANGER, "Disabled"), Ruling.PASS),
        (copied("arn:aws:s3:::elsewhere", ACCOUNT), Ruling.PASS),
        (copied(MODELS), Ruling.PASS),
        (bucket(Replication=None), Ruling.PASS),
        (bucket(Replication={"$unseen": "s3:GetBucketReplication: AccessDenied"}), Ruling.UNKNOWN),
        (bucket(), Ruling.UNKNOWN),
    ],
)
def test_a_rule_counts_while_it_is_on_and_by_whose_its_target_is(line: dict[str, Any], ruling: Ruling) -> None:
    assert rulings(COPIES, posture([line])) == {MODELS: ruling}


def test_a_registry_that_copies_to_a_stranger_fails() -> None:
    def registry(account: str) -> dict[str, Any]:
        to = [{"region": "eu-west-1", "registryId": account}]
        return thing("ecr/registry", REGISTRY, {"replicationConfiguration": {"rules": [{"destinations": to}]}})

    assert rulings(COPIES, posture([registry(STRANGER)])) == {REGISTRY: Ruling.FAIL}
    assert rulings(COPIES, posture([registry(ACCOUNT)])) == {REGISTRY: Ruling.PASS}


def edge(domain: str = "models-eu.s3.eu-central-1.amazonaws.com", behavior: Any = None, **data: Any) -> dict[str, Any]:
    """A distribution in front of one origin."""
    default = {"TargetOriginId": "o", "TrustedSigners": OFF, "TrustedKeyGroups": OFF, **(behavior or {})}
    told = {"Id": "E1", "Enabled": True, "DomainName": "d1.cloudfront.net", "WebACLId": "",
            "Origins": {"Items": [{"Id": "o", "DomainName": domain}]}, "DefaultCacheBehavior": default,
            "CacheBehaviors": {"Quantity": 0}}  # fmt: skip
    return thing("cloudfront/distribution", EDGE, {**told, **data})


CODE = {"FunctionAssociations": {"Items": [{"EventType": "viewer-request"}]}}
LOOSE = {"Items": [{"PathPattern": "/weights/*", "TargetOriginId": "o", "TrustedKeyGroups": OFF}]}


@pytest.mark.parametrize(
    ("line", "ruling"),
    [
        (edge(), Ruling.FAIL),
        (edge("models-eu.s3.amazonaws.com"), Ruling.FAIL),
        (edge("pages.s3.eu-central-1.amazonaws.com"), Ruling.PASS),
        (edge("api.example.com"), Ruling.PASS),
        (edge(Enabled=False), Ruling.PASS),
        (edge(behavior={"TrustedSigners": {"Enabled": True}}), Ruling.PASS),
        (edge(behavior={"TrustedSigners": {"Enabled": True}}, CacheBehaviors=LOOSE), Ruling.FAIL),
        (edge(behavior=CODE), Ruling.UNKNOWN),
        (edge(WebACLId="arn:aws:wafv2:us-east-1:111122223333:global/webacl/x/1"), Ruling.UNKNOWN),
    ],
)
def test_a_distribution_is_open_where_it_reads_an_asset_and_asks_for_nothing(line: Any, ruling: Ruling) -> None:
    assert rulings(DISTRIBUTION, posture([line], ASSET)) == {EDGE: ruling}


def test_a_website_that_nobody_declared_dear_is_meant_to_be_read() -> None:
    assert rulings(DISTRIBUTION, posture([edge()])) == {EDGE: Ruling.PASS}


def test_nothing_that_a_hand_wrote_breaks_them() -> None:
    for line in odd(copied("x"), ["Replication"]):
        verdicts(COPIES, posture([line]))
    for line in odd(edge(), ["Origins", "DefaultCacheBehavior", "CacheBehaviors", "WebACLId"]):
        verdicts(DISTRIBUTION, posture([line], ASSET))
