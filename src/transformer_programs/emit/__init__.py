"""Printers, each reading back what it prints. Layer 2."""
