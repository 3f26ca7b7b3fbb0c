"""The acceptance runner: a recorded day through the public doors, compared with its key.

    python -m tests.acceptance DAY [--require section,section:part]

It starts the system as a site would and shares no code with it: what it knows of the system is the command line,
the HTTP API of docs/acceptance-api.md and the handheld's pages. Nothing here knows a number of any day.
"""
