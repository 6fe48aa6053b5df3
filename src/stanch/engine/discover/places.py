"""Configuration names where models and data lie: an endpoint its artifact, a job its corpus, a trail its bucket."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import Eye, Fact
from stanch.engine.discover.runtimes import serving_in, training_in
from stanch.engine.discover.seen import Find, Placed, Seen, known, texts, things
from stanch.engine.discover.started import STARTED, started_with

_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s\"'`;,|&<>*?{}$]*)?")
_FILE = re.compile(r"[^/]+\.[A-Za-z0-9.]{2,12}")


@dataclass(frozen=True, slots=True)
class Named:
    """An address in S3 that some configuration names as an asset of a kind."""

    kind: AssetKind
    uri: str
    fact: Fact


def named(seen: Seen) -> Iterator[Named]:
    """Every address that configuration names."""
    yield from _of_models(seen)
    yield from _of_bedrock(seen)
    yield from _of_hosts(seen)
    yield from _logs(seen)
    yield from _evidence(seen)


def with_named(finds: list[Find], names: Iterator[Named]) -> list[Find]:
    """The finds with what configuration says of their places; what it names and nobody found is a find of its own."""
    found = list(finds)
    for name in names:
        where = folder_of(name.uri)
        same = [find for find in found if find.kind is name.kind and _meet(find.where, where)]
        if not same:
            found.append(Find(name.kind, where, (name.fact,), sample=name.uri.removeprefix("s3://").partition("/")[2]))
        for find in same:
            found[found.index(find)] = find.also(name.fact)
    return found


def folder_of(uri: str) -> str:
    """The prefix that an address means: itself, or the folder of the file that it names."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    folder, slash, last = key.rpartition("/")
    if last and _FILE.fullmatch(last):
        return f"s3://{bucket}/{folder}{slash}"
    return f"s3://{bucket}/{key}{'/' if key and not key.endswith('/') else ''}"


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _of_models(seen: Seen) -> Iterator[Named]:
    """What SageMaker's models and packages load."""
    for place in things(seen, "sagemaker/model", "sagemaker/model-package"):
        what = (
            "a SageMaker model loads it" if place.thing.kind.endswith("model") else "a registered model version is it"
        )
        data = place.thing.data
        for text in texts([data.get("PrimaryContainer"), data.get("Containers"), data.get("InferenceSpecification")]):
            if _S3.fullmatch(text):
                yield Named(AssetKind.WEIGHTS, text, Fact(Eye.CONFIGURATION, f"{what} ({_last(place)})", 0.6))


def _of_bedrock(seen: Seen) -> Iterator[Named]:
    for place in things(seen, "bedrock/model-import-job", "bedrock/custom-model"):
        data = place.thing.data
        for key, kind, what in (
            ("modelDataSource", AssetKind.WEIGHTS, "imported into Bedrock"),
            ("trainingDataConfig", AssetKind.TRAINING_DATA, "a Bedrock model was trained on it"),
            ("validationDataConfig", AssetKind.TRAINING_DATA, "a Bedrock model was validated on it"),
        ):
            for text in texts(known(data.get(key))):
                if _S3.fullmatch(text):
                    yield Named(kind, text, Fact(Eye.CONFIGURATION, f"{what} ({_last(place)})", 0.9))


def _of_hosts(seen: Seen) -> Iterator[Named]:
    """Addresses in what hosts and containers are started with, beside the program that loads models."""
    for place in things(seen, *STARTED):
        told = started_with(place.thing)
        serving, training = serving_in(told), training_in(told)
        if not serving and not training:
            continue
        kind = AssetKind.WEIGHTS
        what = f"{serving or training} on {_last(place)} is started with it"
        for match in _S3.finditer(told):
            if training and not serving:
                kind = AssetKind.TRAINING_DATA if "data" in match[0].lower() else AssetKind.WEIGHTS
            yield Named(kind, match[0].rstrip("."), Fact(Eye.CONFIGURATION, what, 0.6))


def _logs(seen: Seen) -> Iterator[Named]:
    """Where AWS delivers logs to."""
    ways: dict[str, Callable[[Mapping[str, Any]], object]] = {
        "cloudtrail/trail": lambda data: data.get("S3BucketName"),
        "ec2/vpc-flow-log": lambda data: _bucket_of(data.get("LogDestination")),
        "elbv2/load-balancer": lambda data: _if_on(known(data.get("Attributes"))),
        "s3/bucket": lambda data: (known(data.get("Logging")) or {}).get("TargetBucket"),
        "bedrock/account": lambda data: next(_log_buckets(known(data.get("ModelInvocationLogging"))), None),
    }
    for kind, way in ways.items():
        for place in things(seen, kind):
            if bucket := way(place.thing.data):
                fact = Fact(Eye.CONFIGURATION, f"{kind} {_last(place)} delivers here", 0.97)
                yield Named(AssetKind.LOGS, f"s3://{bucket}", fact)


def _bucket_of(arn: object) -> str | None:
    return arn.split(":::", 1)[1].partition("/")[0] if isinstance(arn, str) and ":s3:::" in arn else None


def _if_on(attributes: object) -> str | None:
    told = attributes if isinstance(attributes, dict) else {}
    return told.get("access_logs.s3.bucket") or None if told.get("access_logs.s3.enabled") == "true" else None


def _log_buckets(config: object) -> Iterator[str]:
    if isinstance(config, dict):
        for key, value in config.items():
            if key == "bucketName" and value:
                yield str(value)
            yield from _log_buckets(value)


def _evidence(seen: Seen) -> Iterator[Named]:
    for place in things(seen, "s3/bucket"):
        lock = known(place.thing.data.get("ObjectLock")) or {}
        retention = (lock.get("Rule") or {}).get("DefaultRetention") or {}
        if lock.get("ObjectLockEnabled") != "Enabled":
            continue
        kept = f"Object Lock, {str(retention['Mode']).lower()} by default" if retention.get("Mode") else "Object Lock"
        fact = Fact(Eye.CONFIGURATION, kept, 0.65 if retention.get("Mode") == "COMPLIANCE" else 0.5)
        yield Named(AssetKind.EVIDENCE, f"s3://{place.thing.arn.split(':::', 1)[1]}", fact)


def _last(place: Placed) -> str:
    return place.thing.arn.replace(":", "/").rsplit("/", 1)[-1]
