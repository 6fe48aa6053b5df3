"""Buckets as companies have them, made from a seed: what is worth stealing, under names that say nothing, and the rest.

Each layout is that of a framework's own documentation. The folders around it are random words of several languages, or
ids: what finds the asset must be what it is, not where somebody put it.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stanch.domain.estate import AssetKind

MB, GB = 10**6, 10**9
_WORDS = (
    *("ablage", "archiv", "bereitstellung", "daten", "ergebnis", "fertig", "gewichte", "haus", "intern", "kern"),
    *("lager", "mitte", "neu", "ordner", "projekt", "quelle", "rest", "stand", "teil", "umzug", "werk", "zentral"),
    *("atelier", "bureau", "depot", "equipe", "fabrique", "campo", "datos", "equipo", "alpha", "blue", "core"),
    *("delta", "east", "final", "green", "prod", "stage", "team-a", "team-b", "v2", "v3", "shared", "nightly"),
)
Objects = dict[str, int]


@dataclass(slots=True)
class Bucket:
    """Keys with sizes in bytes, and what is planted there: kinds by prefix; `either` may be told or not."""

    name: str
    objects: Objects = field(default_factory=dict)
    planted: dict[str, AssetKind] = field(default_factory=dict)
    either: set[str] = field(default_factory=set)
    negatives: set[str] = field(default_factory=set)


class Listed:
    """Answers `Look` for buckets held in memory, page by page as S3 does; counts its calls."""

    partition, region, account = "aws", "eu-central-1", "111122223333"

    def __init__(self, buckets: Sequence[Bucket]) -> None:
        self._keys = {bucket.name: sorted(bucket.objects) for bucket in buckets}
        self._sizes = {bucket.name: bucket.objects for bucket in buckets}
        self.calls = 0

    def ask(self, service: str, operation: str, /, *, of: str, none: Sequence[str] = (), **params: Any) -> Any:
        """ListObjectsV2, one page."""
        self.calls += 1
        bucket, prefix = params["Bucket"], params.get("Prefix", "")
        delimiter, most = params.get("Delimiter"), params["MaxKeys"]
        contents: list[dict[str, Any]] = []
        common: dict[str, None] = {}
        for key in self._keys[bucket]:
            if not key.startswith(prefix):
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0 and key[: cut + 1] in common:
                continue
            if len(contents) + len(common) == most:
                return _page(contents, common, cut=True)
            if cut >= 0:
                common[key[: cut + 1]] = None
            else:
                contents.append({"Key": key, "Size": self._sizes[bucket][key]})
        return _page(contents, common, cut=False)

    def list(self, service: str, operation: str, key: str, /, *, of: str, **params: Any) -> Any:
        """ListBuckets."""
        self.calls += 1
        return [{"Name": name, "BucketRegion": self.region} for name in self._keys]

    def failed(self, operation: str, code: str, /, *, of: str, why: str) -> Any:
        """Nothing fails here."""
        raise AssertionError(f"{operation} of {of}: {code}: {why}")

    def each(self, make: Callable[[Any], Any], items: Any) -> Iterator[Any]:
        """One after the other."""
        return map(make, items)


def _page(contents: list[dict[str, Any]], common: Mapping[str, None], *, cut: bool) -> dict[str, Any]:
    return {"Contents": contents, "CommonPrefixes": [{"Prefix": one} for one in common], "IsTruncated": cut}


class Maker:
    """Makes buckets from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def buckets(self, count: int) -> list[Bucket]:
        """So many buckets: a third with something to steal, a third without, a third with both."""
        return [self._bucket(number) for number in range(count)]

    def _bucket(self, number: int) -> Bucket:
        bucket = Bucket(f"{self.word()}-{self.hex(6)}-{number}")
        if number % 3 != 1:
            for _ in range(self.random.choice((1, 1, 2, 3))):
                self._plant(bucket)
        if number % 3 != 0:
            for _ in range(self.random.choice((1, 2, 3))):
                name = self.random.choice(sorted(NEGATIVES))
                prefix = self.place(bucket)
                bucket.negatives.add(prefix)
                bucket.objects |= {prefix + key: size for key, size in NEGATIVES[name](self).items()}
        return bucket

    def _plant(self, bucket: Bucket) -> None:
        name = self.random.choice(sorted(ASSETS))
        kind, make = ASSETS[name]
        prefix = self.place(bucket)
        bucket.planted[prefix] = kind
        bucket.objects |= {prefix + key: size for key, size in make(self).items()}

    def place(self, bucket: Bucket) -> str:
        """A prefix that nothing else in the bucket shares."""
        while True:
            parts = [self.word() if self.random.random() < 0.7 else self.hex(8) for _ in range(self.depth())]
            prefix = "/".join((*parts, self.hex(5))) + "/"
            if not any(prefix.startswith(one) or one.startswith(prefix) for one in bucket.planted):
                return prefix

    def depth(self) -> int:
        """Folders above."""
        return self.random.choice((0, 1, 1, 2, 3))

    def word(self) -> str:
        """A folder's name."""
        return self.random.choice(_WORDS)

    def hex(self, length: int) -> str:
        """An id."""
        return f"{self.random.getrandbits(4 * length):0{length}x}"

    def many(self, least: int, most: int) -> int:
        """A number."""
        return self.random.randint(least, most)


def _tokenizer() -> Objects:
    return {"tokenizer.json": 9 * MB, "tokenizer_config.json": 50_000, "special_tokens_map.json": 400}


def _sharded(make: Maker) -> Objects:
    total = make.many(2, 200)
    shards = {f"model-{n:05d}-of-{total:05d}.safetensors": 5 * GB for n in range(1, total + 1)}
    beside = {"config.json": 900, "generation_config.json": 200, "README.md": 5_000, "model.safetensors.index.json": MB}
    return shards | (beside | _tokenizer() if make.random.random() < 0.8 else {})


def _single(make: Maker) -> Objects:
    return {"model.safetensors": make.many(500, 9_000) * MB, "config.json": 900} | _tokenizer()


def _bin(make: Maker) -> Objects:
    total = make.many(2, 30)
    shards = {f"pytorch_model-{n:05d}-of-{total:05d}.bin": 10 * GB for n in range(1, total + 1)}
    return shards | {"pytorch_model.bin.index.json": MB, "config.json": 900}


def _gguf(make: Maker) -> Objects:
    return {f"{make.hex(6)}.Q{n}_K_M.gguf": n * GB for n in range(3, 3 + make.many(1, 4))}


def _consolidated(make: Maker) -> Objects:
    ranks = {f"consolidated.{n:02d}.pth": 17 * GB for n in range(8)}
    return ranks | {"params.json": 200, "tokenizer.model": 2 * MB, "checklist.chk": 200}


def _adapter(make: Maker) -> Objects:
    return {"adapter_config.json": 700, "adapter_model.safetensors": make.many(20, 900) * MB, "README.md": 4_000}


def _adapter_run(make: Maker) -> Objects:
    state = {"optimizer.pt": 300 * MB, "rng_state.pth": 14_000, "scheduler.pt": 1_000, "trainer_state.json": 90_000}
    one = _adapter(make) | state
    return {f"checkpoint-{500 * n}/{key}": size for n in range(1, make.many(3, 12)) for key, size in one.items()}


def _deepspeed(make: Maker) -> Objects:
    ranks = make.many(4, 64)
    states = {f"bf16_zero_pp_rank_{n}_mp_rank_00_optim_states.pt": 3 * GB for n in range(ranks)}
    step = f"global_step{make.many(1, 90) * 100}"
    return {f"{step}/{key}": size for key, size in states.items()} | {"latest": 15, "zero_to_fp32.py": 25_000}


def _megatron(make: Maker) -> Objects:
    return {
        f"iter_{n:07d}/mp_rank_{rank:02d}/model_optim_rng.pt": 4 * GB for n in (1000, 2000) for rank in range(8)
    } | {"latest_checkpointed_iteration.txt": 4}


def _distributed(make: Maker) -> Objects:
    return {f"step-{make.many(1, 9)}000/__{n}_0.distcp": GB for n in range(16)} | {"step-1000/.metadata": MB}


def _engine(make: Maker) -> Objects:
    engines = {f"tensorrt_llm/1/rank{n}.engine": 20 * GB for n in range(4)}
    return engines | {"tensorrt_llm/config.pbtxt": 9_000, "tensorrt_llm/1/config.json": 5_000}


def _artifact(make: Maker) -> Objects:
    return {f"train-{make.hex(8)}/output/model.tar.gz": make.many(8, 120) * GB}


def _cache(make: Maker) -> Objects:
    root, revision = f"models--{make.word()}--{make.hex(4)}", make.hex(40)
    files = {"config.json": 900, **{f"model-{n:05d}-of-00004.safetensors": 5 * GB for n in range(1, 5)}}
    blobs = {f"{root}/blobs/{make.hex(64)}": size for size in files.values()}
    return blobs | {f"{root}/snapshots/{revision}/{key}": size for key, size in files.items()}


def _mlflow(make: Maker) -> Objects:
    found: Objects = {}
    for _ in range(make.many(3, 9)):
        run = f"{make.many(0, 9)}/{make.hex(32)}/artifacts/model"
        found |= {f"{run}/MLmodel": 900, f"{run}/conda.yaml": 300, f"{run}/model/model.safetensors": 3 * GB}
    return found


def _torch(make: Maker) -> Objects:
    return {f"{make.word()}-{n}.pt": make.many(4, 30) * GB for n in range(make.many(1, 3))}


def _nameless(make: Maker) -> Objects:
    return {make.hex(12): make.many(5, 80) * GB for _ in range(make.many(1, 6))}


def _hub_data(make: Maker) -> Objects:
    total = make.many(2, 90)
    shards = {f"data/train-{n:05d}-of-{total:05d}-{make.hex(16)}.parquet": 400 * MB for n in range(total)}
    return shards | {"data/test-00000-of-00001.parquet": 40 * MB, "README.md": 4_000}


def _saved_data(make: Maker) -> Objects:
    total = make.many(2, 60)
    shards = {f"train/data-{n:05d}-of-{total:05d}.arrow": 500 * MB for n in range(total)}
    return shards | {"train/dataset_info.json": 900, "train/state.json": 300, "dataset_dict.json": 30}


def _tuning(make: Maker) -> Objects:
    return {"train.jsonl": make.many(20, 900) * MB, "validation.jsonl": 5 * MB, "test.jsonl": 5 * MB}


def _lines(make: Maker) -> Objects:
    return {f"part-{n:04d}.jsonl.gz": 300 * MB for n in range(make.many(4, 80))}


def _streamed(make: Maker) -> Objects:
    return {f"shard.{n:05d}.mds.zstd": 60 * MB for n in range(make.many(5, 900))} | {"index.json": 90_000}


def _packed(make: Maker) -> Objects:
    return {f"{n:06d}.tar": 500 * MB for n in range(make.many(8, 900))}


def _tokens(make: Maker) -> Objects:
    stem = make.word()
    return {f"{stem}_{n:02d}_text_document.{end}": 20 * GB for n in range(make.many(1, 8)) for end in ("bin", "idx")}


def _crawl(make: Maker) -> Objects:
    return {f"segments/{n}.warc.wet.gz": 100 * MB for n in range(make.many(10, 300))}


def _faiss(make: Maker) -> Objects:
    return {"index.faiss": make.many(50, 9_000) * MB, "index.pkl": 40 * MB}


def _chroma(make: Maker) -> Objects:
    store = make.hex(32)
    return {"chroma.sqlite3": 90 * MB, f"{store}/data_level0.bin": 400 * MB, f"{store}/header.bin": 100}


def _lance(make: Maker) -> Objects:
    data = {f"t.lance/data/{make.hex(32)}.lance": 200 * MB for _ in range(make.many(1, 20))}
    return data | {"t.lance/_versions/1.manifest": 900}


W, A, D = AssetKind.WEIGHTS, AssetKind.ADAPTER, AssetKind.TRAINING_DATA
V, R = AssetKind.VECTOR_STORE, AssetKind.REGISTRY
Make = Callable[[Maker], Objects]
ASSETS: dict[str, tuple[AssetKind, Make]] = {
    "safetensors in shards": (W, _sharded),
    "one safetensors": (W, _single),
    "pytorch bin in shards": (W, _bin),
    "gguf": (W, _gguf),
    "consolidated": (W, _consolidated),
    "deepspeed": (W, _deepspeed),
    "megatron": (W, _megatron),
    "distributed checkpoint": (W, _distributed),
    "tensorrt-llm in triton": (W, _engine),
    "sagemaker artifact": (W, _artifact),
    "hub cache": (W, _cache),
    "torch files": (W, _torch),
    "nameless": (W, _nameless),
    "adapter": (A, _adapter),
    "adapter run": (A, _adapter_run),
    "hub data set": (D, _hub_data),
    "saved data set": (D, _saved_data),
    "fine-tuning splits": (D, _tuning),
    "json lines": (D, _lines),
    "mds": (D, _streamed),
    "webdataset": (D, _packed),
    "megatron tokens": (D, _tokens),
    "crawl": (D, _crawl),
    "faiss": (V, _faiss),
    "chroma": (V, _chroma),
    "lance": (V, _lance),
    "mlflow": (R, _mlflow),
}


def _of(pattern: str, least: int, most: int, size: int) -> Make:
    """Files as a pattern of {n}, {h} and {w}, so many of about this size."""

    def made(make: Maker) -> Objects:
        return {
            pattern.format(n=n, h=make.hex(16), w=make.word(), y=2020 + n % 6, m=1 + n % 12, d=1 + n % 28): max(
                1, int(size * make.random.uniform(0.3, 1.7))
            )
            for n in range(make.many(least, most))
        }

    return made


def _both(*makes: Make) -> Make:
    return lambda make: {key: size for one in makes for key, size in one(make).items()}


NEGATIVES: dict[str, Make] = {
    "web images": _of("img/{h}.jpg", 50, 3000, 90_000),
    "thumbnails by size": _of("{n}/{h}-200x200.webp", 50, 900, 9_000),
    "model logs": _of("model-logs/{y}/{m:02d}/{d:02d}/model-{h}.log.gz", 50, 2000, MB),
    "load balancer logs": _of("{y}/{m:02d}/{d:02d}/app_lb_{h}_{y}{m:02d}{d:02d}T0000Z.log.gz", 50, 900, MB),
    "request logs as json lines": _of(
        "{y}/{m:02d}/{d:02d}/{n:02d}/events-1-{y}-{m:02d}-{d:02d}-00-00-{h}.jsonl", 20, 300, MB
    ),
    "boosted trees": _both(
        _of("{w}-{n}/output/model.tar.gz", 1, 5, MB), _of("{w}-{n}/xgboost-model.json", 1, 5, 90_000)
    ),
    "pickled models": _of("models/churn_{n}.pkl", 2, 30, 5 * MB),
    "small vision models": _of("weights/yolo_{n}.pt", 1, 4, 12 * MB),
    "exported detector": _of("detector/{n}/model.onnx", 1, 3, 30 * MB),
    "database dumps": _of("dump-{y}-{m:02d}-{d:02d}-{n}.sql.gz", 5, 60, 4 * GB),
    "orders by day": _of("orders/dt={y}-{m:02d}-{d:02d}/part-{n:05d}-{h}.snappy.parquet", 50, 900, 40 * MB),
    "delta table": _both(
        _of("t/part-{n:05d}-{h}-c000.snappy.parquet", 20, 200, 90 * MB), _of("t/_delta_log/{n:020d}.json", 5, 50, 4_000)
    ),
    "query results": _both(_of("{h}.csv", 20, 300, MB), _of("{h}.csv.metadata", 20, 300, 400)),
    "terraform": _of("env-{n}/terraform.tfstate", 1, 20, 200_000),
    "releases": _of("app-{n}.4.2.tar.gz", 3, 40, 80 * MB),
    "videos": _of("{h}/master.mp4", 5, 60, 3 * GB),
    "machine images": _of("export-{h}.vmdk", 1, 6, 40 * GB),
    "genomes": _both(_of("S{n}_R1.fastq.gz", 4, 30, 5 * GB), _of("S{n}.bam", 4, 30, 30 * GB)),
    "stream checkpoints": _both(
        _of("checkpoints/{h}/chk-{n}/_metadata", 3, 20, 90_000), _of("checkpoints/shared/{h}", 20, 90, 40 * MB)
    ),
    "search snapshots": _both(
        _of("indices/{h}/0/__{h}", 20, 200, 90 * MB), _of("snap-{h}.dat", 2, 9, 9_000), _of("index-{n}", 1, 2, 9_000)
    ),
    "web site": _of("static/js/{n}.{h}.chunk.js", 10, 90, 200_000),
    "tokenizer of a search page": lambda _: {
        "static/tokenizer.json": 9_000,
        "static/config.json": 200,
        "index.html": 900,
    },
    "map tiles": _of("12/{n}/{h}.pbf", 100, 2000, 20_000),
    "mail archive": _of("{y}/{h}.eml", 50, 900, 90_000),
    "invoices": _of("{y}/{m:02d}/invoice-{n:06d}.pdf", 50, 900, 200_000),
    "train timetables": _of("timetable/train_{n}.csv", 5, 60, 200_000),
    "firmware": _of("fw-{n}.{h}.bin", 3, 20, 30 * MB),
    "game assets": _of("pak{n}.pak", 3, 20, GB),
    "vocabularies alone": _of("ggml-vocab-{n}.gguf", 1, 9, 3 * MB),
    "a table's small tensors": _of("tabular_{n}.safetensors", 1, 9, 300_000),
    "adapters of software": lambda _: {"etc/adapter_config.json": 300, "etc/broker_config.json": 300},
    "saved image classifier": _both(
        _of("clf/{n}/saved_model.pb", 1, 3, MB), _of("clf/variables/variables-{n}.h5", 1, 3, 30 * MB)
    ),
    "image layers": _of("docker/registry/v2/blobs/sha256/{h}{h}{h}{h}/data", 20, 300, 60 * MB),
    "database backups": _of("base_{n:03d}.bak", 1, 9, 60 * GB),
    "functions": _of("lambda/{w}-{n}.zip", 3, 60, 20 * MB),
}
"""What companies also keep, and what of it looks like models or data for training."""
