"""Files of what the system knows: Excel and PDF/A, made by the worker with progress and recorded in the audit trail."""
