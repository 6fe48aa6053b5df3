"""A statement is about a request when its action, its resource and every one of its conditions are."""

from stanch.iam.conditions import holds
from stanch.iam.policy import Statement
from stanch.iam.variables import Context, resolve
from stanch.iam.wildcard import match_tokens, match_wildcard


def applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    """Tell whether a statement, whatever its effect and principal, is about this action on this resource.

    A statement without Resource, as in a trust policy, is about the resource that it hangs on.
    """
    return (
        names_action(statement, action)
        and names_resource(statement, resource, context)
        and all(holds(condition, context, variables=statement.variables) for condition in statement.conditions)
    )


def names_action(statement: Statement, action: str) -> bool:
    """Tell whether the action is among the statement's Action, or not among its NotAction."""
    if statement.actions is not None:
        return any(match_wildcard(pattern, action, case_sensitive=False) for pattern in statement.actions)
    return not any(match_wildcard(pattern, action, case_sensitive=False) for pattern in statement.not_actions or ())


def names_resource(statement: Statement, resource: str, context: Context) -> bool:
    """Tell whether the resource is among the statement's Resource, or not among its NotResource."""
    listed = statement.resources if statement.resources is not None else statement.not_resources
    if listed is None:
        return True
    resolved = (resolve(pattern, context, variables=statement.variables) for pattern in listed)
    # A pattern with a variable that has no value equals no resource, and so exempts none either.
    matched = any(pattern is not None and match_tokens(pattern, resource) for pattern in resolved)
    return matched if statement.resources is not None else not matched
