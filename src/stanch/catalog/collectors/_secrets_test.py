"""What looks like a secret, what does not, and that no secret stays in what is kept."""

import base64
import random
import secrets
import string

import pytest

from stanch.catalog.collectors._secrets import arguments, masked, masked_in, sealed, variables, why_secret

AKIA = "AKIA" + "IOSFODNN7EXAMPLE"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"  # gitleaks:allow


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DB_PASSWORD", "hunter2hunter2", "named-so"),
        ("dbPassword", "hunter2hunter2", "named-so"),
        ("PGPASSWORD", "12345678", "named-so"),
        ("HF_TOKEN", "abcdefgh", "named-so"),
        ("SECRET_KEY", "django-insecure", "named-so"),
        ("ANYTHING", "hf_" + "a1B" * 12, "hugging-face-token"),
        ("ANYTHING", "ghp_" + "a1B2" * 9, "github-token"),
        ("ANYTHING", "sk-proj-" + "a1B2" * 9, "model-api-key"),
        ("AWS_ACCESS_KEY_ID", AKIA, "aws-access-key"),
        ("X", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "random"),
        ("DSN", "postgresql://app:s3cr3t@db.internal:5432/app", "url-password"),
        ("CERT", PEM, "private-key"),
        ("SALT", "0f3a9c7be1d2468ace13579bdf02468a", "random"),
    ],
)
def test_a_secret_is_seen_by_its_name_or_its_shape(name: str, value: str, why: str) -> None:
    assert why_secret(value, name) == why


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKENS", "4096"),
        ("TOKENIZER", "meta-llama/Llama-3.1-70B-Instruct"),
        ("TOKENIZER_PATH", "/models/llama"),
        ("SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-a1B2c3"),
        ("DB_PASSWORD", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-a1B2c3"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:db}}"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("DB_PASSWORD", ""),
        ("TOKEN_URL", "https://login.acme.example/oauth2/token"),
        ("API_TOKEN", "https://login.acme.example/oauth2/token"),
        ("USE_AUTH_TOKEN", "true"),
        ("MODEL_URI", "s3://acme-weights/llama-70b-ft/model-00001-of-00042.safetensors"),
        ("ROLE", "prod-inference-ApplicationLoadBalancerAccessRole-1XQ3K2M9ABCDE"),
        ("ROLE", "MyStackApplicationLoadBalancer12AB34CD"),
        ("SUBNET", "subnet-0a1b2c3d4e5f60718"),
        ("REQUEST", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("IMAGE", "111122223333.dkr.ecr.eu-central-1.amazonaws.com/vllm@sha256:" + "0f3a9c7be1d2468a" * 4),
        ("JAVA_OPTS", "-Xmx4096m -XX:+UseG1GC -Dfile.encoding=UTF-8"),
        ("PATH", "/opt/amazon/openmpi/bin:/usr/local/nvidia/bin:/usr/local/cuda-12.4/bin"),
    ],
)
def test_what_is_no_secret_is_left_in_peace(name: str, value: str) -> None:
    assert why_secret(value, name) is None


def test_nearly_every_random_key_is_seen_without_a_name() -> None:
    rolled = random.Random(7)  # noqa: S311 - the same keys in every run
    letters = string.ascii_letters + string.digits
    keys = ["".join(rolled.choices(letters, k=32)) for _ in range(500)]
    assert sum(why_secret(key) == "random" for key in keys) >= 490


def test_of_a_value_its_length_and_hash_are_kept_and_what_it_refers_to() -> None:
    plain = sealed("s3://acme-weights/llama/", "MODEL_URI")
    assert plain["Refers"] == ["s3://acme-weights/llama/"]
    assert plain["LooksSecret"] is None
    assert plain["Length"] == 24
    secret = sealed("hunter2hunter2", "DB_PASSWORD")
    assert len(secret["Sha256"]) == 64
    assert "Refers" not in secret
    assert "hunter2" not in repr(variables({"DB_PASSWORD": "hunter2hunter2"}))


def test_the_same_value_in_two_places_has_the_same_hash() -> None:
    value = secrets.token_urlsafe(32)
    assert sealed(value, "A")["Sha256"] == sealed(value, "B")["Sha256"]


USER_DATA = f"""#!/bin/bash
export HF_TOKEN=abcdefgh1234
export AWS_ACCESS_KEY_ID={AKIA}
export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
export MAX_TOKENS=4096
docker run --gpus all -p 8000:8000 vllm/vllm-openai:v0.6.3 --model s3://acme-weights/llama --api-key hunter2hunter2
psql "postgresql://app:s3cr3tpass@db.internal/app"
password: "correct horse battery"
{PEM}
"""


def test_a_start_script_keeps_its_images_and_ports_and_loses_its_secrets() -> None:
    kept = masked(USER_DATA)
    for secret in ("abcdefgh1234", AKIA, "wJalr", "hunter2", "s3cr3tpass", "correct horse", "MIIEow"):
        assert secret not in kept
    for told in ("-p 8000:8000", "vllm/vllm-openai:v0.6.3", "s3://acme-weights/llama", "MAX_TOKENS=4096", "--gpus all"):
        assert told in kept
    assert "export HF_TOKEN=[masked:named-so:12]" in kept
    assert "[masked:private-key" in kept


def test_masking_twice_changes_nothing_more() -> None:
    assert masked(masked(USER_DATA)) == masked(USER_DATA)


def test_an_image_digest_stays_readable() -> None:
    image = "docker pull vllm@sha256:" + "0f3a9c7be1d2468a" * 4
    assert masked(image) == image


def test_a_long_line_of_text_is_masked_in_one_pass() -> None:
    packed = base64.b64encode(random.Random(7).randbytes(48_000)).decode()  # noqa: S311 - the same in every run
    assert masked(f"echo {packed} | base64 -d") == f"echo [masked:random:{len(packed)}] | base64 -d"


def test_a_secret_after_its_flag_is_masked_in_a_command_line() -> None:
    assert arguments(["serve", "--api-key", "hunter2hunter2", "--port", "8000"]) == [
        "serve",
        "--api-key",
        "[masked:named-so:14]",
        "--port",
        "8000",
    ]
    assert arguments(["--api-key=hunter2hunter2"]) == ["--api-key=[masked:named-so:14]"]


def test_a_document_is_masked_by_its_keys_and_keeps_its_form() -> None:
    document = {"Parameters": {"ApiToken": "hunter2hunter2", "Bucket": "acme"}, "Retry": [{"MaxAttempts": 3}]}
    assert masked_in(document) == {
        "Parameters": {"ApiToken": "[masked:named-so:14]", "Bucket": "acme"},
        "Retry": [{"MaxAttempts": 3}],
    }
