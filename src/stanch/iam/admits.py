"""A bucket policy, a key policy or a role's trust admits callers: the whole world, named strangers, or only our own.

Where the policy leaves a doubt the wider answer is given. What an identity policy in the caller's own account must
allow besides is not asked: a stranger writes his own.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from stanch.iam.accounts import account_of
from stanch.iam.binding import About, Binding, bind, firm, is_fixed
from stanch.iam.covering import covers, heeded
from stanch.iam.crowd import INSIDE, NOBODY, Crowd, Reach, World, narrowest, union
from stanch.iam.federation import place_federated
from stanch.iam.policy import Condition, Policy, Principal, Statement

_EVERYONE = Principal("AWS", "*")


@dataclass(frozen=True, slots=True)
class Grantees:
    """Whom a policy lets in.

    reach: the widest of all its statements; public > outside > unknown > inside > nobody.
    outside: the accounts, ARNs and organisations let in that are not ours, as the policy names them, sorted.
    unplaced: what only the estate's owner can place: canonical ids, providers, networks, endpoints; sorted.
    statements: positions of the Allow statements that let in the public or someone outside.
    confused_deputies: services let in without a condition on whose behalf they act, sorted.
    """

    reach: Reach
    outside: tuple[str, ...] = ()
    unplaced: tuple[str, ...] = ()
    statements: tuple[int, ...] = ()
    confused_deputies: tuple[str, ...] = ()


def admits(
    policy: Policy | Statement,
    *,
    inside: Callable[[str], bool],
    owner: str | None = None,
    organizations: Collection[str] = (),
) -> Grantees:
    """Say whom a resource or trust policy lets in; of a single statement, what it would alone.

    inside: whether an account id, a VPC id, a VPC endpoint id or a CIDR network is ours.
    owner: the account of the resource. organizations: ids of our AWS organisations.
    """
    world = World(inside, owner, organizations)
    statements = policy.statements if isinstance(policy, Policy) else (policy,)
    denials = heeded(statement for statement in statements if statement.effect == "Deny")
    crowds: dict[int, Crowd] = {}
    deputies: set[str] = set()
    for index, statement in enumerate(statements):
        if statement.effect == "Allow":
            crowds[index] = _admitted(statement, [d for d in denials if covers(d, statement)], world)
            if crowds[index].width:
                deputies.update(_unbound_services(statement, world))
    everyone = union(crowds.values())
    return Grantees(
        reach=everyone.reach,
        outside=tuple(sorted(everyone.outside)),
        unplaced=tuple(sorted(everyone.unplaced)),
        statements=tuple(index for index, crowd in crowds.items() if crowd.reach in ("public", "outside")),
        confused_deputies=tuple(sorted(deputies)),
    )


def is_public(policy: Policy) -> bool:
    """Tell whether S3 would call a bucket policy public (`GetBucketPolicyStatus`, Block Public Access).

    S3 looks at each Allow alone: a Deny beside it, which may make it harmless, does not count. A condition on a value
    with a wildcard or a variable, which may name few enough, does not either.
    """
    return any(admits(_held_to_fixed(s), inside=lambda _: False).reach == "public" for s in policy.statements)


def _held_to_fixed(statement: Statement) -> Statement:
    fixed = tuple(c for c in statement.conditions if is_fixed(c, variables=statement.variables))
    return statement if len(fixed) == len(statement.conditions) else replace(statement, conditions=fixed)


def _admitted(statement: Statement, denials: Sequence[Statement], world: World) -> Crowd:
    bindings = [b for c in firm(statement) if (b := bind(c, world, variables=statement.variables))]
    bindings += [spared for denial in denials if (spared := _spared(denial, world))]
    if statement.not_principals is not None:
        return narrowest(binding.crowd for binding in bindings)
    refused = _refused(denials)
    listed = [p for p in statement.principals or () if not {p.value, account_of(p.value), "*"} & refused]
    return union(_place(principal, statement, bindings, world) for principal in listed)


def _place(principal: Principal, statement: Statement, bindings: Sequence[Binding], world: World) -> Crowd:
    if principal.kind == "AWS":
        if principal.value == "*":
            return narrowest(binding.crowd for binding in bindings)
        crowd = world.place_principal(principal.value)
        account = account_of(principal.value)
        about_caller = [binding for binding in bindings if binding.about == "caller"]
        if any(account and b.accounts is not None and account not in b.accounts for b in about_caller):
            return NOBODY
        return narrowest([crowd, *(binding.crowd for binding in about_caller)])
    if principal.kind == "Service":
        # A service acts for whoever set it up: a fixed source tells for whom, `*` without one is anybody's.
        sources = [binding.crowd for binding in bindings if binding.about == "source"]
        return narrowest(sources) if sources or principal.value == "*" else INSIDE
    if principal.kind == "Federated":
        return place_federated(principal.value, firm(statement))
    return Crowd("unknown", unplaced=frozenset([principal.value]))


def _spared(denial: Statement, world: World) -> Binding | None:
    """Whom a Deny that covers the grant leaves; None when it may leave anyone.

    `Deny * unless PrincipalOrgID is ours` leaves our organisation. It denies when all its conditions hold, so it
    leaves whoever escapes any one of them.
    """
    if denial.not_principals is not None:
        named = (INSIDE if p.kind == "Service" else world.place_principal(p.value) for p in denial.not_principals)
        left = [Binding("caller", union(named))]
    elif _EVERYONE in (denial.principals or ()):
        left = []
    else:
        return None
    for condition in denial.conditions:
        escape = _escape(condition, world, variables=denial.variables)
        if escape is None:
            return None
        left.append(escape)
    # Of a mixed crowd no more may be concluded than of its loosest part.
    about: About = next((binding.about for binding in left if binding.about != "caller"), "caller")
    return Binding(about, union(binding.crowd for binding in left))


def _escape(condition: Condition, world: World, *, variables: bool) -> Binding | None:
    """Who makes one condition of a Deny false; None when anyone can."""
    operator = condition.operator
    if condition.key.lower() == "aws:principalisawsservice":
        spares_services = operator.family == "bool" and [v.lower() for v in condition.values] == ["false"]
        return Binding("caller", INSIDE) if spares_services else None
    if not operator.negated or operator.quantifier == "ForAnyValue":
        return None
    return bind(condition, world, variables=variables)


def _refused(denials: Sequence[Statement]) -> set[str | None]:
    """The principals that unconditional denials name, whole accounts by their id."""
    named = [p.value for d in denials if not d.conditions for p in d.principals or ()]
    return {account_of(name) if name.endswith(":root") else name for name in named} - {None}


def _unbound_services(statement: Statement, world: World) -> list[str]:
    bindings = [bind(condition, world, variables=statement.variables) for condition in firm(statement)]
    if any(binding is not None and binding.about == "source" for binding in bindings):
        return []
    return [principal.value for principal in statement.principals or () if principal.kind == "Service"]
