"""Resource shares: what was lent to strangers by AWS RAM is taken back from them."""
