"""The same hole weighs what lies behind it: on the weights it is worse than on a store of web pages."""

from collections.abc import Sequence

from stanch.domain.estate import Asset, AssetKind, Estate
from stanch.domain.severity import Severity

_DEAR = {
    AssetKind.WEIGHTS,
    AssetKind.ADAPTER,
    AssetKind.TRAINING_DATA,
    AssetKind.REGISTRY,
    AssetKind.INFERENCE_HOST,
    AssetKind.INFERENCE_API,
    AssetKind.VECTOR_STORE,
    AssetKind.EVIDENCE,
}


def weighed(usual: Severity, assets: Sequence[Asset], estate: Estate) -> Severity:
    """The check's severity where something dear is at stake, one less where it is not, or where nobody declared any.

    A decoy has nothing to lose.
    """
    real = [asset for asset in assets if not asset.decoy]
    if any(asset.kind in _DEAR or asset.personal_data for asset in real):
        return usual
    if assets and not real:
        return min(usual, Severity.LOW)
    lowered = usual.lowered()
    # Who has declared what is dear has said that the rest is less so.
    return lowered.lowered() if estate.assets and not real and lowered > Severity.LOW else lowered
