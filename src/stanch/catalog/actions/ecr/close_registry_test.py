from tests.closing_in_memory import ClosingInMemory, Policy
from tests.recorded_aws import ACCOUNT, REGION

ID = "ecr/close_registry"
KIND = Policy(
    id=ID,
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
