"""Plans of transport: intermodal itineraries, first and last mile rounds, fixed-charge design.

Knows nothing of warehouses, databases or Flask. Everything here takes plain values and returns
plain values; ``python -m routing`` is the same functions behind a command line.
"""
