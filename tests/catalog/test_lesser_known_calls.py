"""AWS shares and copies in more calls than anybody remembers: each is told towards a stranger, not among our own."""

import json
from typing import Any

import pytest

from stanch import estate
from stanch.domain.estate import Estate
from tests.catalog.test_request_forms import DECLARED, OURS, STRANGER, hunted, role

OPENED, COPIED = "exfiltration/resource_opened_to_outside", "exfiltration/copied_to_outside_account"
MIRRORED, JOINED = "exfiltration/mirrored_to_outside_account", "persistence/network_joined_through_gateway"
QUIETED, HIDDEN = "defense_impairment/alarms_quieted", "defense_impairment/findings_hidden"
THROUGH, NAMES = "defense_impairment/firewall_lets_everything_through", "persistence/names_answered_by_a_stranger"
LOGIN, LOCKED = "credential_access/store_login_set_by_hand", "impact/store_locked_for_its_owner"
UNASKED, LASTING = "exfiltration/api_answers_without_asking", "persistence/lasting_key_of_a_service_made"
SAFEGUARDS, SIGN_IN = "defense_impairment/database_safeguards_lowered", "persistence/customer_sign_in_changed"


def distribution(account: str) -> Any:
    return {"distributions": [{"amiDistributionConfiguration": {"launchPermission": {"userIds": [account]}}}]}


def locked(caller: str) -> Any:
    condition = {"ArnNotLike": {"aws:PrincipalArn": caller}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}
    return {"bucketName": "b", "bucketPolicy": {"Statement": [deny]}, "policy": ""}


def between(account: str) -> list[tuple[str, str, str, Any]]:
    """The calls that let an account in, or send data to it, with the detection that tells each."""
    arn = f"arn:aws:{{}}:eu-central-1:{account}:{{}}".format
    owned = {"expectedBucketOwner": account}
    shared = {"policyDetails": {"schedules": [{"shareRules": [{"targetAccounts": [account]}]}]}}
    return [
        (OPENED, "config", "PutAggregationAuthorization", {"authorizedAccountId": account}),
        (OPENED, "dlm", "CreateLifecyclePolicy", shared),
        (OPENED, "ds", "ShareDirectory", {"shareTarget": {"id": account, "type": "ACCOUNT"}}),
        (OPENED, "es", "AuthorizeVpcEndpointAccess", {"domainName": "d", "account": account}),
        (
            OPENED,
            "es",
            "CreateOutboundConnection",
            {"remoteDomainInfo": {"aWSDomainInformation": {"ownerId": account, "domainName": "d"}}},
        ),
        (OPENED, "imagebuilder", "CreateDistributionConfiguration", distribution(account)),
        (OPENED, "lightsail", "UpdateBucket", {"bucketName": "b", "readonlyAccessAccounts": [account]}),
        (OPENED, "securitylake", "CreateSubscriber", {"subscriberIdentity": {"principal": account}}),
        (OPENED, "servicecatalog", "CreatePortfolioShare", {"portfolioId": "p", "accountId": account}),
        (OPENED, "signer", "AddProfilePermission", {"profileName": "p", "principal": account}),
        (COPIED, "dynamodb", "EnableKinesisStreamingDestination", {"streamArn": arn("kinesis", "stream/s")}),
        (
            MIRRORED,
            "elasticfilesystem",
            "CreateReplicationConfiguration",
            {"destinations": [{"fileSystemId": arn("elasticfilesystem", "file-system/fs-1")}]},
        ),
        (MIRRORED, "oam", "CreateLink", {"sinkIdentifier": arn("oam", "sink/s")}),
        (MIRRORED, "pipes", "CreatePipe", {"name": "p", "target": arn("sqs", "q")}),
        (MIRRORED, "scheduler", "CreateSchedule", {"name": "s", "target": {"arn": arn("sqs", "q")}}),
        (JOINED, "ec2", "CreateNetworkInterfacePermission", {"awsAccountId": account, "permission": "INSTANCE-ATTACH"}),
        (COPIED, "athena", "StartQueryExecution", {"resultConfiguration": {"expectedBucketOwner": account}}),
        (COPIED, "athena", "CreateWorkGroup", {"configuration": {"resultConfiguration": owned}}),
        (
            COPIED,
            "athena",
            "UpdateWorkGroup",
            {"configurationUpdates": {"resultConfigurationUpdates": {**owned, "outputLocation": "s3://loot/"}}},
        ),
        (
            COPIED,
            "bedrock",
            "CreateModelInvocationJob",
            {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://loot/", "s3BucketOwner": account}}},
        ),
        (COPIED, "s3", "PutObject", {"bucketName": "loot", "key": "k", "x-amz-expected-bucket-owner": account}),
        (LOCKED, "s3", "PutBucketPolicy", locked(f"arn:aws:iam::{account}:role/x")),
    ]


@pytest.mark.parametrize("ours", [Estate(), estate.read(DECLARED, "test")], ids=["undeclared", "declared"])
@pytest.mark.parametrize(("detection", "source", "name", "request_"), between(STRANGER))
def test_a_stranger_is_told(detection: str, source: str, name: str, request_: Any, ours: Estate) -> None:
    assert detection in hunted(source, name, request_, ours)


@pytest.mark.parametrize(("detection", "source", "name", "request_"), between(OURS))
def test_our_own_account_is_not(detection: str, source: str, name: str, request_: Any) -> None:
    assert detection not in hunted(source, name, request_, estate.read(DECLARED, "test"))


RESOLVER = {"ruleType": "FORWARD", "domainName": "example.com", "targetIps": [{"ip": "198.51.100.7"}]}
DHCP = {"dhcpConfigurationSet": {"items": [{"key": "domain-name-servers", "valueSet": {"items": [{"value": "x"}]}}]}}
OPEN_METHOD = {"httpMethod": "GET", "patchOperations": [{"path": "/authorizationType", "value": "NONE"}]}
SSL_OFF = {"parameters": [{"parameterName": "require_secure_transport", "parameterValue": "OFF"}]}
BY_HAND: list[tuple[str, str, str, Any]] = [
    (NAMES, "route53resolver", "CreateResolverRule", RESOLVER),
    (NAMES, "ec2", "CreateDhcpOptions", json.loads(json.dumps(DHCP).replace('"x"', '"198.51.100.7"'))),
    (NAMES, "route53", "CreateVPCAssociationAuthorization", {"hostedZoneId": "Z", "vPC": {"vPCId": "vpc-1"}}),
    (QUIETED, "monitoring", "SetAlarmState", {"alarmName": "a", "stateValue": "OK"}),
    (QUIETED, "sns", "Unsubscribe", {"subscriptionArn": f"arn:aws:sns:eu-central-1:{OURS}:security-alerts:1"}),
    (HIDDEN, "securityhub", "UpdateStandardsControl", {"controlStatus": "DISABLED"}),
    (THROUGH, "wafv2", "UpdateWebACL", {"name": "w", "defaultAction": {"allow": {}}, "rules": []}),
    (LOGIN, "elasticache", "ModifyUser", {"userId": "default", "noPasswordRequired": True}),
    (LOGIN, "mq", "CreateUser", {"brokerId": "b", "username": "x"}),
    (UNASKED, "apigateway", "UpdateMethod", OPEN_METHOD),
    (UNASKED, "apigateway", "UpdateMethod", {"httpMethod": "GET", "updateMethodInput": OPEN_METHOD}),
    (UNASKED, "bedrock-agentcore", "CreateGateway", {"name": "tools", "authorizerType": "NONE"}),
    (UNASKED, "apigateway", "UpdateRoute", {"apiId": "a", "routeId": "r", "authorizationType": "NONE"}),
    (LASTING, "lightsail", "CreateBucketAccessKey", {"bucketName": "b"}),
    (SAFEGUARDS, "rds", "ModifyDBClusterParameterGroup", SSL_OFF),
    (SIGN_IN, "cognito-idp", "CreateIdentityProvider", {"userPoolId": "p", "providerName": "x"}),
]


@pytest.mark.parametrize(("detection", "source", "name", "request_"), BY_HAND)
def test_what_a_users_key_does_is_told(detection: str, source: str, name: str, request_: Any) -> None:
    assert detection in hunted(source, name, request_, Estate())


@pytest.mark.parametrize(("detection", "source", "name", "request_"), BY_HAND)
def test_what_deployment_does_is_not(detection: str, source: str, name: str, request_: Any) -> None:
    assert detection not in hunted(source, name, request_, Estate(), role("ci-deploy"))


HONEST: list[tuple[str, str, str, Any]] = [
    (NAMES, "ec2", "CreateDhcpOptions", json.loads(json.dumps(DHCP).replace('"x"', '"AmazonProvidedDNS"'))),
    (NAMES, "ec2", "CreateDhcpOptions", json.loads(json.dumps(DHCP).replace('"x"', '"10.0.0.2"'))),
    (UNASKED, "apigateway", "UpdateMethod", {**OPEN_METHOD, "httpMethod": "OPTIONS"}),
    (UNASKED, "apigateway", "UpdateMethod", {"httpMethod": "OPTIONS", "updateMethodInput": OPEN_METHOD}),
    (UNASKED, "bedrock-agentcore", "CreateGateway", {"name": "tools", "authorizerType": "AWS_IAM"}),
    (THROUGH, "wafv2", "UpdateWebACL", {"name": "w", "defaultAction": {"allow": {}}, "rules": [{"name": "r"}]}),
    (LOCKED, "s3", "PutBucketPolicy", locked("arn:aws:iam::*:role/backup")),
    (LOGIN, "es", "UpdateDomainConfig", {"domainName": "d", "advancedSecurityOptions": {"enabled": True}}),
]


@pytest.mark.parametrize(("detection", "source", "name", "request_"), HONEST)
def test_the_same_call_in_its_honest_form_is_quiet(detection: str, source: str, name: str, request_: Any) -> None:
    assert detection not in hunted(source, name, request_, Estate())
