"""The collector of Glue against the range, and against recorded answers for pages."""

import json

from tests.collecting import collected, lacks, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, Operation, RecordedAws

from stanch.catalog.collectors import glue

CATALOG = f"arn:aws:glue:{REGION}:{ACCOUNT}:catalog"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "glue:*"}]}
SETTINGS = {"EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"}}
DATABASES = [{"Name": name, "LocationUri": f"s3://acme-training/{name}/"} for name in ("tickets", "logs")]
TABLE = {
    "Name": "raw",
    "DatabaseName": "tickets",
    "TableType": "EXTERNAL_TABLE",
    "StorageDescriptor": {"Location": "s3://acme-training/tickets/raw/", "Columns": [{"Name": "email"}]},
    "Parameters": {"classification": "parquet", "transient_lastDdlTime": "1700000000"},
}


def account(**changes: Operation) -> RecordedAws:
    operations = {
        "GetResourcePolicy": says({"PolicyInJson": json.dumps(POLICY)}),
        "GetDataCatalogEncryptionSettings": says({"DataCatalogEncryptionSettings": SETTINGS}),
        "GetDatabases": turned("DatabaseList", "NextToken", "NextToken", DATABASES),
        "GetTables": lambda _, asked: {"TableList": [TABLE] if asked["DatabaseName"] == "tickets" else []},
    }
    return RecordedAws({f"glue:{name}": operation for name, operation in {**operations, **changes}.items()})


def test_the_catalog_and_every_database_are_told() -> None:
    things, unknowns = collected(glue, account())
    assert unknowns == []
    assert things[CATALOG].data == {"Policy": POLICY, "DataCatalogEncryptionSettings": SETTINGS}
    assert [thing.data for thing in things.values() if thing.kind == "glue/database"] == DATABASES
    assert f"arn:aws:glue:{REGION}:{ACCOUNT}:database/tickets" in things


def test_a_table_is_told_with_its_place_and_without_its_columns() -> None:
    things, _ = collected(glue, account())
    (table,) = [thing for thing in things.values() if thing.kind == "glue/table"]
    assert table.arn == f"arn:aws:glue:{REGION}:{ACCOUNT}:table/tickets/raw"
    assert table.data == {
        "Name": "raw",
        "DatabaseName": "tickets",
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {"Location": "s3://acme-training/tickets/raw/"},
        "Parameters": {"classification": "parquet"},
    }


def test_no_policy_is_none_in_both_of_aws_spellings() -> None:
    missing = lacks("glue:GetResourcePolicy", "EntityNotFoundException")
    for answer in (says({}), missing):
        things, unknowns = collected(glue, account(GetResourcePolicy=answer))
        assert unknowns == []
        assert things[CATALOG].data["Policy"] is None


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(glue, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("tickets")
    owner.call("glue", "CreateDatabase", DatabaseInput={"Name": name, "LocationUri": "s3://acme-training/"})
    aws = reader(owner, glue)
    things, unknowns = collected(glue, aws)
    assert unknowns == []
    database = things[f"arn:aws:glue:{owner.region}:{ground.outside_account}:database/{name}"]
    assert database.data["LocationUri"] == "s3://acme-training/"
    assert aws.needed == set(glue.PERMISSIONS)
