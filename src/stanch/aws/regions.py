"""No service is in every region; where one is not, its name has no address, which looks like a network that is down."""

from functools import cache


@cache
def served(service: str, region: str) -> bool:
    """Whether a service has an endpoint in a region, from the SDK's own data; True for what that does not tell."""
    from botocore.exceptions import UnknownRegionError
    from botocore.session import Session

    session = Session()
    try:
        known = session.get_available_regions(service, session.get_partition_for_region(region))
    except UnknownRegionError:
        return True
    return not known or region in known
