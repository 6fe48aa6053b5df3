"""What looks like a secret, what does not, and that no secret stays in what is kept."""

import base64
import gzip
import random
import secrets
import string
import time
from typing import Any

import pytest

from stanch.domain.masking import DEEPEST, NESTED, arguments, mask, masked, masked_in, masked_surely, sealed, variables
from stanch.domain.secret import why_secret

HUNTER = mask("named-so", "hunter2hunter2")
AKIA = "AKIA" + "IOSFODNN7EXAMPLE"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"  # gitleaks:allow


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DB_PASSWORD", "hunter2hunter2", "named-so"),
        ("dbPassword", "hunter2hunter2", "named-so"),
        ("PGPASSWORD", "12345678", "named-so"),
        ("Datenbank-Passwort", "sommer2026", "named-so"),
        ("mot de passe", "sommer2026", "named-so"),
        ("contraseña", "sommer2026", "named-so"),
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
    assert f"export HF_TOKEN={mask('named-so', 'abcdefgh1234')}" in kept
    assert "[masked:private-key" in kept


def test_masking_twice_changes_nothing_more() -> None:
    assert masked(masked(USER_DATA)) == masked(USER_DATA)


def test_an_image_digest_stays_readable() -> None:
    image = "docker pull vllm@sha256:" + "0f3a9c7be1d2468a" * 4
    assert masked(image) == image


def test_a_long_line_of_text_is_masked_in_one_pass() -> None:
    packed = base64.b64encode(random.Random(7).randbytes(48_000)).decode()  # noqa: S311 - the same in every run
    assert masked(f"echo {packed} | base64 -d") == f"echo {mask('random', packed)} | base64 -d"


def test_a_secret_after_its_flag_is_masked_in_a_command_line() -> None:
    assert arguments(["serve", "--api-key", "hunter2hunter2", "--port", "8000"]) == [
        "serve",
        "--api-key",
        HUNTER,
        "--port",
        "8000",
    ]
    assert arguments(["--api-key=hunter2hunter2"]) == [f"--api-key={HUNTER}"]


def test_a_document_is_masked_by_its_keys_and_keeps_its_form() -> None:
    document = {"Parameters": {"ApiToken": "hunter2hunter2", "Bucket": "acme"}, "Retry": [{"MaxAttempts": 3}]}
    assert masked_in(document) == {
        "Parameters": {"ApiToken": HUNTER, "Bucket": "acme"},
        "Retry": [{"MaxAttempts": 3}],
    }


def test_of_a_secret_its_kind_its_length_and_the_start_of_its_hash_are_surely() -> None:
    assert mask("named-so", "hunter2") == "[masked:named-so:7:f52fbd32b2b3]"
    assert mask("named-so", "hunter3hunter3") != HUNTER, "another secret in its place is seen"


@pytest.mark.parametrize(
    "line",
    [
        'curl -H "Authorization: Bearer {}" https://api.acme.example',
        "curl -H 'Proxy-Authorization: Basic {}'",
        '{{"Authorization": "Bearer {}"}}',
        "the bearer {} of it",
        "curl -u admin:{} https://api.acme.example",
        "curl --user 'admin:{}' https://api.acme.example",
        "mysql -u root -p{} -e 'select 1'",
        "mysqldump --single-transaction -uroot -p'{}' weights",
        "docker login -u AWS -p {} registry.acme.example",
        "echo {} | docker login -u AWS --password-stdin registry.acme.example",
        "printf '{}' | helm registry login --password-stdin registry.acme.example",
        "echo 'root:{}' | sudo chpasswd",
        "chpasswd <<< root:{}",
        "sshpass -p {} ssh host",
        "redis-cli -h db -a {} ping",
        "ldapsearch -D cn=x -w {} -b o=y",
        "machine api.acme.example login bob password {}",
        "machine api.acme.example\n\tlogin bob\n\tpassword {}\n",
        "default login bob password {}",
        "git clone https://bob:{}@git.acme.example/serving.git",
        "mongodb+srv://app:{}@cluster.acme.example/weights",
        "export X_TOKEN={}",
        "set -x HF_TOKEN {}",
        "ENV API_KEY {}",
        "- name: API_KEY\n  value: {}\n",
        '{{"name": "API_KEY", "value": "{}"}}',
        '{{\\"api_key\\": \\"{}\\"}}',
        "<property><password>{}</password></property>",
        "ALTER USER 'app' IDENTIFIED BY '{}';",
        "CREATE ROLE app LOGIN PASSWORD '{}';",
        "requirepass {}",
        "openssl enc -pass pass:{}",
        "aws configure set aws_secret_access_key {}",
        "spring.datasource.password={}",
        "$p = ConvertTo-SecureString '{}' -AsPlainText",
        "net user trainer {} /add",
        "pip install --extra-index-url https://ci:{}@packages.acme.example/simple",
    ],
)
def test_a_secret_is_masked_in_each_way_that_programs_are_told_one(line: str) -> None:
    secret = "Tr0ub4dor3.Staple"
    text = f"#!/bin/sh\n{line.format(secret)}\n"
    kept = masked_surely(text)
    assert secret not in kept
    assert masked_surely(kept) == kept


@pytest.mark.parametrize(
    "line",
    [
        'curl -H "Authorization: Bearer $TOKEN" https://api.acme.example',
        "mysql -u root -p$PASSWORD",
        "export X_TOKEN=$(aws ssm get-parameter --name /serving/token)",
        "docker run -p 8000:8000 vllm/vllm-openai:v0.11.0 --model /models/llama",
        "psql postgresql://app:${DB_PASSWORD}@db.acme.example/app",
        "bearer authentication is required here",
        "docker login -u AWS --password-stdin registry.acme.example",
        "arn:aws:secretsmanager:eu-central-1:111122223333:secret:serving-a1B2c3",
        "arn:*:secretsmanager:*:*:secret:serving",
        "secretsmanager:GetSecretValue",
        "sts:ExternalId",
        "mkdir -p /var/lib/mysql",
        "token.actions.githubusercontent.com:sub",
    ],
)
def test_what_only_names_a_secret_stays_readable(line: str) -> None:
    assert masked_surely(line) == line


def test_what_base64_carries_is_looked_into() -> None:
    script = base64.b64encode(b"#!/bin/sh\nexport HF_TOKEN=zaq12wsx99\n").decode()
    key = base64.b64encode(gzip.compress(PEM.encode(), mtime=0)).decode()
    harmless = base64.b64encode(b"#!/bin/sh\nollama serve --port 11434\n").decode()
    document = f"write_files:\n- encoding: b64\n  content: {script}\n- encoding: gz+b64\n  content: {key}\n"
    kept = masked_surely(f"{document}- encoding: b64\n  content: {harmless}\n")
    assert script not in kept
    assert key not in kept
    assert harmless in kept
    assert sealed(script, "BOOT")["LooksSecret"] in ("encoded", "random")


def test_a_document_that_is_nested_without_end_is_cut() -> None:
    nested: Any = "leaf"
    for _ in range(5000):
        nested = [nested]
    kept, depth = masked_in(nested), 0
    while isinstance(kept, list):
        kept, depth = kept[0], depth + 1
    assert (kept, depth) == (NESTED, DEEPEST)


@pytest.mark.parametrize(
    "word", ["mysql ", "name: ", "machine a login ", "echo -a ", "<pass", "a" * 40, "set -x ", "a:"]
)
def test_a_hostile_text_costs_no_more_than_its_length(word: str) -> None:
    began = time.process_time()
    masked_surely(word * (400_000 // len(word)))
    assert time.process_time() - began < 5
