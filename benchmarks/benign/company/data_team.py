"""A data team moves a lot, all of it at home: syncs between own buckets, queries, notebooks, training, serving."""

from datetime import datetime, timedelta

from benchmarks.benign.company.places import (
    DATA,
    ENDPOINT,
    PROD,
    WAYS_OUT,
    Burst,
    at,
    bare,
    by_service,
    is_weekend,
    person,
    steps,
    taken,
)
from benchmarks.benign.world import BOTO, JAVA, Record, Who, World

_LAKE, _MODELS = "fjordline-datasets", "fjordline-models"


def _inside(world: World, who: Who, when: datetime, name: str, bucket: str, key: str, size: int) -> Record:
    return world.data(who, when, name, bucket, key, size, vpcEndpointId=ENDPOINT, vpcEndpointAccountId=DATA)


def copies(world: World, day: int) -> Burst:
    """A sync from the lake to a scratch bucket: copies inside S3."""
    if day not in (5, 13):
        return
    who = person(world, "mei.tanaka", DATA, "DataScientist", at(day, 10), console=False)
    for number in range(160):
        key = f"clickstream/2026/{number:05}.parquet"
        record = world.data(
            who, at(day, 10) + timedelta(seconds=number), "CopyObject", "fjordline-scratch", f"mei/{key}", 0
        )
        record["requestParameters"]["x-amz-copy-source"] = f"{_LAKE}/{key}"
        yield record


def queries(world: World, day: int) -> Burst:
    """Athena reads for whoever asked it, in his session."""
    if is_weekend(day):
        return
    for name in ("mei.tanaka", "sam.price"):
        when = at(day, 9 + 7 * world.chance.random())
        who = person(world, name, DATA, "DataScientist", when)
        yield from steps(world, who, when, bare("athena:StartQueryExecution athena:GetQueryResults"), 20)
        host = "athena.amazonaws.com"
        athena = Who(who.identity | {"invokedBy": host}, host, host, DATA)
        yield from steps(world, athena, when, bare("glue:GetTable glue:GetPartitions"))
        for _ in range(8):
            key, size = f"clickstream/2026/{world.chance.randrange(900):05}.parquet", world.chance.randint(10**6, 10**8)
            yield world.data(athena, when + timedelta(seconds=9), "GetObject", _LAKE, key, size)


def nightly(world: World, day: int) -> Burst:
    """The nightly job turns raw events into the lake; a role of ours reads production's orders across accounts."""
    job = world.assumed("glue-etl", "GlueJobRunnerSession", DATA, at(day, 3), WAYS_OUT[DATA], JAVA)
    yield taken(world, world.service("glue", DATA), job, at(day, 3))
    for number in range(30):
        when = at(day, 3) + timedelta(seconds=3 * number)
        yield _inside(world, job, when, "GetObject", "fjordline-raw", f"{day:02}/{number:04}.json.gz", 9_000_000)
        if number % 3 == 0:
            yield _inside(world, job, when, "PutObject", _LAKE, f"clickstream/{day:02}{number:03}.parquet", 7_000_000)
    features = {"type": "AWSAccount", "principalId": world.id_of("AROA", "features") + ":run", "accountId": DATA}
    across = Who(features, WAYS_OUT[DATA], BOTO, PROD)
    for number in range(16):
        when = at(day, 2.5) + timedelta(seconds=number)
        yield world.data(across, when, "GetObject", "fjordline-orders", f"2026/10/{day:02}{number:03}.json", 300_000)


def training(world: World, day: int) -> Burst:
    """A notebook is opened, reads some, and starts a training job that reads all and writes a model."""
    if day not in (1, 7, 12, 15, 21, 27):
        return
    who = person(world, "sam.price", DATA, "DataScientist", at(day, 9), home=True)
    yield from steps(world, who, at(day, 9), bare("sagemaker:CreatePresignedDomainUrl sagemaker:CreateApp"))
    kernel = world.assumed("sagemaker-execution", "SageMaker", DATA, at(day, 9.2), WAYS_OUT[DATA], BOTO)
    yield from steps(world, kernel, at(day, 9.2), bare("sagemaker:CreateTrainingJob sagemaker:DescribeTrainingJob"))
    hands = by_service(world, "sagemaker-execution", "sagemaker", DATA, at(day, 9.5))
    for number in range(40):
        reader, when = (kernel if number < 15 else hands), at(day, 9.4) + timedelta(seconds=10 * number)
        yield _inside(world, reader, when, "GetObject", _LAKE, f"clickstream/2026/{number:05}.parquet", 40_000_000)
    for part in range(6):
        key, when = f"ranker/{day}/model-{part:05}-of-00006.safetensors", at(day, 12) + timedelta(seconds=part)
        yield _inside(world, hands, when, "PutObject", _MODELS, key, 4_000_000_000)


def serving(world: World, day: int) -> Burst:
    """Inference hosts load the model when they start; a new one is rolled out to five at once."""
    loads = [(24 * world.chance.random(), "ranker/1", 6)]
    loads += [(9 + host / 100, "ranker/v2", 12) for host in range(5 if day == 22 else 0)]
    for hour, model, parts in loads:
        when, host = at(day, hour), f"i-{world.chance.getrandbits(68):017x}"
        who = world.assumed("ranker-serving", host, DATA, when, f"10.60.{world.chance.randrange(8)}.17", BOTO)
        yield taken(world, world.service("ec2", DATA), who, when)
        for part in range(parts):
            key, then = f"{model}/model-{part:05}-of-{parts:05}.safetensors", when + timedelta(seconds=40 + 8 * part)
            yield _inside(world, who, then, "GetObject", _MODELS, key, 4_000_000_000)


DAILY = (copies, queries, nightly, training, serving)
"""What happens each day, or knows by the day whether it does."""
