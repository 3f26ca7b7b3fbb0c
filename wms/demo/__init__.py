"""A day of the demonstration zone's retail trade, so that a newcomer finds work at every station.

Everything is done as people and customs would do it: papers come by the same door, the floor answers the same
screens. Nothing here writes a table of its own.
"""
