"""The words stanch thinks in: frozen values, no I/O, the standard library only."""
