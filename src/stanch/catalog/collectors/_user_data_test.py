"""Tests for what may be kept of user data."""

import base64
import gzip
import json

from stanch.catalog.collectors._user_data import told
from stanch.contracts.collector import UNSEEN

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCRIPT = f"""#!/bin/bash
export AWS_SECRET_ACCESS_KEY={SECRET}
docker run -p 8000:8000 vllm/vllm-openai:v0.11.0 --model /models/llama
"""


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def test_a_script_keeps_its_containers_and_ports_and_loses_its_secrets() -> None:
    kept = told(encoded(SCRIPT))
    assert SECRET not in json.dumps(kept)
    assert "docker run -p 8000:8000 vllm/vllm-openai:v0.11.0 --model /models/llama" in kept["Text"]
    assert kept["Masked"] is True
    assert kept["Length"] == len(SCRIPT)
    assert len(kept["Sha256"]) == 64


def test_a_script_without_a_secret_stays_as_it_is() -> None:
    script = "#!/bin/sh\nollama serve --port 11434\n"
    kept = told(encoded(script))
    assert kept["Text"] == script
    assert kept["Masked"] is False


def test_none_and_a_marker_stay_what_they_are() -> None:
    marker = {UNSEEN: "ec2:DescribeInstanceAttribute: AccessDenied"}
    assert told(None) is None
    assert told("") is None
    assert told(marker) == marker


def test_packed_user_data_is_read_and_the_hash_is_of_what_was_sent() -> None:
    packed = gzip.compress(SCRIPT.encode(), mtime=0)
    kept = told(encoded(packed))
    assert kept["Length"] == len(packed)
    assert "vllm/vllm-openai" in kept["Text"]
    assert SECRET not in kept["Text"]


def test_each_part_of_a_multipart_document_is_read() -> None:
    inner = encoded(SCRIPT)
    mail = (
        'Content-Type: multipart/mixed; boundary="=="\nMIME-Version: 1.0\n\n'
        "--==\nContent-Type: text/cloud-config\n\n#cloud-config\npackages: [docker]\n"
        f"--==\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n{inner}\n--==--\n"
    )
    kept = told(encoded(mail))
    assert "packages: [docker]" in kept["Text"]
    assert "vllm/vllm-openai" in kept["Text"]
    assert SECRET not in kept["Text"]
    assert inner not in kept["Text"]


def test_a_document_nested_without_end_hides_nothing_else() -> None:
    depth = 4000
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(depth))
    kept = told(encoded(gzip.compress((opened + SCRIPT).encode())))
    assert "vllm/vllm-openai" in kept["Text"]
    assert SECRET not in kept["Text"]


def test_a_part_in_another_alphabet_stays_readable() -> None:
    mail = (
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=="\n\n'
        "--==\nContent-Type: text/x-shellscript\n\n# für München: ü, 模型\n--==--\n"
    )
    assert "# für München: ü, 模型" in told(encoded(mail))["Text"]


def test_what_is_no_text_is_told_by_length_and_hash_alone() -> None:
    assert told(encoded(b"\xff\xfe\x00\x01"))["Text"] is None
    assert told(encoded(b"\x1f\x8bnot packed at all"))["Text"] is None


def test_what_unpacks_without_end_is_cut() -> None:
    bomb = gzip.compress(b"a" * (8 << 20))
    assert len(told(encoded(bomb))["Text"]) == 1 << 20


def test_what_is_no_base64_is_taken_as_it_is() -> None:
    assert told("a")["Text"] == "a"
