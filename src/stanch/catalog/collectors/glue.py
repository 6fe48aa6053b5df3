"""The data catalog knows where every table lies, and one policy lets other accounts read it.

Blind to: tables, Lake Formation's permissions, jobs, crawlers and connections.
"""

from collections.abc import Iterator

from stanch.catalog.collectors._answers import document, items, part
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("glue:GetDataCatalogEncryptionSettings", "glue:GetDatabases", "glue:GetResourcePolicy")


def collect(look: Look) -> Iterator[Thing]:
    """The account's catalog in this region, and its databases."""
    arn = f"arn:{look.partition}:glue:{look.region}:{look.account}:catalog"
    policy = look.ask("glue", "GetResourcePolicy", of=arn, none=("EntityNotFoundException",))
    settings = look.ask("glue", "GetDataCatalogEncryptionSettings", of=arn)
    data = {
        "Policy": document(policy, "PolicyInJson"),
        "DataCatalogEncryptionSettings": part(settings, "DataCatalogEncryptionSettings"),
    }
    yield Thing("glue/catalog", arn, data)
    for one in items(look.list("glue", "GetDatabases", "DatabaseList", of="glue")):
        name = f"arn:{look.partition}:glue:{look.region}:{look.account}:database/{one['Name']}"
        yield Thing("glue/database", name, one)
