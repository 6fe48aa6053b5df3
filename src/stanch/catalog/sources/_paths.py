"""Inference servers and vector stores share a few paths: what was asked for shows in the path, whoever serves it.

OpenAI's paths are those of vLLM, TGI, llama.cpp and most gateways; Ollama, Anthropic, Bedrock, TGI and SageMaker have
their own. Of vector stores: Qdrant, Chroma, Milvus, Weaviate, Pinecone, OpenSearch, and OpenAI's.
"""

import re
from functools import lru_cache

_ENDS = {
    "chat": (
        "/chat/completions", "/messages", "/responses", "/api/chat", "/converse", "/converse-stream", "/apply-template",
        "/chat",
    ),
    "completion": (
        "/completions", "/completion", "/api/generate", "/generate", "/generate_stream", "/infill", "/invocations",
        "/invoke", "/invoke-with-response-stream",
    ),
    "embedding": ("/embeddings", "/embedding", "/api/embed", "/embed", "/pooling"),
    "list": ("/models", "/api/tags", "/api/ps", "/api/show", "/lora-adapters", "/props", "/slots", "/model/info"),
    "retrieval": (
        "/points", "/points/scroll", "/points/search", "/points/search/batch", "/points/query", "/points/query/batch",
        "/points/recommend", "/points/query/groups", "/points/search/groups", "/entities/search", "/entities/query",
        "/entities/get", "/entities/hybrid_search", "/vectors/fetch", "/vectors/list", "/query", "/_search",
        "/_msearch", "/_search/scroll", "/v1/graphql", "/v1/objects",
    ),
    "other": (
        "/tokenize", "/detokenize", "/load_lora_adapter", "/unload_lora_adapter", "/rerank", "/score", "/classify",
        "/api/pull", "/api/push", "/api/copy", "/api/create", "/audio/transcriptions", "/images/generations",
    ),
}  # fmt: skip
_BY_END = {end: operation for operation, ends in _ENDS.items() for end in ends}
_DEEPEST = max(end.count("/") for end in _BY_END)
_LONGEST = 1024
"""Characters of a path's end that are looked at."""
_INSIDE = (
    (re.compile(r"/v1/models/[^/]"), "list"),
    (re.compile(r"/vector_stores/[^/]+/search$"), "retrieval"),
    (re.compile(r"/collections/[^/]+/(?:points/[^/]+|snapshots(?:/.*)?|get|query)$"), "retrieval"),
)


def operation_of(path: str) -> str:
    """What a request for this path asks of a model or a vector store; "" for any other path."""
    bare = path.partition("?")[0].partition("#")[0].rstrip("/")
    if "://" in bare:
        bare = "/" + bare.partition("://")[2].partition("/")[2]
    return _known(bare[-_LONGEST:])


@lru_cache(maxsize=1 << 12)
def _known(path: str) -> str:
    parts = path.split("/")
    for length in range(min(_DEEPEST, len(parts) - 1), 0, -1):
        found = _BY_END.get("/" + "/".join(parts[-length:]))
        if found:
            return found
    return next((operation for pattern, operation in _INSIDE if pattern.search(path)), "")
