"""stanch.toml says what is ours; it is read whole or refused whole, with every problem named.

pydantic is imported only when a file is read: `import stanch.estate` stays cheap.
"""

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from stanch.domain import estate as domain
from stanch.estate.errors import EstateError, Problem

FILE_NAME = "stanch.toml"


def read(text: str, path: str = FILE_NAME) -> domain.Estate:
    """The estate in a TOML text; `path` is only named in problems. Raises EstateError listing all of them."""
    from stanch.estate.problems import problems_of
    from stanch.estate.schema import EstateFile

    data = _parsed(text, path)
    found = problems_of(data, text, path)
    if found:
        raise EstateError(found)
    return _estate(EstateFile.model_validate(data))


def load(path: Path | str) -> domain.Estate:
    """The estate in a file. Raises EstateError, also when the file cannot be read."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise _whole(path, "there is no such file; `stanch init` writes one") from None
    except UnicodeDecodeError as error:
        raise _whole(path, f"is not UTF-8 text (byte {error.start})") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _whole(path, f"cannot be read: {why}") from None
    return read(text, str(path))


def find(start: Path) -> Path | None:
    """The nearest stanch.toml in `start` or above, no higher than the repository or the home folder.

    A folder that anybody may write to (/tmp) is not looked at from below: a file planted there would steer containment.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        try:
            shared = folder != start and folder.stat().st_mode & stat.S_IWOTH
            if shared:
                return None
            if (folder / FILE_NAME).is_file():
                return folder / FILE_NAME
            if (folder / ".git").exists() or folder == Path.home():
                return None
        except (OSError, RuntimeError):  # unreadable, or a user without a home
            return None
    return None


def _parsed(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _whole(path, "is nested too deeply") from None
    except ValueError as error:
        what = str(error)
        match = re.search(r" \(at line (\d+), column \d+\)", what)
        line = int(match[1]) if match else text.count("\n") + 1
        what = what.replace(match[0], "") if match else what.replace(" (at end of document)", ", at the end")
        raise EstateError([Problem(path, line, "", f"not valid TOML: {what[:1].lower()}{what[1:]}")]) from None


def _whole(path: Path | str, what: str) -> EstateError:
    return EstateError([Problem(str(path), 0, "", what)])


def _estate(file: Any) -> domain.Estate:
    perimeter = file.perimeter
    return domain.Estate(
        perimeter=domain.Perimeter(**{name: tuple(getattr(perimeter, name)) for name in type(perimeter).model_fields}),
        assets=tuple(_asset(asset) for asset in file.asset),
        principals=tuple(domain.Principal(p.match, p.purpose) for p in file.principal),
        exports=tuple(domain.Export(**_fields(e)) for e in file.export),
        response=_response(file.response),
        reporting=domain.Reporting(tuple(file.report.regimes), file.report.authority_timezone),
        declared=True,
    )


def _response(response: Any) -> domain.Response:
    return domain.Response(
        mode=response.mode,
        act_confidence=response.act_when.confidence,
        act_collateral=response.act_when.collateral,
        never_touch=tuple(response.never_touch),
        member_role=response.member_role,
        freeze_policy=response.freeze_policy,
        collateral_days=response.collateral_days,
        evidence=domain.EvidencePlace(**_fields(response.evidence)),
        gateways=tuple(domain.Gateway(**_fields(gateway)) for gateway in response.gateway),
        limits=domain.Limits(**_fields(response.limits)),
        asking=domain.Asking(response.asking.expires_minutes, tuple(response.asking.two_persons)),
    )


def _fields(section: Any) -> dict[str, Any]:
    return {name: getattr(section, name) for name in type(section).model_fields}


def _asset(asset: Any) -> domain.Asset:
    personal = asset.personal_data
    return domain.Asset(
        name=asset.name,
        kind=asset.kind,
        where=asset.where,
        sensitivity=asset.sensitivity,
        personal_data=personal and domain.PersonalData(tuple(personal.categories), personal.persons, personal.records),
        decoy=asset.decoy,
    )
