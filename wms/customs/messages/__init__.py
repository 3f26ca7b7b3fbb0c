"""Single-window messages: bytes in, typed records out, and back.

Pure: no database, no clock, no network. ``door.read_message`` is the only way in, ``door.write_message`` the
only way out; the packages ``ceb`` (cross-border retail) and ``jg2`` (special zone) describe the messages,
``wire`` is the engine that checks, reads and writes from those descriptions.
"""
