"""The sections and keys of stanch.toml, as pydantic models; whatever is not named here is an error."""

import typing
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from stanch.domain import estate as domain
from stanch.domain.step import Collateral
from stanch.estate import values


def _word(words: type[StrEnum]) -> BeforeValidator:
    def read(value: object) -> object:
        if not isinstance(value, str) or value not in [*words]:
            hint = values.nearest(value, words) if isinstance(value, str) else ""
            raise ValueError(f"{values.quoted(value)} is none of {', '.join(words)}{hint}")
        return words(value)

    return BeforeValidator(read)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no offset; write 2026-12-01T00:00:00Z")
    return value


def _network(value: object) -> domain.Network:
    if not isinstance(value, str):
        # pydantic turns a ValueError into a problem, and lets a TypeError through
        raise ValueError('must be a network in quotes, "10.0.0.0/8"')  # noqa: TRY004
    return values.network(value)


def _size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError('must be a size in quotes, "900GB", or a whole number of bytes')  # noqa: TRY004
    return values.size(value)


Partition = Annotated[str, AfterValidator(values.partition)]
Region = Annotated[str, AfterValidator(values.region)]
Account = Annotated[str, AfterValidator(values.account)]
Organization = Annotated[str, AfterValidator(values.organization)]
Vpc = Annotated[str, AfterValidator(values.vpc)]
VpcEndpoint = Annotated[str, AfterValidator(values.vpc_endpoint)]
Network = Annotated[domain.Network, BeforeValidator(_network)]
Size = Annotated[int, BeforeValidator(_size)]
ArnPattern = Annotated[str, AfterValidator(values.arn_pattern)]
PrincipalPattern = Annotated[str, AfterValidator(values.principal_pattern)]
Where = Annotated[str, AfterValidator(values.where)]
Label = Annotated[str, AfterValidator(values.label)]
Instant = Annotated[datetime, AfterValidator(_aware)]
Count = Annotated[int, Field(ge=0, le=values.MOST)]


class Section(BaseModel):
    """A table that refuses keys it does not know and values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Perimeter(Section):
    """[perimeter]: where our data may be."""

    partitions: list[Partition] = []
    regions: list[Region] = []
    accounts: list[Account] = []
    organizations: list[Organization] = []
    networks: list[Network] = []
    vpcs: list[Vpc] = []
    vpc_endpoints: list[VpcEndpoint] = []


class PersonalData(Section):
    """personal_data of an asset."""

    categories: Annotated[list[Label], Field(min_length=1)]
    persons: Count | None = None
    records: Count | None = None


class Asset(Section):
    """[[asset]]: one thing worth stealing."""

    name: Label
    kind: Annotated[domain.AssetKind, _word(domain.AssetKind)]
    where: Where
    sensitivity: Label | None = None
    personal_data: PersonalData | None = None
    decoy: bool = False


class Principal(Section):
    """[[principal]]: who is for what."""

    match: PrincipalPattern
    purpose: Annotated[domain.Purpose, _word(domain.Purpose)]


class Export(Section):
    """[[export]]: a planned bulk read, with an end."""

    by: PrincipalPattern
    asset: Label
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="until")]
    max_bytes: Size
    owner: Label
    why: Label


class ActWhen(Section):
    """act_when of the response: how sure, and how much may break."""

    confidence: Annotated[float, Field(ge=0, le=1)] = 0.9
    collateral: Annotated[Collateral, _word(Collateral)] = Collateral.LOW


class Evidence(Section):
    """[response.evidence]: where evidence is kept beyond an intruder's reach."""

    bucket: Annotated[str, AfterValidator(values.bucket)] | None = None
    account: Account | None = None
    key: Annotated[str, AfterValidator(values.kms_key)] | None = None
    lock_days: Annotated[int, Field(ge=1, le=3650)] = 90


class Gateway(Section):
    """[[response.gateway]]: an inference gateway whose keys can be blocked."""

    name: Annotated[str, AfterValidator(values.gateway)]
    url: Annotated[str, AfterValidator(values.url)]
    secret: Annotated[str, AfterValidator(values.variable)]
    kind: Annotated[str, AfterValidator(values.gateway_kind)] = "litellm"


class Limits(Section):
    """limits of the response: beyond these stanch asks, whatever its mode."""

    per_incident: Annotated[int, Field(ge=1, le=10_000)] = 20
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 40


class Asking(Section):
    """asking of the response: how a person decides."""

    expires_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60
    two_persons: list[Label] = []


class Response(Section):
    """[response]: how far stanch goes by itself."""

    mode: Annotated[domain.Mode, _word(domain.Mode)] = domain.Mode.ASK
    act_when: ActWhen = ActWhen()
    never_touch: list[ArnPattern] = []
    member_role: Annotated[str, AfterValidator(values.role_name)] | None = None
    freeze_policy: Annotated[str, AfterValidator(values.policy_name)] | None = None
    collateral_days: Annotated[int, Field(ge=1, le=366)] = 14
    evidence: Evidence = Evidence()
    gateway: list[Gateway] = []
    limits: Limits = Limits()
    asking: Asking = Asking()


class Reporting(Section):
    """[report]: which laws bind us."""

    regimes: list[Annotated[str, AfterValidator(values.regime)]] = []
    authority_timezone: Annotated[str, AfterValidator(values.timezone)] = "UTC"


class EstateFile(Section):
    """The whole file. The key is the section's name: `[perimeter]`, `[[asset]]`."""

    perimeter: Perimeter = Perimeter()
    asset: list[Asset] = []
    principal: list[Principal] = []
    export: list[Export] = []
    response: Response = Response()
    report: Reporting = Reporting()


def keys(path: tuple[str | int, ...]) -> Mapping[str, bool]:
    """The keys of the table at `path` (indexes are ignored), each with whether it must be there."""
    model: type[BaseModel] = EstateFile
    for name in path:
        if isinstance(name, str):
            fields = {field.alias or key: field for key, field in model.model_fields.items()}
            inner = _model_in(fields[name].annotation) if name in fields else None
            if inner is None:
                return {}
            model = inner
    return {field.alias or key: field.is_required() for key, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `Asset`, `list[Asset]`, `PersonalData | None`."""
    parts = typing.get_args(annotation)
    if not parts:
        return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    found = (_model_in(part) for part in parts)
    return next((model for model in found if model is not None), None)
