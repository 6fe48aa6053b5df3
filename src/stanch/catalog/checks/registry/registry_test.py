"""Edges of the checks of registries."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, EVERYTHING, MODELS, READS, STRANGER, bucket, document, odd, role, thing, trusting

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

OPEN, WHOLE, UNDECLARED = "registry/registry_open", "registry/whole_registry", "registry/undeclared_reader"
SERVING = '[[principal]]\nmatch = "arn:*:iam::*:role/serving-*"\npurpose = "serving"\n'
SERVER = {"Service": "sagemaker.amazonaws.com"}
HIDDEN = {"$unseen": "sagemaker:BatchDescribeModelPackage: AccessDenied"}


def group(name: str, **data: Any) -> dict[str, Any]:
    """A group of model packages."""
    arn = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package-group/{name}"
    return thing("sagemaker/model-package-group", arn, {"ModelPackageGroupName": name, "ResourcePolicy": None, **data})


def package(name: str, specification: Any = None, version: int = 1) -> dict[str, Any]:
    """A version of a model."""
    told = specification or {"Containers": [{"ModelDataUrl": f"s3://models-eu/{name}/model.tar.gz"}]}
    arn = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package/{name}/{version}"
    return thing("sagemaker/model-package", arn, {"ModelPackageGroupName": name, "ModelPackageVersion": version,
                                                  "InferenceSpecification": told})  # fmt: skip


def reads(prefix: str) -> dict[str, Any]:
    return {**READS, "Resource": f"{MODELS}/{prefix}*"}


TWO = [bucket(), group("llama"), package("llama"), group("mistral"), package("mistral")]


@pytest.mark.parametrize(
    ("policy", "ruling"),
    [
        (None, Ruling.PASS),
        (document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}), Ruling.FAIL),
        (document({"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "*", "Resource": "*"}), Ruling.FAIL),
        (document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "*", "Resource": "*"}), Ruling.PASS),
        (HIDDEN, Ruling.UNKNOWN),
    ],
)
def test_a_group_and_a_repository_are_opened_by_their_policies(policy: Any, ruling: Ruling) -> None:
    image = thing("ecr/repository", f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/team/vllm",
                  {"repositoryName": "team/vllm", "Policy": policy})  # fmt: skip
    found = rulings(OPEN, posture([group("llama", ResourcePolicy=policy), image]))
    assert set(found.values()) == {ruling}
    assert len(found) == 2


def test_a_server_that_reads_all_models_fails_and_one_that_reads_its_own_passes() -> None:
    lines = [
        *TWO,
        role("serving-all", trusting(SERVER), reads("")),
        role("serving-one", trusting(SERVER), reads("llama/")),
    ]
    found = {one.resource.rpartition("/")[2]: one for one in verdicts(WHOLE, posture(lines, SERVING + ASSET))}
    assert {name: one.ruling for name, one in found.items()} == {"serving-all": Ruling.FAIL, "serving-one": Ruling.PASS}
    assert found["serving-all"].severity is Severity.MEDIUM
    assert "2 of 2 models" in found["serving-all"].why


@pytest.mark.parametrize("purpose", ["training", "export", "admin"])
def test_a_purpose_that_takes_all_models_may_read_them(purpose: str) -> None:
    toml = f'[[principal]]\nmatch = "arn:*:iam::*:role/x"\npurpose = "{purpose}"\n'
    assert set(rulings(WHOLE, posture([*TWO, role("x", trusting(SERVER), reads(""))], toml)).values()) == {Ruling.PASS}


def test_an_administrator_and_a_registry_of_one_model_are_not_meant() -> None:
    assert set(rulings(WHOLE, posture([*TWO, role("x", None, EVERYTHING)])).values()) == {Ruling.PASS}
    assert rulings(WHOLE, posture([*TWO[:3], role("x", trusting(SERVER), reads(""))])) == {}


def test_the_newest_version_is_what_counts() -> None:
    moved = package("llama", {"Containers": [{"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://other/llama/"}}}]}, 2)
    lines = [bucket(), group("llama"), moved, package("llama"), role("dashboard", None, READS)]
    assert set(rulings(UNDECLARED, posture(lines, SERVING)).values()) == {Ruling.PASS}


def test_a_reader_without_a_purpose_fails_where_purposes_are_declared_and_is_told_where_none_are() -> None:
    lines = [*TWO[:3], role("dashboard", None, READS), role("serving-llama", trusting(SERVER), READS)]
    (failed,) = verdicts(UNDECLARED, posture(lines, SERVING + ASSET))
    assert (failed.ruling, failed.severity) == (Ruling.FAIL, Severity.HIGH)
    assert "role/dashboard" in failed.why
    assert "serving-llama" not in failed.why
    (told,) = verdicts(UNDECLARED, posture(lines))
    assert told.ruling is Ruling.PASS
    assert "role/dashboard" in told.why


def test_mlflow_and_an_image_with_weights_are_models_too() -> None:
    image = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/vllm-llama"
    mlflow = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:mlflow-tracking-server/runs"
    toml = f'{SERVING}[[asset]]\nname = "baked"\nkind = "weights"\nwhere = "{image}"\n'
    pulls = {"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": "*"}
    lines = [
        bucket(),
        thing("ecr/repository", image, {"repositoryName": "vllm-llama", "Policy": None}),
        thing("ecr/repository", f"{image}-base", {"repositoryName": "base", "Policy": None}),
        thing("sagemaker/mlflow-tracking-server", mlflow, {"ArtifactStoreUri": "s3://models-eu/runs"}),
        role("x", None, pulls, READS),
    ]
    assert rulings(UNDECLARED, posture(lines, toml)) == {image: Ruling.FAIL, mlflow: Ruling.FAIL}


def test_a_version_that_was_not_seen_is_unknown_and_a_group_without_any_passes() -> None:
    assert set(rulings(UNDECLARED, posture([group("llama"), package("llama", HIDDEN)])).values()) == {Ruling.UNKNOWN}
    (verdict,) = verdicts(UNDECLARED, posture([group("llama")]))
    assert "names weights" in verdict.why


def test_nothing_that_a_hand_wrote_breaks_them() -> None:
    for line in odd(group("llama"), ["ResourcePolicy"]):
        verdicts(OPEN, posture([line]))
    for check in (OPEN, WHOLE, UNDECLARED):
        for line in odd(group("llama"), ["ModelPackageGroupName"]):
            verdicts(check, posture([bucket(), line, package("llama"), role("x", None, READS)], SERVING))
        for line in odd(package("llama"), ["InferenceSpecification", "ModelPackageVersion"]):
            verdicts(check, posture([bucket(), group("llama"), line, package("llama", version=2)]))
