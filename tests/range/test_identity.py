"""Who is calling: keys, tokens and signatures."""

from dataclasses import replace

from tests.range.accounts import Account, allow, refused
from tests.range.plain_http import fetch

from stanch.aws import Credentials
from stanch.range.stage import Staged


def test_an_unknown_key_is_refused_in_the_words_of_each_service(staged: Staged) -> None:
    nobody = Credentials("AKIAIOSFODNN7EXAMPLE", "not-a-secret")
    assert refused(lambda: staged.client("sts", nobody).get_caller_identity()) == "InvalidClientTokenId"
    assert refused(lambda: staged.client("iam", nobody).list_users()) == "InvalidClientTokenId"
    assert refused(lambda: staged.client("s3", nobody).list_buckets()) == "InvalidAccessKeyId"
    assert refused(lambda: staged.client("ec2", nobody).describe_instances()) == "AuthFailure"


def test_the_staging_key_of_an_account_no_longer_works_once_the_range_enforces(staged: Staged) -> None:
    root = Credentials(staged.account, "staging")
    assert refused(lambda: staged.client("iam", root).list_users()) == "InvalidClientTokenId"


def test_a_wrong_secret_is_refused(staged: Staged) -> None:
    forged = replace(staged.admin, secret="x" * 40)
    assert refused(lambda: staged.client("iam", forged).list_users()) == "SignatureDoesNotMatch"
    assert refused(lambda: staged.client("s3", forged).list_buckets()) == "SignatureDoesNotMatch"


def test_an_inactive_key_is_refused_and_works_again_once_active(staged: Staged, ours: Account) -> None:
    name, key = ours.user(allow("s3:ListAllMyBuckets"))
    s3 = staged.client("s3", key)
    assert s3.list_buckets()["Buckets"]
    ours.iam.update_access_key(UserName=name, AccessKeyId=key.access_key_id, Status="Inactive")
    assert refused(s3.list_buckets) == "InvalidAccessKeyId"
    ours.iam.update_access_key(UserName=name, AccessKeyId=key.access_key_id, Status="Active")
    assert s3.list_buckets()["Buckets"]


def test_temporary_credentials_need_their_own_token(staged: Staged) -> None:
    session = staged.instance_credentials(staged.host.instance_id)
    assert staged.client("s3", session).list_buckets()["Buckets"]
    assert refused(lambda: staged.client("s3", replace(session, token=None)).list_buckets()) == "InvalidAccessKeyId"
    assert refused(lambda: staged.client("s3", replace(session, token="other")).list_buckets()) == "InvalidAccessKeyId"


def test_sessions_of_a_user_outlive_the_key_that_asked_for_them(staged: Staged, ours: Account) -> None:
    name, key = ours.user(allow("s3:ListAllMyBuckets"))
    session = Credentials.read(staged.client("sts", key).get_session_token()["Credentials"])
    ours.iam.update_access_key(UserName=name, AccessKeyId=key.access_key_id, Status="Inactive")
    assert staged.client("s3", session).list_buckets()["Buckets"]
    assert staged.client("sts", session).get_caller_identity()["Arn"].endswith(f"user/{name}")


def test_a_federated_user_can_do_what_both_the_user_and_the_session_policy_allow(staged: Staged, ours: Account) -> None:
    _, key = ours.user(allow(["s3:ListAllMyBuckets", "iam:ListUsers", "sts:GetFederationToken"]))
    document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    answer = staged.client("sts", key).get_federation_token(Name="guest", Policy=document)
    guest = Credentials.read(answer["Credentials"])
    assert staged.client("s3", guest).list_buckets()["Buckets"]
    assert refused(lambda: staged.client("iam", guest).list_users()) == "AccessDenied"
    assert staged.client("sts", guest).get_caller_identity()["Arn"].endswith(":federated-user/guest")


def test_a_presigned_url_is_decided_as_its_signer(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket()
    name, key = ours.user(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    parameters = {"Bucket": bucket, "Key": "secret.txt"}
    url = staged.client("s3", key).generate_presigned_url("get_object", Params=parameters)
    assert fetch(url) == (200, b"weights")
    assert fetch(url.replace("secret.txt", "other.txt"))[0] == 403
    ours.iam.delete_user_policy(UserName=name, PolicyName="own")
    assert fetch(url)[0] == 403


def test_a_presigned_url_expires(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket()
    parameters = {"Bucket": bucket, "Key": "secret.txt"}
    url = staged.client("s3", ours.admin).generate_presigned_url("get_object", Params=parameters, ExpiresIn=0)
    assert fetch(url)[0] == 403


def test_a_call_without_a_signature_is_refused_outside_s3(staged: Staged) -> None:
    body = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=x&RoleSessionName=y&WebIdentityToken=z"
    assert (
        fetch(f"{staged.range_.endpoint}/", "POST", body, {"Content-Type": "application/x-www-form-urlencoded"})[0]
        == 403
    )


def test_printing_credentials_shows_no_secret(staged: Staged) -> None:
    assert staged.admin.secret not in repr(staged)
    assert str(staged.responder.token) not in repr(staged)
