"""A registry gives out models under its own permissions: what protects the bucket behind it does not protect them.

Reads: SageMaker model package groups, repositories of container images by their size, models in Bedrock.
Blind to: what is in an image. One too large for any program must hold data, and weights are what makes them so large.
"""

from collections.abc import Iterator

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import Eye, Fact
from stanch.engine.discover.hints import hinted
from stanch.engine.discover.runtimes import serving_in
from stanch.engine.discover.seen import Find, Placed, Seen, listed, texts, things

BAKED, LARGE = 20_000_000_000, 12_000_000_000
"""Bytes of a packed image. CUDA with a serving program and its libraries takes 5 to 10 GB, and nothing takes 20."""


def registries(seen: Seen) -> Iterator[Find]:
    """Every registry that gives out models."""
    yield from (_group(seen, place) for place in things(seen, "sagemaker/model-package-group"))
    yield from (find for place in things(seen, "ecr/repository") if (find := _repository(place)))
    yield from (_in_bedrock(place) for place in things(seen, "bedrock/custom-model", "bedrock/imported-model"))


def _group(seen: Seen, place: Placed) -> Find:
    name = str(place.thing.data.get("ModelPackageGroupName") or place.thing.arn.rsplit("/", 1)[-1])
    facts = [Fact(Eye.CONFIGURATION, "a group of model packages", 0.7)]
    packages = [
        one for one in things(seen, "sagemaker/model-package") if one.thing.data.get("ModelPackageGroupName") == name
    ]
    told = " ".join(text for one in packages for text in texts(one.thing.data.get("InferenceSpecification")))
    if program := serving_in(told):
        facts.append(Fact(Eye.CONTENTS, f"its models run in {program}", 0.7))
    elif packages:
        facts.append(Fact(Eye.CONTENTS, f"{len(packages)} versions of models", 0.3))
    return Find(AssetKind.REGISTRY, place.thing.arn, (*facts, *hinted(AssetKind.REGISTRY, name)), name=name)


def _repository(place: Placed) -> Find | None:
    name = str(place.thing.data.get("repositoryName"))
    sizes = [int(one.get("imageSizeInBytes") or 0) for one in listed(place.thing.data.get("Images"))]
    largest = max(sizes, default=0)
    if largest < LARGE:
        return None
    baked = largest >= BAKED
    why = "larger than any program: weights are baked in" if baked else "large enough for weights baked in"
    facts = [Fact(Eye.SIZE, f"an image of {largest / 10**9:,.0f} GB, {why}", 0.88 if baked else 0.5)]
    if program := serving_in(f"/{name}:"):
        facts.append(Fact(Eye.LABEL, f"called as {program}'s images are", 0.3))
    hint = hinted(AssetKind.WEIGHTS, name)
    return Find(AssetKind.REGISTRY, place.thing.arn, (*facts, *hint), name=name.replace("/", "-"), bytes=largest)


def _in_bedrock(place: Placed) -> Find:
    name = str(place.thing.data.get("modelName") or place.thing.arn.rsplit("/", 1)[-1])
    imported = place.thing.kind.endswith("imported-model")
    what = "weights imported into Bedrock" if imported else "weights that Bedrock trained for us"
    return Find(AssetKind.WEIGHTS, place.thing.arn, (Fact(Eye.CONFIGURATION, what, 0.95),), name=name)
