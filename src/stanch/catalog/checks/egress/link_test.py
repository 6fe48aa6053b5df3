"""How long a theft takes, computed."""

from typing import Any

import pytest

from stanch.catalog.checks.egress._link import Load, in_words, load_of, to_internet


def instance(*peaks: Any, used: int = 1) -> dict[str, Any]:
    """An instance of a type with these network cards, of which it uses some."""
    cards = [{"NetworkCardIndex": index, "PeakBandwidthInGbps": peak} for index, peak in enumerate(peaks)]
    interfaces = [{"Attachment": {"NetworkCardIndex": index}} for index in range(used)]
    return {"NetworkInterfaces": interfaces, "InstanceTypeInfo": {"NetworkInfo": {"NetworkCards": cards}}}


@pytest.mark.parametrize(("cards", "gbits"), [([10.0], 5.0), ([2.5], 2.5), ([100.0], 50.0), ([100.0] * 32, 50.0)])
def test_half_of_the_link_goes_out_or_five_gbits_of_a_small_one(cards: list[float], gbits: float) -> None:
    assert to_internet(instance(*cards)) == gbits


@pytest.mark.parametrize(("cores", "gbits"), [(8, 5.0), (31, 5.0), (32, 12.5), (96, 12.5), (None, 12.5), ("8", 12.5)])
def test_one_with_few_cores_is_held_to_five_gbits(cores: Any, gbits: float) -> None:
    told = instance(25.0)
    told["InstanceTypeInfo"]["VCpuInfo"] = {"DefaultVCpus": cores}
    assert to_internet(told) == gbits


def test_each_card_that_an_interface_uses_adds_to_the_link() -> None:
    assert to_internet(instance(*[100.0] * 32, used=4)) == 200.0


@pytest.mark.parametrize("odd", [{}, {"InstanceTypeInfo": None}, instance("x"), instance()])
def test_a_bandwidth_that_nobody_told_is_none(odd: Any) -> None:
    assert to_internet(odd) is None


def test_seventy_billion_weights_leave_in_two_minutes_at_ten_gbits() -> None:
    assert in_words(Load(140_000_000_000, "the weights"), 10.0) == "the weights (140 GB) in 112 s at 10 Gbit/s"
    assert "19 min at 1 Gbit/s" in in_words(Load(140_000_000_000, "the weights"), 1.0)
    assert "3 h at 0.1 Gbit/s" in in_words(Load(140_000_000_000, "the weights"), 0.1)


def test_without_a_size_or_a_bandwidth_it_says_so() -> None:
    assert "160 s for 100 GB" not in in_words(None, 5.0)
    assert "3 min for 100 GB" in in_words(None, 5.0)
    assert "nobody told" in in_words(Load(1, "x"), None)


def test_what_a_host_holds_is_its_accelerators_memory_or_else_its_disks() -> None:
    gpu = {"InstanceTypeInfo": {"GpuInfo": {"TotalGpuMemoryInMiB": 1024}}}
    assert load_of(gpu, [{"Size": 500}]) == Load(1 << 30, "all that its accelerators' memory holds")
    assert load_of({}, [{"Size": 500}, {"Size": None}]) == Load(500 << 30, "all that its disks hold")
    assert load_of({}, []) is None
