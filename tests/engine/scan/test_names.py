"""Names that travel together arrive as they were, whatever somebody put into them."""

from hypothesis import given
from hypothesis import strategies as st

from stanch.engine.scan.names import Names, packed, union, unpacked

odd = st.sampled_from(["\0", "a\0b", "", "\ud800", "\udfff\0", "a", "1-of-2", "\0-of-"])
names = st.lists(st.text(max_size=4) | odd, max_size=5)


@given(names)
def test_what_was_packed_comes_back(some: list[str]) -> None:
    assert list(unpacked(packed(some))) == some
    shown = Names(packed(some))
    assert (list(shown), len(shown), bool(shown)) == (some, len(some), bool(some))
    assert [shown[at] for at in range(len(some))] == some
    assert [shown[at - len(some)] for at in range(len(some))] == some
    assert shown == tuple(some)
    assert shown == Names(packed(tuple(some)))
    assert hash(shown) == hash(Names(packed(some)))
    assert all(name in shown for name in some)
    assert ("-of-" in str(shown)) == any("-of-" in name for name in some)


@given(names, names, names)
def test_several_packs_are_the_names_that_are_in_any(one: list[str], two: list[str], three: list[str]) -> None:
    assert list(unpacked(union(map(packed, (one, two, three))))) == sorted({*one, *two, *three})


@given(names, names, st.none() | st.integers(1, 4))
def test_several_packs_are_shown_as_their_union(one: list[str], two: list[str], most: int | None) -> None:
    packs = (packed(sorted({*some})[:most]) for some in (one, two))
    shown, whole = Names(*packs, most=most), sorted({*one, *two})[:most]
    assert bool(shown) == bool(whole)
    assert (list(shown), len(shown)) == (whole, len(whole))


def test_many_names_are_one_text() -> None:
    assert packed(["models/a", "models/b"]) == "models/a\0models/b"
    assert packed([]) == ()
    assert packed([""]) == ("",)
