"""Flow logs are the only record of what a host sent: as Parquet, by the hour, they can be asked within seconds.

The table projects its partitions from the shape of the path, so no crawler and no MSCK REPAIR ever runs over them.
"""

from collections.abc import Sequence
from typing import Any

_PATH = (
    "s3://${Logs}/flow/AWSLogs/aws-account-id=${!log_account}/aws-service=vpcflowlogs/aws-region=${!log_region}"
    "/year=${!year}/month=${!month}/day=${!day}/hour=${!hour}"
)
# The fields of versions 2 to 5 and their types in the Parquet that VPC writes (VPC User Guide, "Flow log records").
COLUMNS = {
    "version": "int",
    "account_id": "string",
    "interface_id": "string",
    "srcaddr": "string",
    "dstaddr": "string",
    "srcport": "int",
    "dstport": "int",
    "protocol": "bigint",
    "packets": "bigint",
    "bytes": "bigint",
    "start": "bigint",
    "end": "bigint",
    "action": "string",
    "log_status": "string",
    "vpc_id": "string",
    "subnet_id": "string",
    "instance_id": "string",
    "tcp_flags": "int",
    "type": "string",
    "pkt_srcaddr": "string",
    "pkt_dstaddr": "string",
    "region": "string",
    "az_id": "string",
    "sublocation_type": "string",
    "sublocation_id": "string",
    "pkt_src_aws_service": "string",
    "pkt_dst_aws_service": "string",
    "flow_direction": "string",
    "traffic_path": "int",
}
_PARTITIONS = ("log_account", "log_region", "year", "month", "day", "hour")
_RANGES = {"year": ("2024,2099", 4), "month": ("1,12", 2), "day": ("1,31", 2), "hour": ("0,23", 2)}


def table(accounts: Sequence[str], regions: Sequence[str]) -> dict[str, Any]:
    """The TableInput of Glue for the flow logs of these accounts and regions."""
    projection = {
        "projection.enabled": "true",
        "projection.log_account.type": "enum",
        "projection.log_account.values": ",".join(accounts),
        "projection.log_region.type": "enum",
        "projection.log_region.values": ",".join(regions),
        "storage.location.template": {"Fn::Sub": _PATH},
    }
    for name, (values, digits) in _RANGES.items():
        projection[f"projection.{name}.type"] = "integer"
        projection[f"projection.{name}.range"] = values
        projection[f"projection.{name}.digits"] = str(digits)
    return {
        "Name": "flow_logs",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", **projection},
        "PartitionKeys": [{"Name": name, "Type": "string"} for name in _PARTITIONS],
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()],
            "Location": {"Fn::Sub": "s3://${Logs}/flow/AWSLogs/"},
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    }


def parameters(vpcs: Sequence[str]) -> dict[str, Any]:
    """One parameter for each VPC: a stack logs those of its own account and region, the others are left empty."""
    return {
        f"Vpc{number}": {
            "Type": "String",
            "Default": vpc,
            "AllowedPattern": "(vpc-[0-9a-f]{8,17})?",
            "Description": "Empty where it is in another account or region.",
        }
        for number, vpc in enumerate(vpcs, start=1)
    }


def conditions(vpcs: Sequence[str]) -> dict[str, Any]:
    """Whether each VPC is logged by this stack."""
    return {
        f"HasVpc{number}": {
            "Fn::And": [{"Condition": "HasFlowLogs"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": f"Vpc{number}"}, ""]}]}]
        }
        for number in range(1, len(vpcs) + 1)
    }


def flow_logs(vpcs: Sequence[str]) -> dict[str, Any]:
    """The flow log of each VPC."""
    fields = " ".join("${" + name.replace("_", "-") + "}" for name in COLUMNS)
    return {
        f"Flow{number}": {
            "Type": "AWS::EC2::FlowLog",
            "Condition": f"HasVpc{number}",
            "DependsOn": "LogsPolicy",
            "Properties": {
                "ResourceType": "VPC",
                "ResourceId": {"Ref": f"Vpc{number}"},
                "TrafficType": "ALL",
                "MaxAggregationInterval": 60,
                "LogDestinationType": "s3",
                "LogDestination": {"Fn::Sub": "${Logs.Arn}/flow/"},
                "LogFormat": fields,
                "DestinationOptions": {
                    "FileFormat": "parquet",
                    "HiveCompatiblePartitions": True,
                    "PerHourPartition": True,
                },
            },
        }
        for number in range(1, len(vpcs) + 1)
    }
