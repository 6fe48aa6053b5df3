"""`stanch init` finds an estate by what it is: folders have German names or ids, and nothing is called a model."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.ground import RESPONDER_ADDRESS, Ground, opened

from stanch import estate
from stanch.app import discovering
from stanch.aws import Credentials
from stanch.cli import main
from stanch.domain.estate import AssetKind, Purpose

SHARDS = [f"model-{number:05d}-of-00004.safetensors" for number in range(1, 5)]


@dataclass(frozen=True)
class Said:
    code: int
    lines: list[dict[str, Any]]
    err: str

    def proposed(self, section: str) -> dict[str, dict[str, Any]]:
        """Proposals of a section, by where they are or whom they match."""
        return {str(line["values"].get("where") or line["values"].get("match")): line
                for line in self.lines if line["kind"] == "proposal" and line["section"] == section}  # fmt: skip


Run = Callable[..., Said]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A range of its own: what other tests left would be found too."""
    with opened() as staged:
        plant(staged)
        yield staged


def put(ground: Ground, bucket: str, *keys: str, **more: Any) -> None:
    place = {"LocationConstraint": ground.staged.region}
    ground.admin.call("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=place, **more)
    for key in keys:
        ground.admin.call("s3", "PutObject", Bucket=bucket, Key=key, Body=b"x" * 64)


def plant(ground: Ground) -> None:
    put(ground, "ablage-7f3a", *(f"projekt-9/gewichte/{name}" for name in [*SHARDS, "tokenizer.json"]),
        *(f"projekt-9/schnappschuss/urlaub-{n}.jpg" for n in range(9)))  # fmt: skip
    put(ground, "kiste-b2", "1f2e3d/adapter_model.safetensors", "1f2e3d/adapter_config.json",
        "umzug/train-00000-of-00002.parquet", "umzug/train-00001-of-00002.parquet", "umzug/dataset_info.json",
        "zettelkasten/index.faiss", "zettelkasten/index.pkl")  # fmt: skip
    put(ground, "model-weights-training", *(f"model-logs/2026/11/{n:02d}/model.log.gz" for n in range(1, 9)))
    put(ground, "fabrik-55", "churn/output/model.tar.gz", "churn/output/xgboost-model.json", "modell/karte.pdf")
    put(ground, "spur-9", "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/23/a.json.gz")
    ground.admin.call("cloudtrail", "CreateTrail", Name="spur", S3BucketName="spur-9")
    put(ground, "tresor-1", ObjectLockEnabledForBucket=True)
    serve(ground)


def serve(ground: Ground) -> None:
    """A host with a role of its own that may read the weights and nothing else."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::ablage-7f3a/projekt-9/*"}
    iam = [("CreateRole", {"AssumeRolePolicyDocument": policy(trust)}),
           ("PutRolePolicy", {"PolicyName": "p", "PolicyDocument": policy(read)})]  # fmt: skip
    for operation, more in iam:
        ground.admin.call("iam", operation, RoleName="dienst-4", **more)
    ground.admin.call("iam", "CreateInstanceProfile", InstanceProfileName="dienst-4")
    ground.admin.call("iam", "AddRoleToInstanceProfile", InstanceProfileName="dienst-4", RoleName="dienst-4")
    ground.admin.call("ec2", "RunInstances", ImageId="ami-0c2b8ca1dad447f8a", InstanceType="g5.12xlarge", MinCount=1,
                      MaxCount=1, IamInstanceProfile={"Name": "dienst-4"}, UserData="vllm serve /mnt/x")  # fmt: skip


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def stanch(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as the administrator, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    as_(monkeypatch, ground.staged.admin, ground)

    def run(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["stanch", *words, "--format", "json"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        lines = [json.loads(line) for line in said.out.splitlines()]
        return Said(int(ended.value.code or 0), lines, said.err)

    return run


def as_(monkeypatch: pytest.MonkeyPatch, who: Credentials, ground: Ground) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": who.access_key_id,
        "AWS_SECRET_ACCESS_KEY": who.secret,
        "AWS_SESSION_TOKEN": who.token or "",
        "AWS_ENDPOINT_URL": ground.staged.range_.endpoint,
        "AWS_REGION": ground.staged.region,
    }.items():
        monkeypatch.setenv(name, value)


PLANTED = {
    "s3://ablage-7f3a/projekt-9/gewichte/": AssetKind.WEIGHTS,
    "s3://kiste-b2/1f2e3d/": AssetKind.ADAPTER,
    "s3://kiste-b2/umzug/": AssetKind.TRAINING_DATA,
    "s3://kiste-b2/zettelkasten/": AssetKind.VECTOR_STORE,
    "s3://spur-9/AWSLogs/": AssetKind.LOGS,
    "s3://acme-llm-weights/llama-70b-ft/": AssetKind.WEIGHTS,
}
"""What is sure; the last one is the estate that the range stages."""


def test_every_planted_asset_is_declared_and_nothing_else(stanch: Run, ground: Ground) -> None:
    said = stanch("init")
    assert said.code == 0, said.err
    ours = estate.load(Path("stanch.toml"))
    in_buckets = {asset.where: asset.kind for asset in ours.assets if asset.bucket}
    assert in_buckets == PLANTED
    hosts = [asset for asset in ours.assets if not asset.bucket]
    assert {asset.kind for asset in hosts} == {AssetKind.INFERENCE_HOST}
    assert len(hosts) == 3  # and the two that the range stages
    assert ours.perimeter.accounts == (ground.account,)
    assert ours.perimeter.networks == ()
    assert ours.principals == ()


def test_what_is_doubtful_waits_behind_a_mark_with_its_reasons(stanch: Run, ground: Ground) -> None:
    said = stanch("init")
    doubted = {where for where, line in said.proposed("asset").items() if not line["active"]}
    assert "s3://tresor-1/" in doubted
    (end,) = [line for line in said.lines if line["kind"] == "estate"]
    assert (end["written"], end["buckets_in_part"]) == (True, 0)
    assert end["list_calls"] == end["buckets_listed"]
    assert "s3://acme-llm-training/tickets/" in doubted
    text = Path("stanch.toml").read_text()
    assert '#kind = "evidence"' in text
    roles = {match.rsplit("/", 1)[-1]: line["values"]["purpose"] for match, line in said.proposed("principal").items()}
    assert roles == {"dienst-4": "serving", "vllm-serving": "serving", "retrain": "training", "platform-admin": "admin"}
    assert not any(line["active"] for line in said.proposed("principal").values())


def trail(folder: Path, ground: Ground, *, stranger: bool = False) -> None:
    """Three mornings on which a new host reads all shards; and one on which somebody else does."""
    records = []
    for day in range(4 if stranger else 3):
        session = "alice" if day == 3 else f"i-0123456789abcde{day:02d}"
        began = datetime(2026, 11, 10, 6, tzinfo=UTC) + timedelta(days=day)
        for number, name in enumerate(SHARDS):
            when = began + timedelta(seconds=20 * number)
            records.append(read(ground, session, when, f"projekt-9/gewichte/{name}", f"{day}-{number}"))
    folder.mkdir()
    (folder / "trail.json").write_text(json.dumps({"Records": records}))


def read(ground: Ground, session: str, when: datetime, key: str, name: str) -> dict[str, Any]:
    role = f"arn:aws:iam::{ground.account}:role/dienst-4"
    identity = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ground.account}:assumed-role/dienst-4/{session}",
                "accountId": ground.account, "accessKeyId": f"ASIA{session[-4:].upper():0>16}",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "userName": "dienst-4"}}}  # fmt: skip
    return {"eventVersion": "1.11", "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}", "eventID": name,
            "eventName": "GetObject",
            "eventSource": "s3.amazonaws.com", "awsRegion": ground.staged.region, "eventType": "AwsApiCall",
            "recipientAccountId": ground.account, "sourceIPAddress": RESPONDER_ADDRESS, "userIdentity": identity,
            "requestParameters": {"bucketName": "ablage-7f3a", "key": key}, "eventCategory": "Data",
            "additionalEventData": {"bytesTransferredOut": 64}}  # fmt: skip


def test_logs_that_agree_with_rights_and_configuration_prove_who_serves(stanch: Run, ground: Ground) -> None:
    trail(Path("logs"), ground)
    said = stanch("init", "--logs", "logs")
    assert said.code == 0, said.err
    (principal,) = estate.load(Path("stanch.toml")).principals
    assert principal.purpose is Purpose.SERVING
    assert principal.match.endswith(":role/dienst-4")


def test_the_lake_tells_the_same(stanch: Run, ground: Ground) -> None:
    trail(Path("logs"), ground)
    assert stanch("lake", "import", "logs").code == 0
    assert stanch("init", "--logs", "lake").code == 0
    assert len(estate.load(Path("stanch.toml")).principals) == 1


def test_another_account_is_looked_at_through_a_role(stanch: Run, ground: Ground) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": ground.admin.caller}, "Action": "sts:AssumeRole"}
    ground.outsider.call("iam", "CreateRole", RoleName="leser", AssumeRolePolicyDocument=policy(trust))
    everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    ground.outsider.call("iam", "PutRolePolicy", RoleName="leser", PolicyName="p", PolicyDocument=everything)
    place = {"LocationConstraint": ground.staged.region}
    ground.outsider.call("s3", "CreateBucket", Bucket="drueben-8", CreateBucketConfiguration=place)
    for name in SHARDS:
        ground.outsider.call("s3", "PutObject", Bucket="drueben-8", Key=f"x/{name}", Body=b"x")
    said = stanch("init", "--account", ground.outside_account, "--role", "leser")
    assert said.code == 0, said.err
    ours = estate.load(Path("stanch.toml"))
    assert ours.perimeter.accounts == (ground.account, ground.outside_account)
    assert "s3://drueben-8/x/" in {asset.where for asset in ours.assets}
    assert stanch("init", "b.toml", "--account", ground.outside_account, "--role", "niemand").code == 3


def test_names_made_to_deceive_stay_names(stanch: Run, ground: Ground) -> None:
    evil = 'q" # ]]\u202e[[principal]]/'
    put(ground, "falle-6", *(evil + name for name in SHARDS))
    assert stanch("init").code == 0
    ours = estate.load(Path("stanch.toml"))
    assert ours.principals == ()
    assert f"s3://falle-6/{evil}" in {asset.where for asset in ours.assets}
    assert "\u202e" not in Path("stanch.toml").read_text()
    for name in SHARDS:
        ground.admin.call("s3", "DeleteObject", Bucket="falle-6", Key=evil + name)


def test_one_read_by_a_person_takes_the_proof_away(stanch: Run, ground: Ground) -> None:
    trail(Path("logs"), ground, stranger=True)
    assert stanch("init", "--logs", "logs").code == 0
    assert estate.load(Path("stanch.toml")).principals == ()
    assert "# against it: session alice read all of" in Path("stanch.toml").read_text()


def test_an_update_shows_what_is_new_and_writes_only_when_told(stanch: Run, ground: Ground) -> None:
    assert stanch("init").code == 0
    mine = Path("stanch.toml")
    edited = mine.read_text().replace('name = "gewichte"', 'name = "unser-modell"  # so we call it')
    mine.write_text(edited)
    assert stanch("init", "--update", "--snapshot", ".stanch/snapshot").code == 0
    put(ground, "neu-3", "q/model-00001-of-00001.safetensors")
    said = stanch("init", "--update")
    assert said.code == 10
    assert [where for where, line in said.proposed("asset").items() if line["how"] == "new"] == ["s3://neu-3/q/"]
    assert mine.read_text() == edited
    assert stanch("init", "--update", "--write", "--snapshot", ".stanch/snapshot").code == 0
    assert mine.read_text().startswith(edited)
    assert {"unser-modell", "q"} <= {asset.name for asset in estate.load(mine).assets}
    assert stanch("init", "--update", "--snapshot", ".stanch/snapshot").code == 0
    for key in ("q/model-00001-of-00001.safetensors",):
        ground.admin.call("s3", "DeleteObject", Bucket="neu-3", Key=key)
    ground.admin.call("s3", "DeleteBucket", Bucket="neu-3")
    said = stanch("init", "--update")
    assert said.code == 10
    assert said.proposed("asset")["s3://neu-3/q/"]["how"] == "gone"


def test_line_ends_of_a_file_stay_its_own(stanch: Run, ground: Ground) -> None:
    mine = Path("stanch.toml")
    mine.write_bytes(b"# ours\r\n[perimeter]\r\n")
    assert stanch("init", "--update", "--write").code == 0
    assert mine.read_bytes().startswith(b"# ours\r\n[perimeter]\r\n\r\n")
    assert b"\n" not in mine.read_bytes().replace(b"\r\n", b"")


def test_a_bucket_that_may_not_be_listed_is_told_and_the_rest_is_found(
    stanch: Run, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = ground.name("leser")
    ground.admin.call("iam", "CreateUser", UserName=name)
    deny = {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::kiste-b2"}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    ground.admin.call("iam", "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=document)
    as_(monkeypatch, ground.key(name), ground)
    said = stanch("init")
    assert said.code == 3
    assert [line["of"] for line in said.lines if line["kind"] == "unknown"] == ["arn:aws:s3:::kiste-b2"]
    assert any("kiste-b2" in line["what"] for line in said.lines if line["kind"] == "missing")
    assert "s3://ablage-7f3a/projekt-9/gewichte/" in said.proposed("asset")


def test_a_snapshot_without_listings_says_that_contents_are_unknown(stanch: Run, ground: Ground) -> None:
    assert stanch("snapshot").code in (0, 3)
    said = stanch("init", "--snapshot", ".stanch/snapshot")
    assert said.code == 3
    assert any("objects of" in line["what"] for line in said.lines if line["kind"] == "missing")
    assert said.proposed("perimeter")


def test_a_listing_edited_by_hand_is_one_line_and_no_traceback(stanch: Run, ground: Ground) -> None:
    assert stanch("init", "a.toml").code == 0
    file = Path(".stanch/snapshot") / ground.account / "account" / "s3.objects.jsonl"
    file.write_text(file.read_text().replace('"Prefix"', '"Praefix"'))
    said = stanch("init", "b.toml", "--snapshot", ".stanch/snapshot")
    assert said.code == 2
    assert "s3.objects.jsonl" in said.err
    assert "make it anew" in said.err
    assert not Path("b.toml").exists()


def test_an_endpoint_that_does_not_answer_is_told(stanch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    said = stanch("init", "--endpoint-url", "http://127.0.0.1:9")
    assert said.code == 2
    assert "check the endpoint" in said.err


def test_without_credentials_the_file_is_one_to_fill_in(stanch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    said = stanch("init")
    assert (said.code, "No credentials were found" in said.err) == (0, True)
    assert Path("stanch.toml").read_text() == estate.starting_file()
    assert stanch("init", "other.toml", "--in", "eu-central-1").code == 2


def test_credentials_that_are_not_valid_are_told_and_nothing_is_written(
    stanch: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    said = stanch("init")
    assert said.code == 2
    assert "Traceback" not in said.err
    assert not Path("stanch.toml").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["init", "--write"], "--write goes with --update"),
        (["init", "--update"], "stanch.toml does not exist"),
        (["init", "--update", "--blank"], "give one of them"),
        (["init", "--logs", "nowhere"], "--logs nowhere does not exist"),
        (["init", "--account", "111122223333"], "--account needs --role"),
        (["init", "--account", "ours", "--role", "r"], "give its 12 digits"),
        (["init", "--snapshot", "nowhere"], "`stanch snapshot` makes one"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_told_before_anything_is_looked_at(stanch: Run, words: list[str], says: str) -> None:
    said = stanch(*words)
    assert said.code == 2
    assert says in " ".join(said.err.split())
    assert not Path("stanch.toml").exists()


def test_the_policy_that_looking_needs_is_enough(stanch: Run, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    name = ground.name("leser")
    ground.admin.call("iam", "CreateUser", UserName=name)
    needed = policy({"Effect": "Allow", "Action": [*discovering.permissions()], "Resource": "*"})
    ground.admin.call("iam", "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=needed)
    as_(monkeypatch, ground.key(name), ground)
    said = stanch("init")
    lacking = [(line["operation"], line["permission"]) for line in said.lines if line["kind"] == "unknown"]
    assert (said.code, lacking) == (0, [])


def test_blank_asks_nobody(stanch: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert stanch("init", "--blank").code == 0
    assert Path("stanch.toml").read_text() == estate.starting_file()
