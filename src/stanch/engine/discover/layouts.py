"""Frameworks put one model into many folders: revisions, checkpoints, versions, partitions. The asset holds them all.

Layouts: the Hugging Face cache (`models--org--name/snapshots/<revision>`), checkpoints by step, MLflow's
`<experiment>/<run>/artifacts`, Triton's `<model>/<version>`, partitions by key or by date, content-addressed stores.
"""

import re

from stanch.domain.estate import AssetKind

_HEX = r"[0-9a-f]{32,64}"
_TAILS = {
    AssetKind.WEIGHTS: (
        r"snapshots/[0-9a-f]{40}",
        r"blobs",
        r"(checkpoint|global_?step|step|epoch|iter)[-_=]?\d+(-(step|epoch)[-_=]?\d+)?",
        r"mp_rank_\d+(_\d+)?|ocdbt\.process_\d+(/d)?",
        r"(checkpoints?|ckpts?|weights|original|pytorch|safetensors|onnx|engines?|rank[-_]?\d+|shards?)",
        r"(unet|vae|text_encoder(_\d)?|transformer)",
        r"\d{1,4}",
    ),
    AssetKind.TRAINING_DATA: (
        r"[^/=]+=[^/]*",
        r"(train|training|valid|validation|val|test|eval|dev|splits?)",
        r"(19|20)\d{2}(/\d{2}){0,3}|(19|20)\d{2}-\d{2}(-\d{2})?|\d{2}",
        r"(data|parts?|shards?|chunks?)([-_]?\d+)?|part-\d+",
        r"(snapshots/[0-9a-f]{40}|blobs)",
    ),
    AssetKind.VECTOR_STORE: (
        r"(files/)?(insert_log|index_files|delta_log|stats_log)(/.*)?",
        r"[^/]+\.lance(/(data|_versions|_transactions|_indices(/[^/]+)?))?",
        _HEX,
    ),
    AssetKind.REGISTRY: (rf"((\d+|{_HEX})/)?(models/m-)?{_HEX}/artifacts(/.*)?",),
}
_TAILS[AssetKind.ADAPTER] = _TAILS[AssetKind.WEIGHTS]
_COMPILED = {
    kind: tuple(re.compile(rf"(?P<root>(.*?/)??)({tail})/", re.IGNORECASE) for tail in tails)
    for kind, tails in _TAILS.items()
}
_TRAINING_RUN = re.compile(r"(.*/)?(checkpoint|global_?step|step|epoch|iter)[-_=]?\d+/", re.IGNORECASE)
_BY_HOUR = re.compile(r".*(19|20)\d{2}/\d{2}/\d{2}/\d{2}/")
_BY_KEY = re.compile(r"(.*/)?[^/=]+=[^/]*/")
_CACHE = re.compile(r"(.*/)?models--[^/]+--[^/]+/(snapshots/[0-9a-f]{40}/.*|blobs/)")
_MLFLOW = re.compile(rf"(.*/)?{_HEX}/artifacts/.*")
_ADDRESSED = re.compile(r"(?P<root>(.*/)?)(md5|sha256)/[0-9a-f]{2}/")
_DELIVERED = re.compile(
    r"(?P<root>(.*/)?AWSLogs/)([^/]+/)?\d{12}/(CloudTrail[^/]*|vpcflowlogs|elasticloadbalancing|Config|GuardDuty|WAFLogs)/.*"
)
_LOG_FOLDER = re.compile(r"(.*/)?([^/]*[-_])?logs?([-_][^/]*)?/.*", re.IGNORECASE)
_MANY_TAILS = 6


def root_of(prefix: str, kind: AssetKind) -> str:
    """The prefix of the whole thing that a folder is part of; the folder itself where no layout is known."""
    for _ in range(_MANY_TAILS):
        found = next(filter(None, (tail.fullmatch(prefix) for tail in _COMPILED.get(kind, ()))), None)
        # A bucket's top says nothing: `checkpoints/` there holds many runs, and is their place.
        if found is None or not (found["root"] or kind is AssetKind.REGISTRY):
            return prefix
        prefix = found["root"]
    return prefix


def is_training_run(prefix: str) -> bool:
    """Whether a folder is one checkpoint of many."""
    return _TRAINING_RUN.fullmatch(prefix) is not None


def is_model_cache(prefix: str) -> bool:
    """Whether a folder is in the cache of a hub's client."""
    return _CACHE.fullmatch(prefix) is not None


def is_mlflow(prefix: str) -> bool:
    """Whether a folder holds artifacts of a run or model of MLflow."""
    return _MLFLOW.fullmatch(prefix) is not None


def addressed_root(prefix: str) -> str | None:
    """The store in which files are called by their hash (DVC, LFS), or None."""
    found = _ADDRESSED.fullmatch(prefix)
    return found["root"] if found else None


def is_partition(prefix: str) -> bool:
    """Whether a folder is a partition by key, as query engines lay tables out."""
    return _BY_KEY.fullmatch(prefix) is not None


def delivery_root(prefix: str) -> str | None:
    """Where AWS delivers logs to, for a folder of such logs; None for another."""
    found = _DELIVERED.fullmatch(prefix)
    return found["root"] if found else None


def is_log_like(prefix: str) -> bool:
    """Whether a folder is laid out or called as logs are."""
    return bool(_LOG_FOLDER.fullmatch(prefix) or _BY_HOUR.fullmatch(prefix))
