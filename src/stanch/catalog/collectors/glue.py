"""The data catalog knows where every table lies, and one policy lets other accounts read it.

Blind to: the columns of tables, Lake Formation's permissions, jobs, crawlers and connections.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items, part
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("glue:GetDataCatalogEncryptionSettings", "glue:GetDatabases", "glue:GetResourcePolicy", "glue:GetTables")

_OF_A_TABLE = ("CatalogId", "DatabaseName", "Name", "Owner", "TableType", "TargetTable")


def collect(look: Look) -> Iterator[Thing]:
    """The account's catalog in this region, its databases, and where each of their tables lies."""
    arn = _arn(look, "catalog")
    policy = look.ask("glue", "GetResourcePolicy", of=arn, none=("EntityNotFoundException",))
    settings = look.ask("glue", "GetDataCatalogEncryptionSettings", of=arn)
    data = {
        "Policy": document(policy, "PolicyInJson"),
        "DataCatalogEncryptionSettings": part(settings, "DataCatalogEncryptionSettings"),
    }
    yield Thing("glue/catalog", arn, data)
    databases = items(look.list("glue", "GetDatabases", "DatabaseList", of="glue"))
    for tables, one in zip(look.each(partial(_tables, look), databases), databases, strict=True):
        yield Thing("glue/database", _arn(look, f"database/{one['Name']}"), one)
        yield from tables


def _tables(look: Look, database: Mapping[str, Any]) -> list[Thing]:
    name = database["Name"]
    of = _arn(look, f"table/{name}/*")
    told = items(look.list("glue", "GetTables", "TableList", of=of, DatabaseName=name))
    return [Thing("glue/table", _arn(look, f"table/{name}/{one['Name']}"), _table(one)) for one in told]


def _table(told: Mapping[str, Any]) -> dict[str, Any]:
    """Its place and format; what its columns are called judges nothing here, and is most of what AWS tells."""
    kept = {key: told[key] for key in _OF_A_TABLE if key in told}
    location = (told.get("StorageDescriptor") or {}).get("Location")
    parameters = {key: value for key, value in (told.get("Parameters") or {}).items() if key == "classification"}
    return {**kept, "StorageDescriptor": {"Location": location}, "Parameters": parameters}


def _arn(look: Look, resource: str) -> str:
    return f"arn:{look.partition}:glue:{look.region}:{look.account}:{resource}"
