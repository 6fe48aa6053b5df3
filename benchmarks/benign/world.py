"""Who there is in the organisation, and how CloudTrail names them: people, pipelines, hosts, services, vendors."""

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]
MANAGEMENT, PROD, DEV, SECURITY, DATA = "222233334444", "111122223333", "444455556666", "777788889999", "555566667777"
ACCOUNTS = (MANAGEMENT, PROD, DEV, SECURITY, DATA)
VENDORS = {"888811112222": "observability-integration", "888833334444": "cspm-readonly"}
ORGANIZATION = "o-a1b2c3d4e5"
HOME = "eu-central-1"
REGIONS = (HOME, HOME, HOME, HOME, "eu-west-1", "us-east-1")
GLOBAL = {"iam", "organizations", "route53", "cloudfront", "support", "ce", "billing", "trustedadvisor", "health"}
OFFICE, NAT = "217.110.34.18", ("3.121.40.11", "18.195.201.9")
ENDPOINT = "vpce-0a1b2c3d4e5f60718"
BEGIN, DAYS = datetime(2026, 11, 2, tzinfo=UTC), 14
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.82.2"
BOTO = "Boto3/1.35.90 md/Botocore#1.35.90 ua/2.0 os/linux#6.1.119 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython"
CLI = "aws-cli/2.22.12 md/awscrt#0.23.4 ua/2.0 os/macos#24.2.0 md/arch#arm64 lang/python#3.12.6 md/command#"
GO = "aws-sdk-go-v2/1.32.7 ua/2.1 os/linux lang/go#1.23.4 md/GOOS#linux md/GOARCH#amd64"
JAVA = "aws-sdk-java/2.29.43 md/io#sync md/http#Apache ua/2.1 os/Linux#5.10.230 lang/java#17.0.13"


@dataclass(frozen=True, slots=True)
class Who:
    """A caller: its userIdentity, where it calls from, with what, and what else its records say."""

    identity: Record
    address: str
    agent: str
    account: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the ARN: a session's or a user's name."""
        return str(self.identity.get("arn", "")).rsplit("/", 1)[-1]


class World:
    """One seeded source of chance, and the shapes of identities and records."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._stable = random.Random(seed + 1)
        self._ids: dict[str, str] = {}
        self._events = 0
        self.people = ("anna.schmidt", "jonas.weber", "lea.fischer", "marco.rossi", "nina.kraus", "tom.becker")
        self.homes = {name: f"{self._stable.choice((84, 91, 93, 178))}.{self._octets(3)}" for name in self.people}
        self.hosts = tuple(f"i-{self._stable.getrandbits(68):017x}" for _ in range(24))

    def id_of(self, prefix: str, thing: str) -> str:
        """The same unique id for the same thing, as in AROA... or AIDA..."""
        letters = string.ascii_uppercase + "234567"
        return self._ids.setdefault(prefix + thing, prefix + "".join(self._stable.choices(letters, k=17)))

    def key(self, of: str, when: datetime, hours: int = 6) -> str:
        """The access key of a session; it changes every few hours."""
        return self.id_of("ASIA", f"{of}{when:%m%d}{when.hour // hours}")[:20]

    def session(
        self, role: str, name: str, account: str, when: datetime, *, path: str = "/", mfa: bool = False
    ) -> Record:
        """The userIdentity of a role session."""
        issuer = self.id_of("AROA", account + role)
        opened = when.replace(hour=when.hour // 6 * 6, minute=0, second=0)
        return {
            "type": "AssumedRole",
            "principalId": f"{issuer}:{name}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
            "accountId": account,
            "accessKeyId": self.key(f"{account}{role}{name}", when),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": issuer,
                    "arn": f"arn:aws:iam::{account}:role{path}{role}",
                    "accountId": account,
                    "userName": role,
                },
                "attributes": {"creationDate": f"{opened:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": str(mfa).lower()},
            },
        }

    def admin(
        self, name: str, account: str, when: datetime, *, console: bool = True, set_: str = "AdministratorAccess"
    ) -> Who:
        """A person with an Identity Center role, in the console or on the command line."""
        role = f"AWSReservedSSO_{set_}_{self.id_of('', account + set_)[:16].lower()}"
        path = f"/aws-reserved/sso.amazonaws.com/{HOME}/"
        identity = self.session(role, f"{name}@example.org", account, when, path=path)
        address = OFFICE if when.day % 3 or self.chance.random() < 0.3 else self.homes[name]
        more = {"sessionCredentialFromConsole": "true"} if console else {}
        return Who(identity, address, BROWSER if console else CLI + "sts.get-caller-identity", account, more)

    def user(
        self, name: str, account: str, address: str, agent: str, *, console: bool = False, mfa: bool = False
    ) -> Who:
        """An IAM user with a long-term key, or in the console."""
        identity: Record = {
            "type": "IAMUser",
            "principalId": self.id_of("AIDA", account + name),
            "arn": f"arn:aws:iam::{account}:user/{name}",
            "accountId": account,
            "accessKeyId": self.id_of("ASIA" if console else "AKIA", account + name)[:20],
            "userName": name,
        }
        if console:
            identity["sessionContext"] = {
                "attributes": {"creationDate": "2026-11-03T08:00:00Z", "mfaAuthenticated": str(mfa).lower()}
            }
        return Who(identity, address, agent, account, {"sessionCredentialFromConsole": "true"} if console else {})

    def root(self, account: str, when: datetime) -> Who:
        """The root user, with a second factor, in the console."""
        identity = {
            "type": "Root",
            "principalId": account,
            "arn": f"arn:aws:iam::{account}:root",
            "accountId": account,
            "accessKeyId": self.key(f"root{account}", when),
            "sessionContext": {
                "attributes": {"creationDate": f"{when:%Y-%m-%dT%H:00:00Z}", "mfaAuthenticated": "true"}
            },
        }
        return Who(identity, OFFICE, BROWSER, account, {"sessionCredentialFromConsole": "true"})

    def service(self, service: str, account: str) -> Who:
        """AWS itself, without a role of the account."""
        host = f"{service}.amazonaws.com"
        return Who({"type": "AWSService", "invokedBy": host}, host, host, account)

    def linked(self, role: str, service: str, account: str, when: datetime, name: str | None = None) -> Who:
        """A service in its service-linked role."""
        host = f"{service}.amazonaws.com"
        identity = self.session(
            role, name or role.removeprefix("AWSServiceRoleFor"), account, when, path=f"/aws-service-role/{host}/"
        )
        return Who(identity | {"invokedBy": host}, host, host, account)

    def host(self, role: str, account: str, when: datetime, *, index: int | None = None, agent: str = BOTO) -> Who:
        """An instance with its role; through the S3 endpoint it shows its private address, elsewhere the NAT's."""
        at = self.chance.randrange(len(self.hosts)) if index is None else index
        identity = self.session(role, self.hosts[at], account, when)
        identity["sessionContext"]["ec2RoleDelivery"] = "2.0"
        return Who(identity, NAT[at % 2], agent, account, {"_private": f"10.20.{at}.{10 + at}"})

    def assumed(
        self, role: str, name: str, account: str, when: datetime, address: str, agent: str, path: str = "/"
    ) -> Who:
        """Any other role session."""
        return Who(self.session(role, name, account, when, path=path), address, agent, account)

    def runner(self) -> str:
        """The address of a hosted CI runner, another one each time."""
        return (
            f"{self.chance.choice(('20.57', '4.227', '52.176', '172.183', '135.232'))}.{self._octets(2, self.chance)}"
        )

    def call(
        self,
        who: Who,
        when: datetime,
        service: str,
        name: str,
        asked: Record | None = None,
        answer: Record | None = None,
        *,
        region: str = HOME,
        **more: Any,
    ) -> Record:
        """One record of a call, with the fields that CloudTrail gives every record."""
        self._events += 1
        reads = name.startswith(("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "Select", "Query"))
        kept = {key: value for key, value in who.more.items() if not key.startswith("_")}
        record: Record = {
            "eventVersion": "1.11",
            "userIdentity": who.identity,
            "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1" if service in GLOBAL else region,
            "sourceIPAddress": who.address,
            "userAgent": who.agent,
            "requestParameters": asked or None,
            "responseElements": answer,
            "requestID": self._uuid(),
            "eventID": f"{self._events:08x}-{self._uuid()[9:]}",
            "readOnly": reads or name.startswith("AssumeRole"),
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": who.account,
            "eventCategory": "Management",
            **kept,
        }
        if who.address[0].isdigit():
            host = f"{service}.{record['awsRegion']}.amazonaws.com"
            record["tlsDetails"] = {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": host,
            }
        return record | more

    def data(self, who: Who, when: datetime, name: str, bucket: str, key: str, size: int, **more: Any) -> Record:
        """One S3 data event; a host reaches S3 through the VPC endpoint."""
        record = self.call(
            who, when, "s3", name, {"bucketName": bucket, "Host": f"{bucket}.s3.{HOME}.amazonaws.com", "key": key}
        )
        way = "bytesTransferredIn" if name == "PutObject" else "bytesTransferredOut"
        other = "bytesTransferredOut" if name == "PutObject" else "bytesTransferredIn"
        record |= {
            "additionalEventData": {
                "SignatureVersion": "SigV4",
                "CipherSuite": "TLS_AES_128_GCM_SHA256",
                way: size,
                other: 0,
                "SSEApplied": "SSE_KMS",
                "AuthenticationMethod": "AuthHeader",
            },
            "resources": [
                {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
                {"accountId": who.account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
            ],
            "managementEvent": False,
            "eventCategory": "Data",
        }
        if private := who.more.get("_private"):
            record |= {"sourceIPAddress": private, "vpcEndpointId": ENDPOINT, "vpcEndpointAccountId": who.account}
        return record | more

    def denied(self, record: Record, permission: str) -> Record:
        """The same call, refused by IAM."""
        caller = record["userIdentity"].get("arn", "unknown")
        why = f"User: {caller} is not authorized to perform: {permission}, for no identity-based policy allows it"
        return record | {"errorCode": "AccessDenied", "errorMessage": why, "responseElements": None}

    def moment(self, *, office: bool = False, night: bool = False) -> datetime:
        """A moment of the two weeks: any, in working hours, or at night."""
        if night:
            return BEGIN + timedelta(days=self.chance.randrange(DAYS), hours=1, minutes=self.chance.randrange(120))
        if office:
            day = self.chance.choice([day for day in range(DAYS) if (BEGIN + timedelta(days=day)).weekday() < 5])
            return BEGIN + timedelta(days=day, hours=7 + 10 * self.chance.random())
        return BEGIN + timedelta(days=DAYS * self.chance.random() * 0.999)

    def _octets(self, count: int, chance: random.Random | None = None) -> str:
        return ".".join(str((chance or self._stable).randint(2, 250)) for _ in range(count))

    def _uuid(self) -> str:
        bits = f"{self.chance.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}"
