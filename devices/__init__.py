"""The physical world at the edge: scanners, scales, sensors, labels and the site gateway.

Knows nothing of the warehouse's database or pages. `codes` and `labels` are pure and are also used by
the pages above; the rest runs as a process of its own, `python -m devices run`.
"""
