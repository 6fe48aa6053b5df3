"""CloudTrail names what a call changed under a parameter of the service's own, often only in its answer.

Parameters and answers as CloudTrail writes them; ARNs as the AWS Service Authorization Reference spells them.
"""

from collections.abc import Mapping
from typing import NamedTuple

Place = tuple[str, str]
"""A path that begins with `request` or `answer`, and where its value stands in an ARN.

In the second {r} is the region, {a} the account, {c} the cluster, {v} the value. Without {v} only a whole ARN will do.
"""

HOST = "ec2:{r}:{a}:instance/{v}"
"""An instance."""

_ROLE, _BUCKET = "iam::{a}:role/{v}", "s3:::{v}"
_TASK, _SERVICE = "ecs:{r}:{a}:task/{c}/{v}", "ecs:{r}:{a}:service/{c}/{v}"
_TRAIL = "cloudtrail:{r}:{a}:trail/{v}"
_ANCHOR, _PROFILE = "rolesanywhere:{r}:{a}:trust-anchor/{v}", "rolesanywhere:{r}:{a}:profile/{v}"
_SAML, _OIDC = "iam::{a}:saml-provider/{v}", "iam::{a}:oidc-provider/"


class Named(NamedTuple):
    """One kind of thing: the calls that name it (by how they begin; none is all), and where, the surest place first."""

    calls: tuple[str, ...]
    places: tuple[Place, ...]


NAMED: Mapping[str, tuple[Named, ...]] = {
    "apprunner": (Named((), (("request.instanceConfiguration.instanceRoleArn", _ROLE),)),),
    "backup": (Named((), (("request.backupVaultName", "backup:{r}:{a}:backup-vault:{v}"),)),),
    "bedrock": (Named((), (("answer.jobArn", "bedrock:{r}:{a}:"),)),),
    "cloudtrail": (
        Named(
            ("CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail"),
            (("answer.trailARN", _TRAIL), ("request.name", _TRAIL)),
        ),
        Named(
            ("PutEventSelectors", "PutInsightSelectors"), (("answer.trailARN", _TRAIL), ("request.trailName", _TRAIL))
        ),
    ),
    "codebuild": (
        Named(
            ("StartBuild",),
            (
                ("answer.build.serviceRole", _ROLE),
                ("answer.buildBatch.serviceRole", _ROLE),
                ("request.serviceRoleOverride", _ROLE),
            ),
        ),
    ),
    "datasync": (
        Named((), (("request.taskArn", "datasync:{r}:{a}:task/"), ("answer.taskArn", "datasync:{r}:{a}:task/"))),
    ),
    "ec2": (
        Named(
            (
                "AttachVolume",
                "CreateInstanceExportTask",
                "CreateReplaceRootVolumeTask",
                "CreateRoute",
                "ModifyInstanceAttribute",
                "ModifyInstanceMetadataOptions",
                "ReplaceRoute",
            ),
            (("request.instanceId", HOST),),
        ),
        Named(
            ("AssociateIamInstanceProfile",),
            (
                ("answer.AssociateIamInstanceProfileResponse.iamInstanceProfileAssociation.instanceId", HOST),
                ("request.instanceId", HOST),
            ),
        ),
        Named(
            ("ReplaceIamInstanceProfileAssociation",),
            (("answer.ReplaceIamInstanceProfileAssociationResponse.iamInstanceProfileAssociation.instanceId", HOST),),
        ),
        Named(("ExportImage", "CreateStoreImageTask"), (("request.imageId", "ec2:{r}::image/{v}"),)),
    ),
    "ec2-instance-connect": (Named((), (("request.instanceId", HOST),)),),
    "ecs": (
        Named(("ExecuteCommand",), (("answer.taskArn", _TASK), ("request.task", _TASK))),
        Named(("RunTask", "StartTask"), (("answer.tasks.taskArn", _TASK),)),
        Named(
            ("CreateService", "UpdateService"),
            (("answer.service.serviceArn", _SERVICE), ("request.service", _SERVICE), ("request.serviceName", _SERVICE)),
        ),
        Named(("RegisterTaskDefinition",), (("request.taskRoleArn", _ROLE),)),
        Named(("RunTask", "StartTask"), (("request.overrides.taskRoleArn", _ROLE),)),
        Named(("RunTask", "StartTask"), (("request.overrides.executionRoleArn", _ROLE),)),
    ),
    "eks": (
        Named(
            ("CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"),
            (
                ("answer.association.associationArn", "eks:{r}:{a}:podidentityassociation/{c}/{v}"),
                ("request.associationId", "eks:{r}:{a}:podidentityassociation/{c}/{v}"),
            ),
        ),
        Named(("CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"), (("request.roleArn", _ROLE),)),
        Named(("CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"), (("request.targetRoleArn", _ROLE),)),
    ),
    "glue": (
        Named(("CreateDevEndpoint",), (("request.roleArn", _ROLE),)),
        Named(("CreateJob",), (("request.role", _ROLE),)),
    ),
    "iam": (
        Named((), (("answer.openIDConnectProviderArn", _OIDC), ("request.openIDConnectProviderArn", _OIDC))),
        Named((), (("answer.sAMLProviderArn", _SAML), ("request.sAMLProviderArn", _SAML))),
        Named(("CreateSAMLProvider",), (("request.name", _SAML),)),
    ),
    "kms": (Named((), (("request.keyId", "kms:{r}:{a}:key/{v}"),)),),
    "lambda": (Named((), (("answer.role", _ROLE), ("request.role", _ROLE))),),
    "logs": (
        Named(
            (),
            (
                ("request.logGroupName", "logs:{r}:{a}:log-group:{v}"),
                ("request.logGroupIdentifier", "logs:{r}:{a}:log-group:{v}"),
            ),
        ),
    ),
    "ram": (
        Named(
            (),
            (
                ("request.resourceShareArn", "ram:{r}:{a}:resource-share/"),
                ("answer.resourceShare.resourceShareArn", "ram:{r}:{a}:resource-share/"),
            ),
        ),
    ),
    "rds": (Named(("StartExportTask",), (("request.sourceArn", "rds:{r}:{a}:"),)),),
    "rolesanywhere": (
        Named((), (("answer.trustAnchor.trustAnchorArn", _ANCHOR), ("request.trustAnchorId", _ANCHOR))),
        Named((), (("answer.profile.profileArn", _PROFILE), ("request.profileId", _PROFILE))),
        Named((), (("request.roleArns", _ROLE),)),
    ),
    "s3": (
        Named(
            (
                "PutBucketAnalyticsConfiguration",
                "PutBucketInventoryConfiguration",
                "PutBucketLogging",
                "PutBucketNotification",
                "PutBucketReplication",
            ),
            (("request.bucketName", _BUCKET),),
        ),
        Named(("CreateAccessPoint",), (("request.bucket", _BUCKET),)),
        Named(
            ("CreateJob",),
            (
                ("request.manifestGenerator.s3JobManifestGenerator.sourceBucket", _BUCKET),
                ("request.manifest.location.objectArn", "s3:::"),
            ),
        ),
    ),
    "sagemaker": (
        Named(
            (),
            (
                ("answer.notebookInstanceArn", "sagemaker:{r}:{a}:notebook-instance/{v}"),
                ("request.notebookInstanceName", "sagemaker:{r}:{a}:notebook-instance/{v}"),
            ),
        ),
        Named(
            ("CreateEndpoint", "UpdateEndpoint"),
            (
                ("answer.endpointArn", "sagemaker:{r}:{a}:endpoint/{v}"),
                ("request.endpointName", "sagemaker:{r}:{a}:endpoint/{v}"),
            ),
        ),
        Named(
            (),
            (
                ("answer.modelPackageGroupArn", "sagemaker:{r}:{a}:model-package-group/{v}"),
                ("request.modelPackageGroupName", "sagemaker:{r}:{a}:model-package-group/{v}"),
            ),
        ),
        Named(("CreateNotebookInstance", "UpdateNotebookInstance"), (("request.roleArn", _ROLE),)),
    ),
    "sns": (
        Named((), (("request.topicArn", "sns:{r}:{a}:"),)),
        Named((), (("answer.subscriptionArn", "sns:{r}:{a}:"),)),  # "pending confirmation" until it is confirmed
    ),
    "ssm": (
        Named((), (("request.instanceIds", HOST),)),
        Named((), (("request.instanceId", HOST),)),
        Named((), (("request.target", HOST),)),
    ),
}
"""By service, what its calls change and where they name it."""
