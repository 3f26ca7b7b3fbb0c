"""The wire: one engine that checks, reads and writes every message from its description."""
