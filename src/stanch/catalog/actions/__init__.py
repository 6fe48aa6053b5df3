"""Actions: one reversible change each, with its plan, its proof and its way back."""
