"""A model in a registry is a name; its weights lie in a bucket or an image, and are read there."""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.checks._reach import hangs_on_unseen
from stanch.catalog.checks._strangers import name_of
from stanch.catalog.checks._things import mapped, mappings
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.iam.ask import Access

_ANY_KEY = "stanch-probe"
_SERVICE_LINKED = ":role/aws-service-role/"


@dataclass(frozen=True, slots=True)
class Model:
    """One model, or one server of models. reads: what downloads it, as actions with the ARN each is done on."""

    place: Place
    reads: tuple[tuple[str, str], ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As people call it."""
        return name_of(self.place.thing.arn)

    def assets(self, posture: Posture) -> tuple[Asset, ...]:
        """The declared assets that are the model, or the store of its weights."""
        arns = [self.place.thing.arn, *(arn.partition("/")[0] if ":s3:::" in arn else arn for _, arn in self.reads)]
        return tuple({asset.name: asset for arn in dict.fromkeys(arns) for asset in posture.assets_of(arn)}.values())

    def readers(self, posture: Posture) -> dict[str, Access]:
        """Every user and role that can download it by policies alone; roles that AWS keeps are left out."""
        found: dict[str, Access] = {}
        for action, arn in self.reads:
            for access in posture.who_can(action, arn):
                if _SERVICE_LINKED not in access.principal and not hangs_on_unseen(access.conditions):
                    found.setdefault(access.principal, access)
        return found


def models(posture: Posture) -> Iterator[Model]:
    """Each group of model packages by its newest version, each repository of an asset, each server of MLflow."""
    newest: dict[tuple[str, str | None, str], Place] = {}
    for place in posture.of("sagemaker/model-package"):
        data = place.thing.data
        key = (place.account, place.region, str(data.get("ModelPackageGroupName")))
        if key not in newest or _version(place) > _version(newest[key]):
            newest[key] = place
    for group in posture.of("sagemaker/model-package-group"):
        name = str(group.thing.data.get("ModelPackageGroupName"))
        yield _of_package(group, newest.get((group.account, group.region, name)))
    for place in posture.of("ecr/repository"):
        if posture.assets_of(place.thing.arn):
            yield Model(place, (("ecr:BatchGetImage", place.thing.arn),))
    for place in posture.of("sagemaker/mlflow-tracking-server"):
        told = place.thing.data.get("ArtifactStoreUri")
        hidden = unseen(place.thing.data) or unseen(told)
        yield Model(place, _read_of(place, told, whole=True), (hidden,) if hidden else ())


def _of_package(group: Place, package: Place | None) -> Model:
    if package is None:
        return Model(group)
    told = package.thing.data.get("InferenceSpecification")
    hidden = unseen(told)
    containers = mappings(mapped(told).get("Containers"))
    urls = [container.get("ModelDataUrl") or _source(container) for container in containers]
    reads = dict.fromkeys(read for url in urls for read in _read_of(group, url))
    return Model(group, tuple(reads), (hidden,) if hidden else ())


def _source(container: object) -> object:
    return mapped(mapped(mapped(container).get("ModelDataSource")).get("S3DataSource")).get("S3Uri")


def _read_of(place: Place, uri: object, *, whole: bool = False) -> tuple[tuple[str, str], ...]:
    """What reads the object at an `s3://` address, or, where that is a prefix, any object below it."""
    if not isinstance(uri, str) or not uri.startswith("s3://"):
        return ()
    bucket, _, key = uri[5:].partition("/")
    if whole or not key or key.endswith("/"):
        key = f"{key.rstrip('/')}/{_ANY_KEY}".lstrip("/")
    return (("s3:GetObject", f"arn:{place.thing.arn.split(':')[1]}:s3:::{bucket}/{key}"),)


def _version(package: Place) -> tuple[int, str]:
    told = package.thing.data.get("ModelPackageVersion")
    return (told if isinstance(told, int) else 0, str(package.thing.data.get("CreationTime")))
