"""The side of an address by sorted ranges is what asking each network in turn would say."""

import ipaddress
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.domain.estate import Network, Perimeter, Side
from stanch.engine.flows import Sides

V4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)
NETWORKS = st.one_of(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(lambda it: ip_network(it, strict=False)),
    st.tuples(st.integers(2**127, 2**128 - 1), st.integers(0, 128)).map(lambda it: ip_network(it, strict=False)),
)


@given(st.lists(NETWORKS, min_size=1, max_size=8), st.one_of(V4, V6), st.data())
def test_agrees_with_asking_each_network(
    networks: list[Network], address: ipaddress.IPv4Address | ipaddress.IPv6Address, data: st.DataObject
) -> None:
    near = data.draw(st.sampled_from([address, *(net[0] for net in networks), *(net[-1] for net in networks)]))
    if isinstance(near, ipaddress.IPv6Address) and near.ipv4_mapped:
        near = near.ipv4_mapped
    perimeter = Perimeter(networks=tuple(networks))
    stays = near.is_link_local or near.is_loopback or near.is_multicast or near.is_unspecified or near.is_reserved
    if not stays and near not in ip_network("0.0.0.0/8") and near not in ip_network("224.0.0.0/3"):
        assert Sides(perimeter).of(str(near)) is perimeter.network(str(near))


@pytest.mark.parametrize("address", ["10.1.2.3", "100.64.0.1", "172.31.0.1", "fd00::1", "fe80::1", "169.254.1.1"])
def test_without_networks_a_private_address_is_inside(address: str) -> None:
    assert Sides(Perimeter()).of(address) is Side.INSIDE


@pytest.mark.parametrize("address", ["203.0.113.9", "172.32.0.1", "2001:db8::1", "::ffff:203.0.113.9"])
def test_without_networks_a_public_address_may_be_ours(address: str) -> None:
    assert Sides(Perimeter()).of(address) is Side.UNKNOWN


def test_with_networks_a_private_address_that_is_not_in_them_is_outside() -> None:
    sides = Sides(Perimeter(networks=(ip_network("10.0.0.0/8"),)))
    assert [sides.of(each) for each in ("10.0.0.1", "192.168.0.1")] == [Side.INSIDE, Side.OUTSIDE]


@pytest.mark.parametrize("text", ["", "-", "10.0.0", "10.0.0.256", "1; DROP", "\0", "٣.1.1.1"])
def test_what_is_no_address_has_no_side(text: str) -> None:
    assert Sides(Perimeter()).of(text) is None
