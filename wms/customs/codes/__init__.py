"""Customs' code tables in words, in our own writing; see ``tables``."""
