"""`stanch verify` tells what is not as it was, and where; the exit code says so to machines."""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.equipped import Equipped, equipped
from tests.ground import Ground
from tests.stores.in_aws import NAME, Clock, Responder, tabled
from tests.stores.stories import NOON, finding, incident, step

from stanch.app.evidence import Preserved, preserve
from stanch.aws.vault import Vault
from stanch.cli import main
from stanch.domain.estate import EvidencePlace
from stanch.domain.incident import Evidence, Incident, IncidentState
from stanch.domain.step import StepState
from stanch.stores.open import open_stores

LOG = b'{"Records": []}'
STATE = Path(".stanch")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    def checks(self, about: str) -> list[tuple[str, str, str]]:
        lines = [json.loads(line) for line in self.out.splitlines()]
        return [(each["where"], each["holds"], each["why"]) for each in lines if each.get("about") == about]


Run = Callable[..., Said]


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a folder with one incident, its log file and three rows of the journal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".git").mkdir()
    (tmp_path / "log.json").write_bytes(LOG)
    with open_stores(STATE) as stores:
        stores.incidents.save([story("log.json")])
        for state in (StepState.PLANNED, StepState.APPLIED, StepState.VERIFIED):
            stores.journal.write(step(state=state))

    def run(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["stanch", "verify", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


def story(*paths: str) -> Incident:
    pieces = tuple(Evidence(path, hashlib.sha256(LOG).hexdigest(), len(LOG)) for path in paths)
    return replace(incident("inc-1", finding("f1")), evidence=pieces)


def edited(statement: str) -> None:
    database = sqlite3.connect(STATE / "stanch.db")
    database.execute(statement)
    database.commit()
    database.close()


def test_says_that_everything_is_as_it_was(verify: Run) -> None:
    said = verify()
    assert said.code == 0
    assert len(said.out.splitlines()) == 1
    assert said.out.startswith("As it was: 2 of 2. The chain ends at 4, ")
    everything = verify("--all").out
    assert "4 writes, each as it was written" in everything
    assert "compare where it ends with a ledger" in everything


def test_what_is_not_as_it_was_comes_first_and_what_is_comes_on_demand(verify: Run) -> None:
    with open_stores(STATE) as stores:
        stores.incidents.save([story("log.json", "s3://acme-logs/log.json", "lost.json")])
    holds = [line.split()[0] for line in verify("--all").out.splitlines()[1:5]]
    assert holds == ["no", "unknown", "yes", "yes"]
    shown = verify().out
    assert ("lost.json" in shown, "s3://acme-logs" in shown, " log.json" in shown) == (True, False, False)
    assert "Not as it was: 1 of 4. 1 in S3: --s3." in shown  # nobody asked to look there
    Path("lost.json").write_bytes(LOG)
    assert verify().out.startswith("As it was: 3 of 4. 1 in S3: --s3. The chain ends at ")


def test_prints_the_head_for_people_and_machines(verify: Run) -> None:
    with open_stores(STATE) as stores:
        head = stores.journal.head()
    assert f"The chain ends at 4, {head.link}." in verify().out
    last = json.loads(verify("--format", "json").out.splitlines()[-1])
    assert last == {
        "kind": "verified",
        "checks": 2,
        "differing": 0,
        "unknown": 0,
        "head": {"seq": 4, "link": head.link},
    }


def test_shows_which_row_of_the_journal_was_edited(verify: Run) -> None:
    edited("UPDATE journal SET body = replace(body, 'refused', 'allowed') WHERE seq = 2")
    said = verify("--format", "json")
    assert said.code == 3
    ((where, holds, why),) = said.checks("chain")
    assert (where, holds) == ("journal row '2'", "no")
    assert why.startswith("not as it was written (iam/revoke_sessions on ")


def test_shows_evidence_that_was_changed_or_is_gone(verify: Run) -> None:
    Path("log.json").write_bytes(LOG + b" ")
    said = verify("inc-1", "--format", "json")
    assert said.code == 3
    assert "and is" in said.checks("evidence")[0][2]
    Path("log.json").unlink()
    said = verify("--format", "json")
    assert (said.code, said.checks("evidence")[0][1:]) == (3, ("no", "gone, or stanch was started in another folder"))


def test_asks_nobody_about_what_lies_in_s3_unless_it_is_told_to(verify: Run) -> None:
    with open_stores(STATE) as stores:
        stores.incidents.save([story("log.json", "s3://acme-logs/log.json")])
    said = verify("--format", "json")
    assert said.code == 0
    assert [each[1] for each in said.checks("evidence")] == ["yes", "unknown"]


def test_a_hostile_row_cannot_forge_a_line_of_the_table(verify: Run) -> None:
    edited("UPDATE journal SET resource = 'x\n\x1b[32myes' WHERE seq = 2")
    said = verify()
    assert said.code == 3
    assert "\x1b[32myes" not in said.out
    assert r"x\n?[32myes" in said.out


def test_wrong_use_is_told_with_its_remedy(verify: Run, tmp_path: Path) -> None:
    assert verify("inc-none").code == 2
    assert "run `stanch hunt` first" in verify("--state", str(tmp_path / "empty")).err


@pytest.fixture
def company(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Equipped:
    """A company with an evidence bucket; this shell acts as its administrator."""
    ours = equipped(ground)
    keys = ours.staged.admin
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret)
    monkeypatch.setenv("AWS_ENDPOINT_URL", ours.staged.range_.endpoint)
    monkeypatch.setenv("AWS_REGION", ours.staged.region)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return ours


def estate(place: EvidencePlace) -> None:
    Path("stanch.toml").write_text(
        f'[perimeter]\naccounts = ["111122223333"]\n[response.evidence]\nbucket = "{place.bucket}"\n'
    )


def preserved(company: Equipped) -> Preserved:
    """The bucket as it is after a containment."""
    estate(company.place)
    with open_stores(STATE) as stores:
        case = stores.incidents.get("inc-1")
        head = stores.journal.head()
        return preserve(company.responder(), company.place, case, stores.journal.steps("inc-1"), head, NOW)


NOW = NOON + timedelta(days=3650)


def test_copies_the_evidence_and_writes_a_ledger_that_holds(verify: Run, company: Equipped) -> None:
    done = preserved(company)
    assert done.missing == ()
    vault = Vault.open(company.admin, company.place)
    ledger: dict[str, Any] = json.loads(vault.read(done.ledger.key))
    assert ledger["head"]["seq"] == 4
    assert [each["sha256"] for each in ledger["objects"]] == [hashlib.sha256(LOG).hexdigest()]
    assert ledger["steps"][0]["state"] == "verified"
    said = verify("inc-1", "--s3", "--format", "json")
    assert said.code == 0, said.out
    assert said.checks("ledger")[0][1:] == ("yes", "the chain still leads through entry 4")
    assert [each[1] for each in said.checks("evidence")] == ["yes", "yes"]


def test_copies_nothing_twice_and_keeps_each_ledger(verify: Run, company: Equipped) -> None:
    preserved(company)
    with open_stores(STATE) as stores:
        stores.journal.write(step("other"))
    preserved(company)
    vault = Vault.open(company.admin, company.place)
    assert len(vault.versions("inc-1/logs/")) == 1
    assert len(vault.keys("inc-1/ledger-")) == 2
    assert verify("--s3").code == 0


def test_a_chain_that_was_cut_and_mended_is_told_by_the_ledger(verify: Run, company: Equipped) -> None:
    preserved(company)
    edited("DELETE FROM journal WHERE seq = 3")
    edited("DELETE FROM chain WHERE seq = 4")
    edited("UPDATE heads SET seq = 3, link = (SELECT link FROM chain WHERE seq = 3)")
    assert verify("inc-1").code == 0  # the file by itself cannot show it
    said = verify("inc-1", "--s3", "--format", "json")
    assert said.code == 3
    assert said.checks("ledger")[0][2] == "the chain has no entry 4 any more: its end was cut off"


def test_a_forged_ledger_and_a_delete_marker_hide_nothing(verify: Run, company: Equipped) -> None:
    done = preserved(company)
    bucket, key = company.place.bucket, done.ledger.key
    company.admin.call("s3", "PutObject", Bucket=bucket, Key=key, Body=b"{}", ChecksumAlgorithm="SHA256")
    company.admin.call("s3", "DeleteObject", Bucket=bucket, Key=key)
    said = verify("inc-1", "--s3", "--format", "json")
    assert said.code == 3
    told = [each[2] for each in said.checks("ledger")]
    assert "the chain still leads through entry 4" in told
    assert "its content is not what its name says" in told


def test_does_not_copy_a_file_that_changed_since_and_says_so(verify: Run, company: Equipped) -> None:
    Path("log.json").write_bytes(b"other")
    (missing,) = preserved(company).missing
    assert missing.why.startswith("changed since stanch read it")
    Path("log.json").unlink()
    (missing,) = preserved(company).missing
    assert missing.why.startswith("could not be read")


def test_copies_evidence_that_lies_in_s3(verify: Run, company: Equipped) -> None:
    logs = company.bucket(key=None)
    company.admin.call("s3", "PutObject", Bucket=logs, Key="a/log.json", Body=LOG)
    with open_stores(STATE) as stores:
        stores.incidents.save([story(f"s3://{logs}/a/log.json")])
    assert preserved(company).missing == ()
    said = verify("inc-1", "--s3", "--format", "json")
    assert said.code == 0, said.out
    assert (f"s3://{logs}/a/log.json", "yes", f"SHA-256 {hashlib.sha256(LOG).hexdigest()}") in said.checks("evidence")


def test_an_evidence_bucket_without_a_lock_is_wrong_use(verify: Run, company: Equipped) -> None:
    estate(replace(company.place, bucket=company.bucket()))
    said = verify("inc-1", "--s3")
    assert said.code == 2
    assert "put-object-lock-configuration" in said.err


@pytest.fixture
def table(company: Equipped) -> Iterator[str]:
    """The table of a deployed responder in the company's account, with one contained incident."""
    tabled(company.admin.call)
    kept = Responder(company.admin, Clock())
    kept.incidents.save([story()])
    for state in (StepState.PLANNED, StepState.APPLIED, StepState.VERIFIED):
        kept.journal.write(step(state=state))
    kept.incidents.move("inc-1", IncidentState.CONTAINED)
    yield NAME
    company.admin.call("dynamodb", "DeleteTable", TableName=NAME)


def tampered(company: Equipped, sk: str, **attributes: Any) -> None:
    key = {"pk": {"S": "journal#inc-1"}, "sk": {"S": sk}}
    item = company.admin.call("dynamodb", "GetItem", TableName=NAME, Key=key)["Item"]
    company.admin.call("dynamodb", "PutItem", TableName=NAME, Item=item | attributes)


def test_a_responders_table_that_is_as_it_was_is_one_line(verify: Run, table: str) -> None:
    said = verify("--table", table)
    assert (said.code, said.out) == (0, "As it was: 1 of 1. 1 chain; --all says where each ends.\n")
    assert "5 writes, each as it was written; the last is 5, " in verify("--table", table, "--all").out
    last = json.loads(verify("--table", table, "--format", "json").out.splitlines()[-1])
    assert (last["head"], last["heads"]["inc-1"]["seq"]) == (None, 5)
    assert verify("inc-2", "--table", table).code == 2
    assert verify("inc", "--table", table).code == 0


def test_a_tampered_item_of_a_responders_table_is_shown(verify: Run, company: Equipped, table: str) -> None:
    tampered(company, "000000000003", body={"B": zlib.compress(b'{"forged": true}')})
    said = verify("--table", table, "--format", "json")
    assert said.code == 3
    assert said.checks("chain") == [("stanch: inc-1: row 3, step", "no", "its body is not what was written")]
    tampered(company, "000000000004", link={"S": "0" * 64})
    whys = [why for _, _, why in verify("--table", table, "--format", "json").checks("chain")]
    assert "it does not follow from the one before" in whys
    company.admin.call("dynamodb", "DeleteItem", TableName=NAME, Key={"pk": {"S": "heads"}, "sk": {"S": "inc-1"}})
    assert "gone; the last entry is 5" in [
        why for _, _, why in verify("--table", table, "--format", "json").checks("chain")
    ]


def test_a_table_that_was_cut_and_mended_is_told_by_the_ledger(verify: Run, company: Equipped, table: str) -> None:
    estate(company.place)
    kept = Responder(company.admin, Clock())
    case = kept.incidents.get("inc-1")
    preserve(company.responder(), company.place, case, [], kept.journal.head("inc-1"), NOW)
    assert verify("inc-1", "--table", table, "--s3").code == 0
    earlier = kept.table.under("journal#inc-1")[3]
    last = {"pk": {"S": "journal#inc-1"}, "sk": {"S": "000000000005"}}
    company.admin.call("dynamodb", "DeleteItem", TableName=NAME, Key=last)
    end = {"pk": {"S": "heads"}, "sk": {"S": "inc-1"}, "seq": {"N": "4"}, "link": {"S": earlier["link"]}}
    company.admin.call("dynamodb", "PutItem", TableName=NAME, Item=end)
    said = verify("inc-1", "--table", table, "--s3", "--format", "json")
    assert said.code == 3
    assert said.checks("ledger")[0][2] == "the chain has no entry 5 any more: its end was cut off"


def test_a_table_that_is_not_there_is_wrong_use_with_the_remedy(verify: Run, company: Equipped) -> None:
    said = verify("--table", "elsewhere")
    assert said.code == 2
    assert "there is no table elsewhere here; deploy the responder, or correct its name or the region" in said.err
