"""Pages for declarants, the gate and customs officers."""
