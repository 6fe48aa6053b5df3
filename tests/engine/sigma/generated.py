"""Rules and events drawn at random from one small vocabulary, so that they meet often and nearly meet more often."""

from typing import Any

from hypothesis import strategies as st

TEXTS = [
    "GetObject", "getobject", "PutObject", "Get", "", "a*b", "a?b", "a\\b", "s3.amazonaws.com", "Straße", "STRASSE",
    "true", "443", "10.1.2.3", "2001:db8::1", "2026-11-02T23:30:00Z", "x -enc y", "-a /b", "line\nbreak", "\ud800",
    "\u017f", "R2V0T2JqZWN0", "arn:aws:iam::111122223333:user/get", "get",
]  # fmt: skip
FIELDS = ["eventName", "eventSource", "a", "a.b", "a.b.c", "d", "deep.list.x"]
CONDITIONS = [
    "s1", "not s1", "s1 and s2", "s1 or s2", "s1 and not s2", "not (s1 and s2)", "1 of s*", "all of s*", "1 of them",
    "not 1 of s*", "s1 or not s2 and s3", "(s1 or s2) and not s3",
]  # fmt: skip
TEXT_MODIFIERS = [
    "", "contains", "startswith", "endswith", "all", "contains|all", "cased", "contains|cased", "neq", "windash",
    "windash|contains|all", "base64offset|contains", "base64", "wide|base64", "startswith|neq", "endswith|cased|all",
    "utf16|base64", "utf16be|base64", "wide|base64offset|contains", "utf16le|base64", "contains|windash|neq",
    "endswith|windash", "neq|all", "cased|neq", "contains|all|neq",
]  # fmt: skip
REGEXES = ["Get|Put", "^get", "(a|s3)+", "t$", ".", "line.break", r"\d{3}", "^$", r"a[*?\\]b", "(?i)STRASSE", "[^a-z]"]
REGEX_MODIFIERS = [
    "re", "re|i", "re|s", "re|m|i", "re|startswith", "re|endswith", "re|contains", "re|i|neq", "re|all",
    "re|m|s|all|neq",
]  # fmt: skip
REFERENCES = [
    f"fieldref{where}{neq}" for where in ("", "|contains", "|startswith", "|endswith") for neq in ("", "|neq")
]
KEYWORD_MODIFIERS = ["all", "cased", "contains", "startswith", "endswith", "windash", "base64offset|contains", "neq"]
NETWORKS = ["10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", "::/0"]
NUMBERS = [0, 1, 5, 443, 443.0, -1, 0.5, 2026, 23, 30]
NUMBER_MODIFIERS = ["", "gt", "gte", "lt", "lte", "neq", "hour", "minute|gte", "year", "week|lt", "day|neq", "month|gt"]


def _patterns(texts: list[str]) -> st.SearchStrategy[str]:
    """A text of the vocabulary, or a piece of one between wildcards."""
    whole = st.sampled_from([text for text in texts if text.isprintable()] or ["x"])
    cut = st.tuples(whole, st.integers(0, 8), st.integers(0, 8), st.sampled_from(["", "*", "?", "**"])).map(
        lambda drawn: drawn[0][: drawn[1]] + drawn[3] + drawn[0][drawn[1] + drawn[2] :]
    )
    stars = st.text("ab*?", max_size=6)
    return st.one_of(whole, whole.map(str.swapcase), cut, cut, stars)


def _items(fields: list[str], texts: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    field = st.sampled_from(fields)
    pattern = _patterns(texts)

    def item(modifiers: list[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        names = st.tuples(field, st.sampled_from(modifiers)).map(lambda drawn: "|".join(filter(None, drawn)))
        return st.tuples(names, st.one_of(value, st.lists(value, min_size=1, max_size=3))).map(
            lambda drawn: dict([drawn])
        )

    return st.one_of(
        item(TEXT_MODIFIERS, pattern),
        item(["", "all"], st.one_of(pattern, st.none(), st.booleans(), st.sampled_from(NUMBERS))),
        item(REGEX_MODIFIERS, st.sampled_from(REGEXES)),
        item(["cidr", "cidr|all", "cidr|neq"], st.sampled_from(NETWORKS)),
        item(NUMBER_MODIFIERS, st.sampled_from(NUMBERS)),
        item(["exists"], st.booleans()),
        item(REFERENCES, st.sampled_from(fields)),
        item(["exists", "exists|neq", ""], st.just(False)),
    )


def _selections(fields: list[str], texts: list[str]) -> st.SearchStrategy[Any]:
    merged = st.lists(_items(fields, texts), min_size=1, max_size=3).map(
        lambda items: {name: value for item in items for name, value in item.items()}
    )
    keyword = st.one_of(_patterns(texts), st.sampled_from(NUMBERS), st.booleans())
    keywords = st.one_of(
        st.lists(keyword, min_size=1, max_size=2),
        st.dictionaries(st.just("|all"), st.lists(keyword, min_size=1, max_size=2), min_size=1),
        st.tuples(st.sampled_from(KEYWORD_MODIFIERS), _patterns(texts)).map(lambda drawn: {f"|{drawn[0]}": drawn[1]}),
        st.tuples(st.sampled_from(REGEX_MODIFIERS), st.sampled_from(REGEXES)).map(lambda one: {f"|{one[0]}": one[1]}),
        st.sampled_from(NETWORKS).map(lambda network: {"|cidr": network}),
    )
    return st.one_of(merged, merged, merged, st.lists(merged, min_size=1, max_size=3), keywords)


def rules(fields: list[str] = FIELDS, texts: list[str] = TEXTS) -> st.SearchStrategy[tuple[dict[str, Any], str]]:
    """Three selections and a condition over them."""
    selection = _selections(fields, texts)
    named = st.tuples(selection, selection, selection).map(
        lambda drawn: dict(zip(("s1", "s2", "s3"), drawn, strict=True))
    )
    return st.tuples(named, st.sampled_from(CONDITIONS))


LISTS: dict[str, list[str | int]] = {"names": ["GetObject", "a*b", 443], "one": ["s3.*"], "pieces": ["Get", "t$"]}
"""Placeholders; their values are texts to some modifiers and patterns to others."""


def expanding() -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """A selection with placeholders, and the same with their values written out."""
    name = st.sampled_from(sorted(LISTS))
    piece = st.sampled_from(["", "", "Get", "x-", "*"])
    modifiers = st.sampled_from(
        ["", "|contains", "|startswith", "|cased", "|all|contains", "|neq", "|endswith|neq", "|re"]
    )

    def both(
        field: str, modifier: str, before: str, placeholder: str, after: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        before, after = (part.replace("*", ".") if modifier == "|re" else part for part in (before, after))
        key = f"{field}{modifier}"
        written = [f"{before}{value}{after}" for value in LISTS[placeholder]]
        return {f"{key}|expand": f"{before}%{placeholder}%{after}"}, {key: written}

    return st.tuples(st.sampled_from(FIELDS), modifiers, piece, name, piece).map(lambda drawn: both(*drawn))


def events() -> st.SearchStrategy[dict[str, Any]]:
    """Records in which any type stands anywhere, eventName and eventSource not excepted."""
    scalar = st.one_of(
        st.sampled_from(TEXTS),
        st.sampled_from(TEXTS),
        st.none(),
        st.booleans(),
        st.sampled_from(NUMBERS),
        st.text(max_size=3),
        st.text("ab", max_size=6),
    )
    value = st.recursive(
        scalar,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["b", "c", "x", "list"]), inner, max_size=3)
        ),
        max_leaves=6,
    )
    named = {"eventName": st.sampled_from(TEXTS[:4]), "eventSource": st.just("s3.amazonaws.com")}
    other = {"a": value, "d": value, "deep": value}
    return st.one_of(
        st.fixed_dictionaries(named, optional=other),
        st.fixed_dictionaries({}, optional={"eventName": value, "eventSource": value, **other}),
    )
