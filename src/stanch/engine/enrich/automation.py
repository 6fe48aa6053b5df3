"""Deployment is automation: pipelines and the services they drive change the same things all day, and say so.

Reads: invokedBy, the web identity provider, and the name of the role. Only detections of everyday churn may lean on it,
and none that a thief of the pipeline itself should pass by. A user with a long-lived key is never deployment, whatever
he is called: such a key is what gets stolen. A session's name, which its opener chooses, proves nothing either.
"""

import re
from collections.abc import Mapping
from typing import Any

from stanch.engine.enrich.caller import Caller
from stanch.engine.untrusted import at, text

_CONSOLE = frozenset({"signin.amazonaws.com", "AWS Internal"})  # a person at the console, not a service
_PROVIDERS = ("token.actions.githubusercontent.com", "gitlab", "bitbucket", "circleci", "buildkite", "spacelift")
_NAMED = re.compile(
    r"(?:^|[-_./@])(?:ci|cicd|cd|cdk|deploy(?:er|ment|ments)?|pipelines?|github(?:actions)?|gitlab|jenkins|terraform"
    r"|tofu|terragrunt|atlantis|spacelift|pulumi|codebuild|codepipeline|codedeploy|cloudformation|cfn|argocd|flux"
    r"|crossplane|buildkite|circleci|bitbucket|actions|runner|release|serverless|automation|iac)(?:$|[-_./@0-9])"
    r"|StackSet|TerraformExec|CICD|GitHubActions|CodeBuild|CodePipeline|CloudFormation"
)
_BUILD = re.compile(r"AWSCodeBuild-[0-9a-f-]{36}")


def service_behind(record: Mapping[str, Any], who: Caller) -> str | None:
    """The AWS service that made the call, for itself or on the caller's behalf; None for the caller's own hand."""
    invoked = text(at(record, "userIdentity", "invokedBy"))
    if invoked and invoked not in _CONSOLE:
        return invoked
    if who.is_aws:
        return who.principal
    source = text(record.get("sourceIPAddress")) or ""
    return source if source.endswith((".amazonaws.com", ".amazonaws.com.cn")) else None


def deploys(record: Mapping[str, Any], who: Caller) -> bool:
    """Whether the caller is, or says it is, the automation that deploys."""
    behind = service_behind(record, who)
    if behind is not None and behind.startswith(("cloudformation.", "codepipeline.", "codedeploy.", "servicecatalog.")):
        return True
    provider = text(at(record, "userIdentity", "sessionContext", "webIdFederationData", "federatedProvider")) or ""
    if any(known in provider for known in _PROVIDERS):
        return True
    return who.type == "AssumedRole" and bool(_NAMED.search(who.name or "") or _BUILD.fullmatch(who.session or ""))
