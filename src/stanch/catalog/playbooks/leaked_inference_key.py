"""A key of the inference gateway is used by somebody else than it was given to."""

ACTIONS = ("gateway/block_key",)
FOR = ("gateway-key",)
BREAKS = "Every application that uses the key is refused until it has another one."
