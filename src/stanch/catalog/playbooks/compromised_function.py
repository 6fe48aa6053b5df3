"""A function, task or endpoint runs somebody else's code, or lets strangers call it."""

ACTIONS = (
    "function/stop_function",
    "ecs/hold_service",
    "ecs/stop_task",
    "sagemaker/stop_endpoint",
    "sagemaker/stop_notebook",
    "eks/cut_pod_identity",
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "iam/look_again",
)
FOR = ("function", "service", "task", "endpoint", "podidentityassociation", "notebook-instance")
BREAKS = "The function or task does no more work, and its role is refused until it has fresh credentials."
