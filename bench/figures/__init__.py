"""Figures: the only files that know matplotlib."""
