"""Instants are whole microseconds; one of them stands for never."""

NEVER = 1 << 62  # an instant after all others
