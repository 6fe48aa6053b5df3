"""stanch.toml is read whole or refused whole, with the line and the remedy of every problem."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_network
from pathlib import Path

import pytest

from stanch.domain.estate import AssetKind, Estate, Mode, PersonalData, Purpose
from stanch.estate import EstateError, find, load, read, starting_file

DESIGN = Path(__file__).with_name("design.toml").read_text(encoding="utf-8")


def problems(text: str) -> list[str]:
    with pytest.raises(EstateError) as caught:
        read(text, "stanch.toml")
    return str(caught.value).splitlines()


def asset(extra: str = "", *, where: str = "s3://acme-weights/a/") -> str:
    return f'[[asset]]\nname = "a"\nkind = "weights"\nwhere = "{where}"\n{extra}'


def export(**changes: str) -> str:
    lines = {
        "by": '"arn:*:iam::111122223333:role/retrain"',
        "asset": '"a"',
        "from": "2026-12-01T00:00:00Z",
        "until": "2026-12-02T00:00:00Z",
        "max_bytes": '"900GB"',
        "owner": '"ml"',
        "why": '"retraining"',
    } | changes
    return asset() + "[[export]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value)


def test_reads_the_whole_example_of_the_design() -> None:
    estate = read(DESIGN)
    assert estate.declared
    assert estate.perimeter.accounts == ("111122223333", "444455556666")
    assert estate.perimeter.networks == (ip_network("10.0.0.0/8"),)
    assert [a.name for a in estate.assets] == ["llama-70b-ft", "support-tickets", "decoy-shard"]
    assert estate.assets[0].kind is AssetKind.WEIGHTS
    assert estate.assets[1].personal_data == PersonalData(("contact", "health"), 120000, 840000)
    assert estate.assets[2].decoy
    assert estate.principals[0].purpose is Purpose.SERVING
    assert estate.exports[0].max_bytes == 900 * 10**9
    assert estate.exports[0].end == datetime(2026, 12, 2, tzinfo=UTC)
    assert estate.response.mode is Mode.ACT
    assert (estate.response.act_confidence, estate.response.act_collateral) == (0.9, "low")
    assert estate.reporting.regimes == ("gdpr", "nis2")
    assert estate.reporting.authority_timezone == "Europe/Berlin"


def test_an_empty_file_declares_an_estate_of_nothing() -> None:
    assert read("") == Estate(declared=True)


def test_an_unknown_key_is_told_with_its_line_its_table_and_the_key_that_was_meant() -> None:
    text = asset() + '\n[[asset]]\nname = "b"\nkind = "weights"\nwhere = "s3://bbb"\nknd = "weights"\n'
    assert problems(text) == ['stanch.toml:10: [[asset]] #2: unknown key "knd"; did you mean "kind"?']


def test_every_problem_is_listed_in_the_order_of_the_lines() -> None:
    text = '[perimeter]\naccounts = ["12"]\nregion = ["eu-central-1"]\n[response]\nmode = "acts"\n[reprot]\n'
    assert problems(text) == [
        'stanch.toml:2: [perimeter]: accounts: "12" is not an account id; write it as 12 digits, "111122223333"',
        'stanch.toml:3: [perimeter]: unknown key "region"; did you mean "regions"?',
        'stanch.toml:5: [response]: mode: "acts" is none of observe, ask, act; did you mean "act"?',
        'stanch.toml:6: unknown section "reprot"; did you mean "report"?',
    ]


def test_a_contradiction_is_told_together_with_a_bad_value_elsewhere() -> None:
    text = asset() + asset(where="s3://other") + '[response]\nmode = "never"\n'
    lines = problems(text)
    assert lines[0] == 'stanch.toml:6: [[asset]] #2: name: "a" is already another asset\'s'
    assert "mode" in lines[1]


def test_an_export_without_an_end_is_refused() -> None:
    assert problems(export(until="")) == ['stanch.toml:5: [[export]] #1: "until" is missing']


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"until": "2026-11-30T00:00:00Z"}, "until: must be after from"),
        ({"from": "2026-12-01T00:00:00"}, "from: 2026-12-01T00:00:00 has no offset; write 2026-12-01T00:00:00Z"),
        ({"from": "2026-12-01"}, "must be a time with an offset"),
        ({"from": '"2026-12-01T00:00:00Z"'}, "without quotes"),
        ({"asset": '"b"'}, 'there is no asset "b"; the assets are "a"'),
        ({"max_bytes": '"lots"'}, 'write it as "900GB", "1TiB" or a number of bytes'),
        ({"max_bytes": "0"}, "at least one byte"),
        ({"max_bytes": "true"}, "must be a size in quotes"),
        ({"max_bytes": '"99999999PB"'}, "less than 8 EiB"),
        ({"by": '"retrain"'}, "is not an ARN pattern"),
        ({"by": '"arn:*:s3:::bucket"'}, "is not an identity"),
        ({"why": '" "'}, "must be some visible text"),
    ],
)
def test_a_wrong_export_is_refused_with_its_remedy(changes: dict[str, str], remedy: str) -> None:
    lines = problems(export(**changes))
    assert len(lines) == 1
    assert remedy in lines[0]


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ('"1TiB"', 2**40),
        ('"900GB"', 900 * 10**9),
        ('"1.5kB"', 1500),
        ('"10B"', 10),
        ("12345", 12345),
        ('"1 MiB"', 2**20),
    ],
)
def test_sizes_count_thousands_or_1024s_as_their_unit_says(written: str, size: int) -> None:
    assert read(export(max_bytes=written)).exports[0].max_bytes == size


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ('networks = ["10.1.0.0/8"]', 'did you mean "10.0.0.0/8"?'),
        ('networks = ["office"]', "write it as 10.0.0.0/8"),
        ('networks = ["0.0.0.0/0"]', "nothing would be outside"),
        ('networks = ["::/0"]', "nothing would be outside"),
        ("networks = [10]", "must be a network in quotes"),
        ("accounts = [111122223333]", "must be text in quotes"),
        ('accounts = "111122223333"', "must be a list"),
        ('partitions = ["AWS"]', "aws-eusc"),
        ('regions = ["frankfurt"]', "eu-central-1"),
        ('vpc_endpoints = ["vpce-0a1b..."]', "vpce-0123456789abcdef0"),
        ('vpcs = ["vpce-0123456789abcdef0"]', "is not a VPC id"),
        ('organizations = ["acme"]', "o-a1b2c3d4e5"),
    ],
)
def test_a_wrong_perimeter_is_refused_with_its_remedy(line: str, remedy: str) -> None:
    (problem,) = problems(f"[perimeter]\n{line}\n")
    assert problem.startswith("stanch.toml:2: [perimeter]: ")
    assert remedy in problem


@pytest.mark.parametrize("region", ["eu-central-1", "eusc-de-east-1", "us-gov-west-1", "cn-north-1", "ap-southeast-7"])
def test_regions_of_every_partition_are_known_by_their_shape(region: str) -> None:
    assert read(f'[perimeter]\nregions = ["{region}"]').perimeter.region(region) == "inside"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("s3://acme", "s3://acme"),
        ("s3://acme/", "s3://acme"),
        ("s3://acme/model/", "s3://acme/model/"),
        ("arn:aws-eusc:s3:::acme", "s3://acme"),
        ("arn:*:s3:::acme/*", "s3://acme"),
        ("arn:*:s3:::acme/model/*", "s3://acme/model/"),
        ("arn:aws:s3:::acme/model/one.safetensors", "s3://acme/model/one.safetensors"),
        ("arn:*:ec2:*:111122223333:instance/i-*", "arn:*:ec2:*:111122223333:instance/i-*"),
        ("tag:Team=LLM", "tag:Team=LLM"),
    ],
)
def test_an_s3_arn_means_its_bucket_and_prefix_because_objects_are_looked_up_by_those(written: str, meant: str) -> None:
    assert read(asset(where=written)).assets[0].where == meant


@pytest.mark.parametrize(
    ("where", "remedy"),
    [
        ("acme-weights", "write s3://bucket/prefix/, an ARN pattern or tag:Key=Value"),
        ("s3://Acme", "is not a bucket name"),
        ("s3://", "is not a bucket name"),
        ("s3://acme/*.safetensors", "no wildcards here"),
        ("arn:*:s3:::acme-*/x", "no wildcards inside"),
        ("arn:aws:ec2", "is not an ARN pattern"),
        ("arn:azure:ec2:::instance/i-1", "is not a partition"),
        ("arn:*:ec2::123:instance/i-1", "is not an account id of 12 digits"),
        ("arn:*:ec2::*:instance/\\u202e", "a character that no ARN has"),
        ("tag:Team", "tag:Key=Value"),
    ],
)
def test_a_place_that_nothing_could_be_found_at_is_refused(where: str, remedy: str) -> None:
    (problem,) = problems(asset(where=where))
    assert remedy in problem
    assert problem.isprintable()


def test_two_assets_at_one_place_are_refused() -> None:
    text = asset() + asset().replace('name = "a"', 'name = "b"')
    assert "already another asset's" in problems(text)[0]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("[asset]\nname = 1", "must be written [[asset]], once for each"),
        ("asset = [1]", "must be written [[asset]]"),
        ("perimeter = 1", "must be a table: [perimeter]"),
        (asset("personal_data = 3"), "must be a table: personal_data = { categories = ... }"),
        (asset("personal_data = { categories = [] }"), "at least 1 item"),
        (asset('personal_data = { categories = ["x"], person = 1 }'), 'unknown key "person"; did you mean "persons"?'),
        (asset('personal_data = { categories = ["x"], persons = -1 }'), "greater than or equal to 0"),
        (asset('decoy = "yes"'), "must be true or false"),
        ("[response]\nact_when = { confidence = nan }", "finite number"),
        ("[response]\nact_when = { confidence = 90 }", "less than or equal to 1"),
        ('[response]\nact_when = { collateral = "lo" }', 'did you mean "low"?'),
        ('[response]\nnever_touch = ["break-glass"]', "is not an ARN pattern"),
        ('[report]\nauthority_timezone = "Berlin"', "is not an IANA time zone"),
        ('[report]\nauthority_timezone = "Europe/Berln"', 'did you mean "Europe/Berlin"?'),
        ('[report]\nauthority_timezone = "../etc/passwd"', "is not an IANA time zone"),
        ('[report]\nregimes = ["GDPR!"]', "gdpr or nis2"),
    ],
)
def test_a_wrong_shape_is_refused_with_the_right_one(text: str, remedy: str) -> None:
    lines = problems(text)
    assert any(remedy in line for line in lines), lines


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 2), ("[x", 1), ("x = 2026-13-40", 1), ('a = "', 1), ("x = [\n1,\n", 3)],
)
def test_broken_toml_is_one_problem_at_its_line(text: str, line: int) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"stanch.toml:{line}: not valid TOML: ")


def test_nesting_beyond_all_reason_is_refused_and_does_not_crash() -> None:
    assert "nested too deeply" in problems("x = " + "[" * 20_000 + "]" * 20_000)[0]


def test_lines_are_right_below_long_strings_lists_and_dotted_keys() -> None:
    text = '[perimeter]\naccounts = [ # ours\n  "111122223333", # ] = "\n]\n\n[[asset]]\nname = """a\n"b"""\n'
    text += "kind = 'weights'\r\nwhere = 's3://acme'\n"
    text += "personal_data.categories = ['x']\npersonal_data.persons = 'many'\n"
    lines = problems(text)
    assert lines[0].startswith("stanch.toml:7: [[asset]] #1: name: ")
    assert lines[1].startswith("stanch.toml:12: [[asset]] #1: persons: must be a whole number")


def test_a_table_below_the_second_asset_points_at_the_second() -> None:
    text = asset() + asset(where="s3://bbb").replace('"a"', '"b"') + "[asset.personal_data]\ncategories = 1\n"
    assert problems(text) == ["stanch.toml:10: [[asset]] #2: categories: must be a list, [ ... ]"]


def test_a_file_that_is_not_there_not_text_or_not_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    for name, why in (("none.toml", "`stanch init` writes one"), ("latin.toml", "not UTF-8"), (".", "directory")):
        with pytest.raises(EstateError, match="(?i)" + why) as caught:
            load(tmp_path / name)
        assert len(str(caught.value).splitlines()) == 1


def test_a_file_saved_with_a_byte_order_mark_and_crlf_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stanch.toml"
    path.write_bytes(b"\xef\xbb\xbf" + DESIGN.replace("\n", "\r\n").encode())
    assert load(path) == read(DESIGN)


def test_the_starting_file_parses_as_written_and_binds_nothing() -> None:
    assert read(starting_file()) == Estate(declared=True)


def test_every_example_in_the_starting_file_is_valid_when_its_mark_is_taken_away() -> None:
    estate = read(re.sub("(?m)^#(?! |$)", "", starting_file()))
    assert [a.name for a in estate.assets] == ["llama-70b-ft", "support-tickets", "decoy-shard"]
    assert len(estate.exports) == len(estate.principals) == len(estate.response.never_touch) == 1
    assert estate.reporting.regimes == ("gdpr", "nis2")
    assert estate.perimeter.vpc_endpoints == ("vpce-0123456789abcdef0",)


def test_the_starting_file_holds_what_is_already_known() -> None:
    estate = read(starting_file(["aws-eusc"], ["eusc-de-east-1"], ["111122223333"]))
    assert estate.perimeter.partitions == ("aws-eusc",)
    assert estate.perimeter.accounts == ("111122223333",)


def test_the_nearest_file_is_found_no_higher_than_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "deep" / "er"
    inner.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "stanch.toml").touch()
    assert find(inner) is None
    (tmp_path / "repo" / "stanch.toml").touch()
    assert find(inner) == tmp_path / "repo" / "stanch.toml"


def test_a_file_planted_in_a_folder_that_anybody_may_write_to_is_not_found_from_below(tmp_path: Path) -> None:
    shared, mine = tmp_path / "shared", tmp_path / "shared" / "mine"
    mine.mkdir(parents=True)
    (shared / "stanch.toml").touch()
    assert find(mine) == shared / "stanch.toml"
    shared.chmod(0o1777)
    assert find(mine) is None
    assert find(shared) == shared / "stanch.toml"


def test_importing_the_estate_does_not_import_pydantic() -> None:
    code = "import stanch.estate, sys; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_times_with_another_offset_are_kept_as_the_same_instant() -> None:
    written = read(export(**{"from": "2026-12-01T01:00:00+01:00"})).exports[0].start
    assert written == datetime(2026, 12, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert written == datetime(2026, 12, 1, tzinfo=UTC)


def test_a_key_of_a_gateway_may_have_a_planned_export() -> None:
    text = """
[[asset]]
name = "model"
kind = "inference-api"
where = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/model/1"
[[export]]
by = "arn:gateway:litellm:main::key/88dc*"
asset = "model"
from = 2026-12-01T00:00:00Z
until = 2026-12-02T00:00:00Z
max_bytes = "20GB"
owner = "ml-platform"
why = "an evaluation"
"""
    (planned,) = read(text, "stanch.toml").exports
    assert planned.by == "arn:gateway:litellm:main::key/88dc*"
