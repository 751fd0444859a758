"""Verification. Layer 3."""
