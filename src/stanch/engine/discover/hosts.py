"""A host that serves a model has an accelerator, starts a serving program, opens its port, and may read the weights.

Reads: instances, ECS services with their task definitions, EKS node groups, SageMaker endpoints.
Blind to: what runs inside a Kubernetes cluster, and hosts outside AWS.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stanch.domain.estate import AssetKind
from stanch.domain.proposal import Eye, Fact
from stanch.engine.discover.hints import hinted
from stanch.engine.discover.runtimes import serving_in, serving_on, training_in
from stanch.engine.discover.seen import Find, Placed, Seen, known, listed, texts, things
from stanch.engine.discover.started import started_with

# Families with GPUs, Trainium or Inferentia: EC2 User Guide, "Accelerated computing instances"; f and vt have neither.
_ACCELERATED = re.compile(r"(ml\.)?(?P<family>g\d\w*|gr\d\w*|p\d\w*|trn\d\w*|inf\d\w*|dl\d\w*)\.[\w-]+")
_ACCELERATORS = ("GpuInfo", "NeuronInfo", "InferenceAcceleratorInfo")
_NODE_IMAGES = re.compile(r".*(NVIDIA|NEURON|GPU).*")
_ACCELERATOR, _PROGRAM, _PORT = 0.6, 0.85, 0.35
_HOST, _API = AssetKind.INFERENCE_HOST, AssetKind.INFERENCE_API


def hosts(seen: Seen) -> Iterator[Find]:
    """Everything that looks as if it served a model, with the roles it runs as."""
    profiles, ports = _roles_by_profile(seen), _ports_by_group(seen)
    instances = [find for place in things(seen, "ec2/instance") if (find := _instance(place, profiles, ports))]
    yield from instances
    yield from _fronts(seen, instances)
    yield from (find for place in things(seen, "ecs/service") if (find := _service(seen, place)))
    yield from (find for place in things(seen, "eks/nodegroup") if (find := _node_group(place)))
    yield from (find for place in things(seen, "sagemaker/endpoint") if (find := _endpoint(seen, place)))


def _instance(
    place: Placed, profiles: Mapping[str, str], ports: Mapping[str, Sequence[tuple[str, int]]]
) -> Find | None:
    data = place.thing.data
    started = started_with(place.thing)
    group = next((tag["Value"] for tag in listed(data.get("Tags")) if tag["Key"] == "aws:autoscaling:groupName"), None)
    facts = [*_accelerator(str(data.get("InstanceType")), known(data.get("InstanceTypeInfo"))), *_program(started)]
    if training_in(started) and not serving_in(started):
        return None
    groups = (str(one.get("GroupId")) for one in listed(data.get("SecurityGroups")))
    opened = (one for name in groups for one in ports.get(name, ()))
    facts += [Fact(Eye.BESIDE, f"it opens port {port}, {name}'s own", _PORT) for name, port in opened][:1]
    if not facts:
        return None
    name = next((tag["Value"] for tag in listed(data.get("Tags")) if tag["Key"] == "Name"), "")
    facts += hinted(_HOST, name, *(group or "",))
    profile = str((data.get("IamInstanceProfile") or {}).get("Arn"))
    roles = (profiles[profile],) if profile in profiles else ()
    return Find(_HOST, place.thing.arn, tuple(facts), name=name or str(data.get("InstanceId")), roles=roles)


def _accelerator(type_: str, told: Any) -> Iterator[Fact]:
    has = isinstance(told, Mapping) and any(told.get(key) for key in _ACCELERATORS)
    if has or _ACCELERATED.fullmatch(type_):
        yield Fact(Eye.HARDWARE, f"{type_} has accelerators", _ACCELERATOR)


def _program(started: str) -> Iterator[Fact]:
    if name := serving_in(started):
        yield Fact(Eye.CONFIGURATION, f"it starts {name}", _PROGRAM)


def _ports_by_group(seen: Seen) -> dict[str, list[tuple[str, int]]]:
    """Ports that each security group opens and on which serving programs answer, with the program."""
    found: dict[str, list[tuple[str, int]]] = {}
    for place in things(seen, "ec2/security-group"):
        for rule in listed(place.thing.data.get("IpPermissions")):
            first, last = rule.get("FromPort"), rule.get("ToPort")
            if isinstance(first, int) and isinstance(last, int) and (name := serving_on(first, last)):
                found.setdefault(str(place.thing.data.get("GroupId")), []).append((name, first))
    return found


def _fronts(seen: Seen, instances: Sequence[Find]) -> Iterator[Find]:
    """Load balancers that send to hosts: what a model answers through is asked there."""
    by_id = {find.where.rsplit("/", 1)[-1]: find for find in instances}
    for place in things(seen, "elbv2/target-group"):
        targets = (one.get("Target") or {} for one in listed(place.thing.data.get("TargetHealthDescriptions")))
        behind = [by_id[str(one["Id"])] for one in targets if str(one.get("Id")) in by_id]
        if behind:
            surest = max(behind, key=lambda find: find.confidence)
            fact = Fact(Eye.CONFIGURATION, f"it sends to {surest.name}", round(surest.confidence * 0.9, 3))
            for arn in listed(place.thing.data.get("LoadBalancerArns")):
                name = str(arn).split("/")[-2]
                yield Find(_API, str(arn), (fact, *hinted(_API, name)), name=name)


def _service(seen: Seen, place: Placed) -> Find | None:
    """An ECS service by the containers of its task definition."""
    data = place.thing.data
    definitions = (one for one in things(seen, "ecs/task-definition") if one.thing.arn == data.get("taskDefinition"))
    definition = next(definitions, None)
    if definition is None:
        return None
    containers = listed(definition.thing.data.get("containerDefinitions"))
    wanted = {need.get("type") for one in containers for need in listed(one.get("resourceRequirements"))}
    facts = [*_program(started_with(definition.thing))]
    if wanted & {"GPU", "InferenceAccelerator"}:
        facts.append(Fact(Eye.HARDWARE, "its containers are given accelerators", _ACCELERATOR))
    ports = {port["containerPort"] for one in containers for port in listed(one.get("portMappings"))}
    opened = ((port, name) for port in sorted(ports) if (name := serving_on(port, port)))
    facts += [Fact(Eye.BESIDE, f"it opens port {port}, {name}'s own", _PORT) for port, name in opened][:1]
    if not any(fact.eye is not Eye.BESIDE for fact in facts):
        return None  # any web service answers on 8080
    name = str(data.get("serviceName") or place.thing.arn.rsplit("/", 1)[-1])
    gateway = "LiteLLM" in facts[0].what
    role = definition.thing.data.get("taskRoleArn")
    kind = _API if gateway else _HOST
    return Find(kind, place.thing.arn, (*facts, *hinted(kind, name)), name=name, roles=(role,) if role else ())


def _node_group(place: Placed) -> Find | None:
    """Whether it serves or trains is told inside the cluster: the hosts are worth watching either way."""
    data = place.thing.data
    accelerated = [type_ for type_ in listed(data.get("instanceTypes")) if _ACCELERATED.fullmatch(str(type_))]
    image = str(data.get("amiType") or "")
    if not accelerated and not _NODE_IMAGES.fullmatch(image):
        return None
    what = f"its nodes are {', '.join(map(str, accelerated))}" if accelerated else f"its image is {image}"
    name = f"{data.get('clusterName')}-{data.get('nodegroupName')}"
    labels = list(texts(known(data.get("labels"))))
    facts = (Fact(Eye.HARDWARE, what, _ACCELERATOR), *hinted(_HOST, name, *labels))
    role = data.get("nodeRole")
    return Find(_HOST, place.thing.arn, facts, name=name, roles=(str(role),) if role else ())


def _endpoint(seen: Seen, place: Placed) -> Find | None:
    """A SageMaker endpoint by the instances and containers of its configuration."""
    name = place.thing.data.get("EndpointConfigName")
    configs = (one.thing.data for one in things(seen, "sagemaker/endpoint-config"))
    variants = [
        variant
        for config in configs
        if config.get("EndpointConfigName") == name
        for variant in listed(config.get("ProductionVariants"))
    ]
    wanted = {variant.get("ModelName") for variant in variants}
    models = [one for one in things(seen, "sagemaker/model") if one.thing.data.get("ModelName") in wanted]
    started = " ".join(
        text for one in models for key in ("PrimaryContainer", "Containers") for text in texts(one.thing.data.get(key))
    )
    facts = [fact for variant in variants for fact in _accelerator(str(variant.get("InstanceType")), None)][:1]
    facts += _program(started)
    if not facts:
        return None
    endpoint = str(place.thing.data.get("EndpointName") or place.thing.arn.rsplit("/", 1)[-1])
    facts.append(Fact(Eye.BESIDE, "a SageMaker endpoint answers to whoever may invoke it", 0.4))
    roles = tuple(sorted({str(role) for one in models if (role := one.thing.data.get("ExecutionRoleArn"))}))
    return Find(_API, place.thing.arn, (*facts, *hinted(_API, endpoint)), name=endpoint, roles=roles)


def _roles_by_profile(seen: Seen) -> dict[str, str]:
    """The role of each instance profile, by their ARNs."""
    return {
        str(profile["Arn"]): place.thing.arn
        for place in things(seen, "iam/role")
        for profile in listed(place.thing.data.get("InstanceProfileList"))
    }
