from tests.closing_in_memory import ClosingInMemory, Policy
from tests.recorded_aws import ACCOUNT, REGION

KIND = Policy(
    id="ecr/close_registry",
    resource=f"arn:aws:ecr:{REGION}:{ACCOUNT}:registry",
    get="ecr:GetRegistryPolicy",
    put="ecr:PutRegistryPolicy",
    delete="ecr:DeleteRegistryPolicy",
    member="policyText",
    absent="RegistryPolicyNotFoundException",
    grants="ecr:ReplicateImage",
)


class TestClosing(ClosingInMemory):
    kind = KIND
