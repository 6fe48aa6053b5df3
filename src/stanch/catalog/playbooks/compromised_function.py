"""A function, task or endpoint runs somebody else's code, or lets strangers call it."""

ACTIONS = (
    "function/stop_function",
    "ecs/stop_task",
    "eks/cut_pod_identity",
    "sagemaker/stop_notebook",
    "iam/narrow_trust",
    "iam/revoke_sessions",
    "iam/deactivate_keys",
    "iam/look_again",
)
FOR = ("function", "task", "podidentityassociation", "notebook-instance")
BREAKS = "The function or task does no more work, and its role is refused until it has fresh credentials."
