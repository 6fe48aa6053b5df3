"""Canaries from the first plan to the thief who touched one, in the range, as the account's administrator."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.running import Run, command, signed_in
from tests.ground import Died, Ground, Listening, allowed, dying_before

from stanch import app
from stanch.app.canary import Planting
from stanch.app.inspecting import inspector
from stanch.aws import Credentials
from stanch.catalog.actions.canary._access_key import DecoyKey
from stanch.catalog.actions.canary._objects import DecoyObjects
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate, Limits, Mode, Response
from stanch.domain.step import Collateral, Step, StepState
from stanch.engine.canary.marks import Canary, Kind
from stanch.engine.correlate import opened_by_hand
from stanch.stores.open import open_stores

ESTATE = '[perimeter]\naccounts = ["{account}"]\n\n[[asset]]\nname = "llama"\nkind = "weights"\nwhere = "s3://{bucket}/llama/"\n'
SHARDS = [f"model-{number:05}-of-00006.safetensors" for number in range(1, 7)]


@pytest.fixture
def bucket(ground: Ground) -> str:
    """A bucket with a model of six shards."""
    name = ground.bucket(key=None)
    for shard in SHARDS:
        ground.admin.call("s3", "PutObject", Bucket=name, Key=f"llama/{shard}", Body=b"weights")
    return name


@pytest.fixture
def stanch(
    ground: Ground, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """The command as the administrator, in a folder with a stanch.toml."""
    monkeypatch.chdir(tmp_path)
    signed_in(monkeypatch, ground, ground.staged.admin)
    monkeypatch.setattr("stanch.app.canary.sleep", lambda _: None)
    (tmp_path / "stanch.toml").write_text(ESTATE.format(account=ground.account, bucket=bucket))
    return command(monkeypatch, capsys)


def keys(ground: Ground, bucket: str) -> list[str]:
    return [entry["Key"] for entry in ground.admin.pages("s3", "ListObjectsV2", "Contents", Bucket=bucket)]


def test_a_plan_names_the_shard_that_fits_and_touches_nothing(stanch: Run, ground: Ground, bucket: str) -> None:
    said = stanch("canary", "plant", "shard", f"s3://{bucket}/llama/")
    assert said.code == 0, said.err
    (step,) = said.of("step")
    assert step["resource"].endswith(f":::{bucket}/llama/model-00000-of-00006.safetensors")
    (difference,) = said.of("difference")
    assert f'+where = "s3://{bucket}/llama/model-00000-of-00006.safetensors"' in difference["diff"]
    assert "decoy" not in Path("stanch.toml").read_text()
    assert keys(ground, bucket) == [f"llama/{shard}" for shard in SHARDS]
    assert stanch("canary", "list").of("canary") == []


def test_a_shard_is_planted_declared_listed_and_retired(stanch: Run, ground: Ground, bucket: str) -> None:
    before = Path("stanch.toml").read_text()
    place = f"s3://{bucket}/llama/"
    assert stanch("canary", "plant", "shard", place, "--size", "1", "--apply", "--write", "--yes").code == 0
    decoy = "llama/model-00000-of-00006.safetensors"
    body = ground.admin.call("s3", "GetObject", Bucket=bucket, Key=decoy)["Body"]
    length = int.from_bytes(body[:8], "little")
    tensors = json.loads(body[8 : 8 + length])
    assert max(one["data_offsets"][1] for name, one in tensors.items() if name[0] != "_") == len(body) - 8 - length
    assert f'where = "s3://{bucket}/{decoy}"\ndecoy = true' in Path("stanch.toml").read_text()
    assert stanch("init", "--check").code == 0
    (listed,) = stanch("canary", "list", "--check").of("canary")
    assert (listed["place"], listed["state"]) == (place, "verified")
    assert stanch("canary", "retire", place).code == 0
    assert f"{decoy}" in keys(ground, bucket)
    assert stanch("canary", "retire", place, "--apply", "--write", "--yes").code == 0
    assert decoy not in keys(ground, bucket)
    assert Path("stanch.toml").read_text() == before
    again = stanch("canary", "plant", "shard", place, "--size", "1", "--apply", "--yes")
    assert again.code == 0, again.err
    assert ground.admin.call("s3", "GetObject", Bucket=bucket, Key=decoy)["Body"] == body


def test_what_somebody_changed_is_evidence_and_stays(stanch: Run, ground: Ground, bucket: str) -> None:
    place = f"s3://{bucket}/llama/"
    stanch("canary", "plant", "shard", place, "--size", "1", "--apply", "--yes")
    decoy = "llama/model-00000-of-00006.safetensors"
    ground.admin.call("s3", "PutObject", Bucket=bucket, Key=decoy, Body=b"a stranger's")
    said = stanch("canary", "list", "--check")
    assert said.code == 3
    assert "somebody changed it" in said.err
    said = stanch("canary", "retire", place, "--apply", "--yes")
    assert said.code == 3
    assert "somebody changed it" in said.err
    assert ground.admin.call("s3", "GetObject", Bucket=bucket, Key=decoy)["Body"] == b"a stranger's"


def test_of_a_bucket_with_versions_nothing_is_left(stanch: Run, ground: Ground, bucket: str) -> None:
    ground.admin.call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    place = f"s3://{bucket}/adapters/support/"
    assert stanch("canary", "plant", "adapter", place, "--apply", "--yes").code == 0
    config = ground.admin.call("s3", "GetObject", Bucket=bucket, Key="adapters/support/adapter_config.json")["Body"]
    assert json.loads(config)["peft_type"] == "LORA"
    assert stanch("canary", "retire", place, "--apply", "--yes").code == 0
    left = ground.admin.call("s3", "ListObjectVersions", Bucket=bucket, Prefix="adapters/")
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


def test_no_bucket_of_others_no_lock_and_no_key_that_is_there(stanch: Run, ground: Ground, bucket: str) -> None:
    theirs = ground.name("their-store")
    place = {"LocationConstraint": ground.staged.region}
    ground.outsider.call("s3", "CreateBucket", Bucket=theirs, CreateBucketConfiguration=place)
    said = stanch("canary", "plant", "shard", f"s3://{theirs}/", "--apply", "--yes")
    assert said.code == 3
    assert "not of account" in said.of("step")[0]["why"]
    said = stanch("canary", "plant", "shard", "s3://no-such-bucket-at-all/")
    assert "there is no bucket" in said.of("step")[0]["why"]
    locked = ground.name("locked-store")
    ground.admin.call(
        "s3", "CreateBucket", Bucket=locked, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=True
    )
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}}
    ground.admin.call("s3", "PutObjectLockConfiguration", Bucket=locked, ObjectLockConfiguration=rule)
    assert "for 30 days" in stanch("canary", "plant", "shard", f"s3://{locked}/").of("step")[0]["why"]
    ground.admin.call("s3", "PutObject", Bucket=bucket, Key="own/adapter_config.json", Body=b"{}")
    said = stanch("canary", "plant", "adapter", f"s3://{bucket}/own/", "--apply", "--yes")
    assert "is not overwritten" in said.of("step")[0]["why"]
    assert ground.admin.call("s3", "GetObject", Bucket=bucket, Key="own/adapter_config.json")["Body"] == b"{}"
    assert stanch("canary", "list").of("canary") == []


def test_a_key_is_shown_once_is_refused_everything_and_goes(stanch: Run, ground: Ground, tmp_path: Path) -> None:
    said = stanch("canary", "plant", "key", "ci runner, .env", "--apply", "--write", "--yes")
    assert said.code == 0, said.err
    (key,) = said.of("decoy-key")
    (step,) = [line for line in said.of("step") if line["state"] == "verified"]
    assert step["proof"]["method"] == "effect"
    thief = ground.door(Credentials(key["access_key_id"], key["secret_access_key"]), "203.0.113.66")
    assert allowed(thief, "sts", "GetCallerIdentity")
    assert not allowed(thief, "s3", "ListBuckets")
    assert not allowed(thief, "iam", "ListUsers")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key["secret_access_key"].encode() not in kept
    assert key["access_key_id"].encode() in kept
    assert f':user/service/{step["resource"].rpartition("/")[2]}"\ndecoy = true' in Path("stanch.toml").read_text()
    assert stanch("canary", "list", "--check").of("canary")[0]["state"] == "verified"
    leaks = inspector(tmp_path / ".stanch")(f"use {key['access_key_id']} for it")
    assert ("canary", "ci runner, .env") in {(leak.category, leak.about) for leak in leaks}
    user = step["resource"].rpartition("/")[2]
    ground.admin.call(
        "iam",
        "AttachUserPolicy",
        UserName=user,
        PolicyArn=f"arn:{ground.admin.partition}:iam::aws:policy/ReadOnlyAccess",
    )
    assert stanch("canary", "retire", "ci runner, .env", "--apply", "--yes").code == 3
    ground.admin.call(
        "iam",
        "DetachUserPolicy",
        UserName=user,
        PolicyArn=f"arn:{ground.admin.partition}:iam::aws:policy/ReadOnlyAccess",
    )
    assert stanch("canary", "retire", "ci runner, .env", "--apply", "--write", "--yes").code == 0
    assert not allowed(thief, "sts", "GetCallerIdentity")
    assert "decoy" not in Path("stanch.toml").read_text()


def test_a_sentence_names_its_place_and_tenant_when_it_comes_back(stanch: Run, tmp_path: Path) -> None:
    shown = stanch("canary", "plant", "system-prompt", "support-bot", "--tenant", "acme").of("sentence")
    assert shown[0]["planted"] is False
    (tmp_path / "answer.txt").write_text(f"Sure. {shown[0]['text']}")
    assert stanch("inspect", "answer.txt").of("leak") == []
    (given,) = stanch("canary", "plant", "system-prompt", "support-bot", "--tenant", "acme", "--apply").of("sentence")
    assert given["text"] == shown[0]["text"]
    (other,) = stanch("canary", "plant", "system-prompt", "support-bot", "--tenant", "brno", "--apply").of("sentence")
    assert other["text"] != given["text"]
    (leak,) = stanch("inspect", "answer.txt").of("leak")
    assert (leak["category"], leak["leak"], leak["about"]) == ("canary", "system-prompt", "support-bot (tenant acme)")
    assert stanch("canary", "retire", "support-bot", "--tenant", "acme", "--apply", "--yes").code == 0
    assert len(stanch("inspect", "answer.txt").of("leak")) == 1
    assert stat.S_IMODE((tmp_path / ".stanch" / "canary.key").stat().st_mode) == 0o600


def test_words_that_cannot_be_meant_are_refused_with_the_remedy(stanch: Run) -> None:
    for words, remedy in (
        (("shard", "acme-weights/llama"), "s3://bucket/folder/"),
        (("shard", "s3://acme/with space/"), "no spaces"),
        (("rag", "wiki", "--language", "fr"), "en or de"),
        (("rag", "one\ntwo"), "one line"),
        (("key", ""), "no name"),
    ):
        said = stanch("canary", "plant", *words)
        assert said.code == 2
        assert remedy in said.err
    said = stanch("canary", "retire", "nowhere")
    assert said.code == 2


def test_nothing_is_planted_where_stanch_only_observes(stanch: Run, ground: Ground, bucket: str) -> None:
    with Path("stanch.toml").open("a") as file:
        file.write('\n[response]\nmode = "observe"\n')
    said = stanch("canary", "plant", "shard", f"s3://{bucket}/llama/", "--apply", "--yes")
    assert said.code == 2
    assert len(keys(ground, bucket)) == 6


def test_planting_what_stands_says_so_and_changes_nothing(stanch: Run, ground: Ground, bucket: str) -> None:
    for words in (("shard", f"s3://{bucket}/llama/", "--size", "1"), ("key", "a laptop")):
        assert stanch("canary", "plant", *words, "--apply", "--write", "--yes").code == 0
        before = Path("stanch.toml").read_text(), keys(ground, bucket)
        said = stanch("canary", "plant", *words, "--apply", "--write", "--yes")
        assert said.code == 0
        assert "planted already" in said.err
        assert said.of("decoy-key") == []
        assert (Path("stanch.toml").read_text(), keys(ground, bucket)) == before


@pytest.mark.parametrize("kind", [Kind.ADAPTER, Kind.KEY])
def test_who_is_killed_while_planting_goes_on_with_the_same_words(
    kind: Kind, ground: Ground, bucket: str, tmp_path: Path
) -> None:
    canary = Canary(kind, f"s3://{bucket}/tuned/" if kind is Kind.ADAPTER else f"laptop of {bucket}")
    estate, endpoint = Estate(), ground.staged.range_.endpoint
    deaths = 0
    for _ in range(10):
        aws = Listening(ground.admin)
        with open_stores(tmp_path) as stores:
            planting = Planting(stores, tmp_path, estate, aws, canary, 1 << 20, endpoint)
            (step,) = planting.plan()
            aws.before_call = dying_before(1)
            try:
                done = planting.apply(step)
                break
            except Died:
                deaths += 1
    assert deaths == (1 if kind is Kind.ADAPTER else 2)
    assert done.state is StepState.VERIFIED
    if kind is Kind.KEY:
        user = Arn.parse(done.resource).name
        listed = ground.admin.call("iam", "ListAccessKeys", UserName=user)["AccessKeyMetadata"]
        assert planting.key
        assert planting.key.minted
        assert [key["AccessKeyId"] for key in listed] == [planting.key.minted["AccessKeyId"]]


def test_our_own_search_for_the_estate_finds_no_decoy(stanch: Run, bucket: str) -> None:
    for words in (("shard", f"s3://{bucket}/llama/", "--size", "1"), ("dataset", f"s3://{bucket}/sft/")):
        assert stanch("canary", "plant", *words, "--apply", "--write", "--yes").code == 0
    said = stanch("init", "--update")
    found = {line["values"].get("where"): line["how"] for line in said.of("proposal") if line["section"] == "asset"}
    assert f"s3://{bucket}/sft/" not in found
    assert not any("00000-of-00006" in str(where) for where in found)


def test_planting_uses_up_nothing_of_what_containment_may_do_in_an_hour(
    stanch: Run, bucket: str, tmp_path: Path
) -> None:
    for number in range(3):
        words = ("canary", "plant", "shard", f"s3://{bucket}/{number}/", "--size", "1", "--apply", "--yes")
        assert stanch(*words).code == 0
    role = "arn:aws:iam::111122223333:role/vllm"
    allowed_to = Estate(response=Response(mode=Mode.ACT, limits=Limits(per_incident=1, per_hour=1), act_confidence=0))
    incident = opened_by_hand((role,), datetime(2026, 6, 1, tzinfo=UTC))
    step = Step(
        incident.id, "iam/look_again", role, None, StepState.PLANNED, "a test", before={}, collateral=Collateral.NONE
    )
    with open_stores(tmp_path / ".stanch") as stores:
        decision = app.go_ahead(stores, allowed_to, incident, [step])
    assert not any("an hour" in why or "per_hour" in why for why in decision.why), decision.why


def test_the_page_names_every_permission_that_planting_needs() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/plant-canaries.md").read_text()
    wanted = {*DecoyObjects.PERMISSIONS, *DecoyKey.PERMISSIONS}
    assert {permission for permission in wanted if f"`{permission}`" not in page} == set()


def test_the_responder_may_neither_plant_nor_mint() -> None:
    given = {permission for action in app.actions().values() for permission in action.PERMISSIONS}
    assert not given & {"iam:CreateUser", "iam:CreateAccessKey"}
    assert not [name for name in app.actions() if name.startswith("canary/")]


def test_with_credentials_of_another_account_nobody_is_accused(
    stanch: Run, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    stanch("canary", "plant", "key", "a laptop", "--apply", "--yes")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ground.staged.outsider.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ground.staged.outsider.secret)
    said = stanch("canary", "list", "--check")
    assert "could not look" in said.err
    assert [line["state"] for line in said.of("canary")] == ["verified"]
    assert said.code == 3
    assert stanch("canary", "retire", "a laptop", "--apply", "--yes").code == 3


def test_a_secret_that_was_cut_short_is_not_used(stanch: Run, tmp_path: Path) -> None:
    stanch("canary", "plant", "rag", "wiki", "--apply")
    (tmp_path / ".stanch" / "canary.key").write_bytes(b"")
    for words in (("canary", "plant", "rag", "wiki"), ("canary", "list"), ("inspect", "stanch.toml")):
        said = stanch(*words)
        assert said.code == 2
        assert "put it back from a copy" in said.err
