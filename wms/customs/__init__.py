"""The zone's documents and procedures."""
