"""Everything a site may change without touching code."""
