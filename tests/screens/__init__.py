"""Photographs of every page, taken in Chromium from a running system with the demonstration zone.

    python -m tests.screens [--into docs/screens] [--chromium PATH]

The system is started as `make run` starts it, in a folder of its own. Every page that can be asked for is reached by
links as a person would reach it; a page that is not reached, that is wider than its window, that writes an error to
the browser's console, or that shows text under 18 px on the handheld, is a fault. Exit 1 if there is one.
"""
