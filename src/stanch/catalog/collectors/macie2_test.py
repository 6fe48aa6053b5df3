"""The collector of Macie against recorded answers."""

from typing import Any

from tests.collecting import collected, says, survives_denials, turned
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import macie2
from stanch.contracts.aws import AwsDenied
from stanch.contracts.collector import unseen

HERE = f"arn:aws:macie2:{REGION}:{ACCOUNT}:account"
SESSION = {"status": "ENABLED", "findingPublishingFrequency": "FIFTEEN_MINUTES"}
FILTERS = [{"name": "quiet", "action": "ARCHIVE", "id": "1"}, {"name": "all", "action": "NOOP", "id": "2"}]
JOB = {"jobId": "j1", "jobType": "SCHEDULED", "jobStatus": "IDLE"}


def account(**changes: Any) -> RecordedAws:
    publishing = {"publishClassificationFindings": False, "publishPolicyFindings": True}
    return RecordedAws(
        {
            "macie2:GetMacieSession": says(SESSION),
            "macie2:GetFindingsPublicationConfiguration": says({"securityHubConfiguration": publishing}),
            "macie2:ListFindingsFilters": turned("findingsFilterListItems", "nextToken", "nextToken", FILTERS),
            "macie2:ListClassificationJobs": says({"items": [JOB]}),
            **changes,
        }
    )


def refusing(message: str) -> RecordedAws:
    def refuse(*_: Any) -> None:
        raise AwsDenied("macie2:GetMacieSession", "AccessDeniedException", message)

    return account(**{"macie2:GetMacieSession": refuse})


def test_the_session_is_told_with_its_filters_and_jobs() -> None:
    things, unknowns = collected(macie2, account())
    assert unknowns == []
    assert things[HERE].data == {
        "Session": SESSION,
        "SecurityHub": {"publishClassificationFindings": False, "publishPolicyFindings": True},
        "FindingsFilters": FILTERS,
        "ClassificationJobs": [JOB],
    }


def test_macie_that_is_off_is_none_although_it_answers_as_if_forbidden() -> None:
    things, unknowns = collected(macie2, refusing("Macie is not enabled"))
    assert unknowns == []
    assert things[HERE].data == {"Session": None}


def test_macie_that_may_not_be_asked_is_unseen_and_not_off() -> None:
    things, unknowns = collected(macie2, refusing("User is not authorized to perform: macie2:GetMacieSession"))
    assert unseen(things[HERE].data["Session"])
    assert [unknown.permission for unknown in unknowns] == ["macie2:GetMacieSession"]


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(macie2, account())
