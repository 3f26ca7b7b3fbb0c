"""Orders of the trade with abroad: three filings by three parties, and what their agreement comes to."""
