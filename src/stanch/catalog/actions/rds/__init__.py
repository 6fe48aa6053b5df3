"""Databases: snapshots that were shared are taken back, exports that run are cancelled."""
