"""Config keeps the history of what it records, while its recorder runs and its channel delivers.

Blind to: the history itself, whether rules are complied with, conformance packs.
"""

from collections.abc import Iterator
from functools import partial

from stanch.catalog.collectors._answers import items
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.masking import masked_in

SCOPE = Scope.REGION
PERMISSIONS = (
    "config:DescribeConfigRules",
    "config:DescribeConfigurationAggregators",
    "config:DescribeConfigurationRecorderStatus",
    "config:DescribeConfigurationRecorders",
    "config:DescribeDeliveryChannelStatus",
    "config:DescribeDeliveryChannels",
)


def collect(look: Look) -> Iterator[Thing]:
    """Recorders and channels with what they did last, rules, and aggregators; empty lists where Config is off."""
    account = account_in(look, "config")
    listed = partial(look.list, "config", of=account)
    recorders = listed("DescribeConfigurationRecorders", "ConfigurationRecorders")
    channels = listed("DescribeDeliveryChannels", "DeliveryChannels")
    data = {
        "ConfigurationRecorders": recorders,
        # What is not there, or was not seen, has done nothing that could be told: its status is not asked for.
        "ConfigurationRecordersStatus": recorders
        if not recorders or unseen(recorders)
        else listed("DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus"),
        "DeliveryChannels": channels,
        "DeliveryChannelsStatus": channels
        if not channels or unseen(channels)
        else listed("DescribeDeliveryChannelStatus", "DeliveryChannelsStatus"),
        "ConfigurationAggregators": listed("DescribeConfigurationAggregators", "ConfigurationAggregators"),
    }
    yield Thing("config/account", account, data)
    for rule in items(listed("DescribeConfigRules", "ConfigRules")):
        yield Thing("config/rule", str(rule["ConfigRuleArn"]), masked_in(rule))
