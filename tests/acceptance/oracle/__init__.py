"""The key of a day, reckoned from its files and written rules alone; shares no code with the system it judges."""
