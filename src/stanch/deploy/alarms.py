"""A responder that is broken is silent, as one that has nothing to do: each way to break has an alarm of its own."""

from typing import Any

_FIVE_MINUTES = 300


def alarms() -> dict[str, Any]:
    """The alarms as resources of the template `responder`."""
    dead = {"QueueName": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}
    waiting = {"QueueName": {"Fn::GetAtt": ["Findings", "QueueName"]}}
    workflow = {"StateMachineArn": {"Ref": "Workflow"}}
    found = {
        "FindingsLost": _alarm(
            "a finding could not be handed over: it waits in the dead-letter queue",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            dead,
            statistic="Maximum",
        ),
        "FindingsWait": _alarm(
            "a finding waits for more than ten minutes: the starter does not start",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            waiting,
            statistic="Maximum",
            above=600,
        ),
        "ExecutionStuck": _alarm(
            "an execution took longer than any answer may take",
            "AWS/States",
            "ExecutionTime",
            workflow,
            statistic="Maximum",
            above={"Fn::Sub": "${StuckAfterSeconds}000"},
        ),
    }
    for ended in ("Failed", "TimedOut", "Aborted"):
        found[f"Executions{ended}"] = _alarm(
            f"an incident may not be contained: executions {ended}", "AWS/States", f"Executions{ended}", workflow
        )
    for function in ("Responder", "Starter"):
        where = {"FunctionName": {"Ref": function}}
        for metric in ("Errors", "Throttles"):
            what = f"the {function.lower()} has {metric.lower()}"
            found[f"{function}{metric}"] = _alarm(what, "AWS/Lambda", metric, where)
    return found


def _alarm(
    what: str,
    namespace: str,
    metric: str,
    dimensions: dict[str, Any],
    statistic: str = "Sum",
    above: int | dict[str, str] = 0,
) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": f"stanch - {what}",
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Statistic": statistic,
            "Period": _FIVE_MINUTES,
            "EvaluationPeriods": 1,
            "Threshold": above,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": "Topic"}],
            "OKActions": [{"Ref": "Topic"}],
        },
    }
