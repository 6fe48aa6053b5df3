"""A statement is about a request when its action, its resource and every one of its conditions are."""

from stanch.iam.policy import Statement
from stanch.iam.variables import Context


def applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    """Tell whether a statement, whatever its effect and principal, is about this action on this resource.

    A statement without Resource, as in a trust policy, is about the resource that it hangs on.
    """
    return statement.clause.names_action(action.lower()) and statement.clause.holds(resource, context)


def names_action(statement: Statement, action: str) -> bool:
    """Tell whether the action is among the statement's Action, or not among its NotAction."""
    return statement.clause.names_action(action.lower())


def names_resource(statement: Statement, resource: str, context: Context) -> bool:
    """Tell whether the resource is among the statement's Resource, or not among its NotResource."""
    return statement.clause.names_resource(resource, context)
