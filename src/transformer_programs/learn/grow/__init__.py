"""Constructive learning: functional gradient steps."""
