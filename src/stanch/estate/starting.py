"""The first stanch.toml: it binds nothing until a person fills it in, and every example in it is valid as written.

What discovery is sure of is filled in already, what it doubts stands there behind a comment mark.
"""

import re
from collections.abc import Sequence

from stanch.domain.proposal import Proposal
from stanch.estate import writing

_FILE = """\
# What is ours. stanch reads this file to tell a leak from work, and to know what it must never touch.
# A line that begins with `# ` explains; a line that begins with `#` and no space is an example: take the # away.
# `stanch init --check` says whether the file is right. Everything here is optional, and nothing is sent anywhere.
$found
# Where our data may be. An empty list means "nobody said": stanch then answers `unknown`, never `outside`.
[perimeter]
$known
# The organisation whose accounts are ours, in a policy's aws:PrincipalOrgID:
#organizations = ["o-a1b2c3d4e5"]
# Every network that our people and hosts come from: private ranges and the public addresses of NAT gateways.
#networks = ["10.0.0.0/8", "203.0.113.0/28"]
#vpcs = ["vpc-0123456789abcdef0"]
#vpc_endpoints = ["vpce-0123456789abcdef0"]

# What is worth stealing, one [[asset]] each.
#   kind   weights, adapter, training-data, registry, inference-host, inference-api, vector-store, logs, evidence
#   where  s3://bucket/prefix/ (ends in / for all that is below it; without / it is that one object),
#          an ARN in which * stands for anything, or tag:Key=Value
$assets#[[asset]]
#name = "llama-70b-ft"
#kind = "weights"
#where = "s3://acme-weights/llama-70b-ft/"
#sensitivity = "secret"

# persons and records are what a notification states "at most"; categories are the words of your own register.
#[[asset]]
#name = "support-tickets"
#kind = "training-data"
#where = "s3://acme-training/tickets/"
#personal_data = { categories = ["contact", "health"], persons = 120000, records = 840000 }

# A decoy looks like the real thing, and nobody has a reason to read it; `stanch canary plant` makes one.
#[[asset]]
#name = "decoy-shard"
#kind = "weights"
#where = "s3://acme-weights/llama-70b-ft/model-00000-of-00042.safetensors"
#decoy = true

# Who is for what: serving, training, export, admin, responder, service. Whoever is not named here is unknown.
$principals#[[principal]]
#match = "arn:*:iam::111122223333:role/vllm-serving"
#purpose = "serving"

# A planned bulk read. It is quiet only by this principal, of this asset, between these times and below these bytes.
#[[export]]
#by = "arn:*:iam::111122223333:role/retrain"
#asset = "support-tickets"
#from = 2026-12-01T00:00:00Z
#until = 2026-12-02T00:00:00Z
#max_bytes = "900GB"
#owner = "ml-platform"
#why = "quarterly retraining"

# How far stanch goes by itself: observe (only plans), ask (plans and waits for a yes), act (when it is sure enough).
[response]
mode = "ask"
# In mode act: at least this confidence (0 to 1), and at most this much broken for others (none, low, medium, high).
#act_when = { confidence = 0.9, collateral = "low" }
# Who else used what would be changed is asked of the lake (`stanch lake import`), so many days back.
#collateral_days = 14
# stanch changes nothing that matches, whatever happened. Name the way back in when all else is closed.
#never_touch = ["arn:*:iam::*:role/break-glass"]
# Beyond so many resources stanch asks, whatever its mode. A question expires, and some assets need two persons.
#limits = { per_incident = 20, per_hour = 40 }
#asking = { expires_minutes = 60, two_persons = ["llama-70b-ft"] }
# The role that stanch assumes in the perimeter's other accounts, and the service control policy placed beforehand.
#member_role = "stanch-member"
#freeze_policy = "stanch-freeze"

# Where evidence is beyond an intruder's reach: a bucket with Object Lock, and the account and key for copied snapshots.
#[response.evidence]
#bucket = "acme-forensics"
#account = "999988887777"
#key = "arn:aws:kms:eu-central-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab"
#lock_days = 90

# A gateway in front of the models, whose keys can be blocked. `secret` names an environment variable.
#[[response.gateway]]
#name = "litellm"
#url = "https://gateway.internal:4000"
#secret = "LITELLM_MASTER_KEY"

# Which laws bind you, and the time zone in which your authority counts days and months.
[report]
#regimes = ["gdpr", "nis2"]
#authority_timezone = "Europe/Berlin"
"""


_FOUND = """\
#
# $where.
# What several facts make sure (90 % and more) is declared; the rest stands behind a # with its reasons: take the # away
# if it is so, and leave it there if not: then it is not proposed again. A purpose makes stanch quieter about its
# holder, so none counts without your yes, unless configuration, rights and logs all say the same.
"""


def starting_file(
    partitions: Sequence[str] = (),
    regions: Sequence[str] = (),
    accounts: Sequence[str] = (),
    *,
    proposals: Sequence[Proposal] = (),
    where: str = "",
) -> str:
    """The commented file that `stanch init` writes; what is already known of the perimeter is filled in.

    `proposals` are written into their sections; `where` says in words what was looked at for them.
    """
    known = (
        _line("partitions", partitions, "aws"),
        _line("regions", regions, "eu-central-1"),
        _line("accounts", accounts, "111122223333"),
    )
    text = _FILE.replace("$known", "\n".join(known))
    text = text.replace("$found", _FOUND.replace("$where", where) if where else "")
    for key, line in writing.perimeter(proposals).items():
        example = re.search(rf"(?m)^#?{key} = .*$", text)
        text = text.replace(example[0], line, 1) if example else text
    for section, mark in (("asset", "$assets"), ("principal", "$principals")):
        written = writing.entries(proposals, section)
        text = text.replace(mark, f"\n{written}\n# Examples:\n" if written else "")
    return text


def _line(key: str, known: Sequence[str], example: str) -> str:
    """One key: what is known, else an example behind a comment mark."""
    return f"{'' if known else '#'}{key} = {writing.quoted(list(known) or [example])}"
