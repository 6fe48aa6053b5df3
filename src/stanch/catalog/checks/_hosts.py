"""An inference host is known by its accelerators, by what it starts, or because the estate says that it is one.

Blind to: containers without a host of yours (Fargate), managed endpoints, and templates of which nothing runs.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stanch.catalog.checks._network import Interface, interfaces_of
from stanch.catalog.checks._things import blind, mapped, mappings, partition_of
from stanch.contracts.check import Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.arn import Arn
from stanch.domain.estate import Asset, AssetKind

PORTS = {
    1234: "LM Studio",
    3000: "TGI, Open WebUI",
    4000: "LiteLLM",
    5000: "MLflow, text-generation-webui",
    5001: "KoboldCpp",
    7860: "Gradio",
    8000: "vLLM, Triton",
    8001: "Triton, gRPC",
    8002: "Triton, metrics",
    8080: "TGI, llama.cpp",
    8188: "ComfyUI",
    8265: "Ray dashboard",
    8500: "TensorFlow Serving, gRPC",
    8501: "TensorFlow Serving, Streamlit",
    8888: "Jupyter",
    11434: "Ollama",
    23333: "LMDeploy",
    30000: "SGLang",
}
"""Ports on which inference servers listen unless told otherwise, from each one's own documentation."""
MODELS = (AssetKind.WEIGHTS, AssetKind.ADAPTER)
_SERVES = (AssetKind.INFERENCE_HOST, AssetKind.INFERENCE_API)
_ACCELERATED = ("GpuInfo", "InferenceAcceleratorInfo", "NeuronInfo")
_FAMILY = re.compile(r"(?:p|g|gr|inf|trn|dl)\d[a-z0-9-]*\.")
_SERVER = re.compile(
    r"(?i)\b(vllm|text-generation-(?:inference|launcher|webui)|ollama|llama(?:[._-]cpp|-server)|tritonserver|sglang|"
    r"lmdeploy|tensorrt[-_]llm|trtllm-serve|koboldcpp|localai|mlc_llm|comfyui|torchserve|tabbyapi|xinference)\b"
)
_PORT = re.compile(
    r"--(?:http-|server-)?port[ =](\d{2,5})\b|(?:-p|--publish)[ =](?:[\d.]{7,15}:|\[[\da-fA-F:]+\]:)?(\d{2,5}):\d"
    r"|\bOLLAMA_HOST=[\"']?[\w.\[\]:-]{0,64}?:(\d{2,5})\b"
)
_SEEN_BY = ("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute")
_PROBE, _NO_BUCKET = "model-00001-of-00002.safetensors", "stanch-probe"


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """An instance: why it is taken for one that serves a model, the ARN of its role, and what could be lost with it."""

    place: Place
    why: str
    role: str | None
    assets: tuple[Asset, ...] = ()

    @property
    def arn(self) -> str:
        """The instance."""
        return self.place.thing.arn

    @property
    def data(self) -> Mapping[str, Any]:
        """What EC2 says of it."""
        return self.place.thing.data

    @property
    def name(self) -> str:
        """The instance's id."""
        return self.arn.rpartition("/")[2]

    @property
    def interfaces(self) -> list[Interface]:
        """Its network interfaces."""
        return interfaces_of(self.data)

    @property
    def text(self) -> str:
        """Its user data with the secrets masked; empty where there is none, or nobody saw it."""
        return user_data(self.data)

    def loot(self) -> str:
        """What an intruder on it gets, in words."""
        held = [asset for asset in self.assets if asset.kind not in _SERVES]
        if held:
            return "; ".join(f"{asset.name} ({asset.kind.value}, {asset.where})" for asset in held)
        return "the model it serves" if self.why else "what it holds"


def blind_to_hosts(posture: Posture) -> Iterator[Judged]:
    """An unknown for each region whose instances, or what they start, nobody saw."""
    yield from blind(posture, "ec2/hosts", "ec2", *_SEEN_BY)


class Hosts:
    """The instances of the estate, with the roles they run as and what those read."""

    def __init__(self, posture: Posture) -> None:
        self._posture = posture

    @cached_property
    def every(self) -> list[Host]:
        """Every instance; `why` is empty where nothing says that it serves a model."""
        return [self._host(place) for place in self._posture.of("ec2/instance")]

    @cached_property
    def inference(self) -> list[Host]:
        """The instances that serve a model, or could."""
        return [host for host in self.every if host.why]

    @cached_property
    def holding(self) -> list[Host]:
        """Those, and every other instance whose role reads a model."""
        return [host for host in self.every if host.why or any(asset.kind in MODELS for asset in host.assets)]

    @cached_property
    def by_id(self) -> dict[str, Host]:
        """Every instance by its id."""
        return {host.name: host for host in self.every}

    @cached_property
    def read_by(self) -> dict[str, tuple[Asset, ...]]:
        """The declared stores that a role or user can read, by its ARN."""
        found: dict[str, list[Asset]] = defaultdict(list)
        for asset in self._posture.estate.assets:
            if asset.bucket and not asset.decoy:
                probe = self._object(asset)
                for access in self._posture.who_can("s3:GetObject", probe):
                    found[access.principal].append(asset)
        return {arn: tuple(assets) for arn, assets in found.items()}

    @cached_property
    def read_all(self) -> frozenset[str]:
        """The roles and users that read any bucket whatever, by ARN: they are asked about one that is not there."""
        account = next(iter(self._posture.accounts), "")
        probe = str(Arn(partition_of(self._posture, account), "s3", "", "", f"{_NO_BUCKET}/{_PROBE}"))
        return frozenset(access.principal for access in self._posture.who_can("s3:GetObject", probe))

    @cached_property
    def ports(self) -> dict[str, set[int]]:
        """The ports to which load balancers send an instance's calls, by its id."""
        found: dict[str, set[int]] = defaultdict(set)
        for place in self._posture.of("elbv2/target-group"):
            for one in mappings(place.thing.data.get("TargetHealthDescriptions")):
                target = mapped(one.get("Target"))
                if isinstance(target.get("Port"), int):
                    found[str(target.get("Id"))].add(target["Port"])
        return found

    def listens(self, host: Host) -> list[int]:
        """The ports on which a host may serve: its engine's own, those it was started with, those it is called at."""
        told = {int(one) for pair in _PORT.findall(host.text) for one in pair if one}
        return sorted(set(PORTS) | {port for port in told if port < 1 << 16} | self.ports.get(host.name, set()))

    def _host(self, place: Place) -> Host:
        data = place.thing.data
        own = tuple(self._posture.assets_of(place.thing.arn))
        role = self._roles.get(str(mapped(data.get("IamInstanceProfile")).get("Arn")))
        read = self.read_by.get(role, ()) if role else ()
        return Host(place, _why(data, own), role, tuple(dict.fromkeys((*own, *read))))

    @cached_property
    def _roles(self) -> dict[str, str]:
        """The role of each instance profile, both by ARN."""
        return {
            str(profile.get("Arn")): place.thing.arn
            for place in self._posture.of("iam/role")
            for profile in mappings(place.thing.data.get("InstanceProfileList"))
        }

    @cached_property
    def _buckets(self) -> dict[str, str]:
        return {arn.rpartition(":")[2]: arn for arn in (one.thing.arn for one in self._posture.of("s3/bucket"))}

    def _object(self, asset: Asset) -> str:
        """An object of a store as it may be called: access is asked of one object, not of a pattern."""
        bucket = str(asset.bucket)
        account = next(iter(self._posture.accounts), "")
        arn = self._buckets.get(bucket) or str(Arn(partition_of(self._posture, account), "s3", "", "", bucket))
        whole = not asset.prefix or asset.prefix.endswith("/")
        return f"{arn}/{asset.prefix}{_PROBE if whole else ''}"


def user_data(data: Mapping[str, Any]) -> str:
    """The text of a host's user data, or an empty one."""
    text = mapped(data.get("UserData")).get("Text")
    return text if isinstance(text, str) else ""


def _why(data: Mapping[str, Any], own: tuple[Asset, ...]) -> str:
    declared = [asset.name for asset in own if asset.kind in _SERVES]
    if declared:
        return f"the estate declares it as {declared[0]}"
    kind, facts = str(data.get("InstanceType")), mapped(data.get("InstanceTypeInfo"))
    if any(facts.get(key) for key in _ACCELERATED) or _FAMILY.match(kind):
        return f"{kind} has accelerators"
    server = _SERVER.search(user_data(data))
    return f"its user data starts {server[1].lower()}" if server else ""
