"""One call of a model, in whatever dialect its gateway, server or provider logged it."""

from typing import Any, NamedTuple

NOT_TOLD = -1
"""A count, size or duration that the log does not tell: never the same as none."""


class Inference(NamedTuple):
    """One call. A text that is not told is "", a number NOT_TOLD, whether said to be or left out.

    `time` is seconds since the epoch. `request` is the id by which a gateway's line and the server's are one call.
    `key` stands for the credential: a hash as the gateway keeps it, an ARN for Bedrock; never the credential itself.
    `tenant` is the team or organisation, `user` the end user as the caller names him. `operation` is `chat`,
    `completion`, `embedding`, `retrieval`, `list` (of models or adapters) or `other`.

    Tokens are counts; `cached` are input tokens that came from a prefix cache. `logprobs` is k of the top-k asked for
    (0: asked for without k), `prompt_logprobs` the same on the prompt, `biases` how many tokens were biased, of which
    `bias_tokens` are some. `asked` is how many results a retrieval asked for. `first_ms` is the time to the first
    token, `total_ms` to the last. `region` is where it ran, which is not always where it was asked for (`home`).

    `prompt` and `answer` are personal data: whoever reads a log hands them on to be weighed, and keeps their features
    alone. So is `system`, what the application told the model before. `prompt_ref` and `answer_ref` say where they lie
    instead. They are never printed.
    """

    time: float
    log: str
    file: str
    request: str = ""
    key: str = ""
    tenant: str = ""
    user: str = ""
    address: str = ""
    agent: str = ""
    model: str = ""
    adapter: str = ""
    operation: str = "other"
    tokens_in: int = NOT_TOLD
    tokens_out: int = NOT_TOLD
    cached: int = NOT_TOLD
    max_tokens: int = NOT_TOLD
    n: int = NOT_TOLD
    temperature: float = NOT_TOLD
    logprobs: int = NOT_TOLD
    prompt_logprobs: int = NOT_TOLD
    biases: int = NOT_TOLD
    bias_tokens: tuple[str, ...] = ()
    asked: int = NOT_TOLD
    embeddings: bool = False
    finish: str = ""
    first_ms: float = NOT_TOLD
    total_ms: float = NOT_TOLD
    status: int = NOT_TOLD
    bytes_in: int = NOT_TOLD
    bytes_out: int = NOT_TOLD
    cost: float = NOT_TOLD
    account: str = ""
    home: str = ""
    region: str = ""
    guardrail: str = ""
    prompt: str = ""
    answer: str = ""
    prompt_ref: str = ""
    answer_ref: str = ""
    extra: dict[str, Any] | None = None
    system: str = ""

    def __repr__(self) -> str:
        """Without prompt, answer and system, which must reach no log, report or error message."""
        return f"Inference({self.log} {self.request or '-'} {self.key or '-'} {self.model or '-'} at {self.time})"
