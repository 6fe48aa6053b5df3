"""Four weeks of a gateway's traffic: applications by day, batch jobs by night, a launch, and attacks among them.

A thousand keys belong to some three hundred tenants. Applications follow the sun and the week, each at a pace of its
own that grows by a few percent a week; classifiers ask for one token with logprobs; rankers for those of the prompt;
jobs run at night or on Sundays; people try things. Keys come and go. Applications move to other networks and to other
versions of their client, some open a second network, some report at the month's end; one tenant launches a product.
The same seed gives the same month, day by day, so that processes can make their own days.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from benchmarks.inference_attacks import Attack, planted, strikes
from stanch.domain.inference import Inference

BEGIN = 1_780_272_000  # Monday 1 June 2026, 00:00 UTC
DAYS = 28
LAUNCH = 16
_SERVED = 5
"""One key in so many asks models of our own, whose server logs each call too."""
_KINDS = ("chat", "rag", "classifier", "ranker", "nightly", "weekly", "person", "roaming")
_SHARES = (0.52, 0.12, 0.06, 0.02, 0.06, 0.03, 0.14, 0.05)
_WORDS = re.findall(
    r"\w+",
    "order invoice ticket report customer contract meeting summary answer question price delivery account request "
    "change plan note letter offer product service network server model error release test review table figure week "
    "month team office manager budget forecast risk policy claim patient recipe travel hotel flight garden weather",
)


@dataclass(slots=True)
class Key:
    """One key and what it is for; paces are calls in the busiest hour, days count from the first."""

    number: int
    name: str
    tenant: int
    kind: str
    pace: float
    template: str
    networks: list[str]
    agent: str
    model: str
    begins: int = 0
    ends: int = DAYS
    moves: int = -1
    upgrades: int = -1
    second: int = -1
    zone: int = 0
    answer: int = 250


@dataclass(slots=True)
class Month:
    """The keys, and what is planted among them."""

    seed: int
    keys: list[Key]
    attacks: list[Attack] = field(default_factory=list)


def month(seed: int, keys: int = 1000, strength: float = 1.0) -> Month:
    """The month of this seed; `strength` scales how much each attack does."""
    chance = np.random.default_rng([seed, 1])
    made: list[Key] = []
    tenant = 0
    while len(made) < keys:
        tenant += 1
        size = min(1 + int(chance.pareto(1.2)), 30, keys - len(made))
        template = " ".join(chance.choice(_WORDS, 14))
        network = _network(chance)
        for _ in range(size):
            made.append(_key(chance, len(made), tenant, template if chance.random() < 0.7 else "", network))
    return Month(seed, made, planted(seed, made, strength))


def day(month: Month, number: int) -> Iterator[Inference]:
    """The calls of one day, hour by hour, attacks included."""
    chance = np.random.default_rng([month.seed, 2, number])
    start = BEGIN + number * 86_400
    for key in month.keys:
        if key.begins <= number < key.ends:
            yield from _calls(chance, key, number, start)
    for attack in month.attacks:
        yield from strikes(chance, attack, number, start)


def _key(chance: np.random.Generator, number: int, tenant: int, template: str, network: str) -> Key:
    kind = str(chance.choice(_KINDS, p=_SHARES))
    late, early, moves = chance.random() < 0.15, chance.random() < 0.05, chance.random()
    return Key(
        number,
        sha256(f"key {number}".encode()).hexdigest(),
        tenant,
        kind,
        float(np.clip(chance.lognormal(1.6, 1.1), 0.3, 120)),
        template or " ".join(chance.choice(_WORDS, 14)),
        [network] if kind != "roaming" else [_network(chance) for _ in range(40)],
        f"{chance.choice(['openai-python', 'langchain', 'litellm', 'node-fetch', 'okhttp', 'go-http'])}/"
        f"{chance.integers(1, 4)}.{chance.integers(0, 30)}",
        str(chance.choice(["llama-70b", "llama-8b", "qwen-32b", "mistral-24b"])),
        begins=int(chance.integers(1, DAYS)) if late else 0,
        ends=int(chance.integers(10, DAYS)) if early else DAYS,
        moves=int(chance.integers(7, DAYS)) if moves < 0.06 else -1,
        upgrades=int(chance.integers(3, DAYS)) if 0.06 <= moves < 0.26 else -1,
        second=int(chance.integers(7, DAYS)) if 0.26 <= moves < 0.262 else -1,
        zone=int(chance.choice([-6, 0, 0, 0, 1, 1, 8])),
        answer=int(np.clip(chance.lognormal(5.3, 0.6), 20, 1500)),
    )


def _network(chance: np.random.Generator) -> str:
    return str(ipaddress.ip_address(int(chance.integers(0x0B000000, 0xDF000000)) & 0xFFFFFF00))


def _rates(key: Key, number: int, chance: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Calls expected in each hour of a day."""
    hours = (np.arange(24) + key.zone) % 24
    weekday = number % 7
    if key.kind == "nightly":
        rates = np.where((hours >= 1) & (hours < 4), key.pace * 4, 0.0)
    elif key.kind == "weekly":
        rates = np.where((hours >= 2) & (hours < 9), key.pace * 8 * (weekday == 6), 0.0)
    else:
        rates = key.pace * np.exp(-(((hours - 14.0) / 4.5) ** 2))
        rates = rates * (0.25 if weekday >= 5 and key.kind != "roaming" else 1.0)
    rates = rates * (1.03 ** (number / 7)) * float(chance.lognormal(0, 0.2))
    if key.kind == "person":
        rates = rates * (2.0 if chance.random() < 0.3 else 0.1)
    if number == LAUNCH:
        rates = rates * (8.0 if key.tenant == 7 else 2.5 if key.tenant % 3 == 0 else 1.0)
    if number == DAYS - 1 and key.number % 50 == 0:
        rates = rates * 2.5
    return np.asarray(rates, np.float64)


def _calls(chance: np.random.Generator, key: Key, number: int, start: int) -> Iterator[Inference]:
    counts = chance.poisson(_rates(key, number, chance))
    agent = key.agent + ".1" if 0 <= key.upgrades <= number else key.agent
    networks = key.networks
    if 0 <= key.moves <= number:
        networks = [_moved(key, 1)]
    elif 0 <= key.second <= number:
        networks = [*networks, _moved(key, 2)]
    for hour, count in enumerate(counts):
        if not count:
            continue
        times = start + hour * 3600 + np.sort(chance.integers(0, 3600, count))
        lengths = np.maximum(1, chance.poisson(key.answer, count) + chance.integers(-20, 20, count))
        words = chance.integers(0, len(_WORDS), (count, 6))
        odd = chance.random(count)
        for place, (when, out) in enumerate(zip(times.tolist(), lengths.tolist(), strict=True)):
            network = networks[(hour + place) % len(networks)]
            text = " ".join(_WORDS[word] for word in words[place])
            call = _call(key, when, out, network, agent, text, float(odd[place]), place)
            yield call
            if key.number % _SERVED == 0:
                yield _served(call)


def _served(call: Inference) -> Inference:
    """The line of the server behind the gateway about the same call."""
    return Inference(
        call.time + 1, "vllm", "", call.request, operation="chat", tokens_in=call.tokens_in, tokens_out=call.tokens_out
    )


def _moved(key: Key, step: int) -> str:
    first = int(sha256(f"{key.name} {step}".encode()).hexdigest()[:6], 16)
    return str(ipaddress.ip_address(0x20000000 + first * 256))


def _call(key: Key, when: int, out: int, network: str, agent: str, text: str, odd: float, place: int) -> Inference:
    more: dict[str, Any] = {}
    answer = f"The {text} is as you asked."
    if key.kind == "rag":
        more = {"asked": 8}
    elif key.kind == "classifier":
        out, more = 1, {"logprobs": 2, "max_tokens": 1, "biases": 2, "bias_tokens": ("9642", "2822"), "first_ms": 30.0}
    elif key.kind == "ranker":
        out, more = 1, {"prompt_logprobs": 0, "max_tokens": 1}
    elif odd < 0.004:
        answer += " LEAK:personal/mail"
    elif odd < 0.00401:
        answer += " LEAK:secret/aws-access-key"
    status = 200
    if odd > 0.995:
        status, out, answer = 500, 0, ""
    elif odd > 0.9945:
        status, out, answer, more = 404, 0, "", {"model": f"{key.model}-{place % 2}"}
    called = Inference(
        time=float(when),
        log="litellm",
        file="",
        request=f"{key.number}-{when}-{place}",
        key=key.name,
        tenant=f"team-{key.tenant}",
        address=network[:-1] + str(1 + place % 9),
        agent=agent,
        model=key.model,
        operation="chat",
        tokens_in=60 + 7 * len(text) % 50,
        tokens_out=out,
        status=status,
        cost=out * 2e-6,
        region="eu-central-1",
        home="eu-central-1",
        prompt=f"{key.template}\nUser: {text} {place}",
        answer=answer,
    )
    return called._replace(**more)
