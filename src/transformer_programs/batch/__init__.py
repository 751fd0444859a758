"""Whole data sets at once over small integers. Layer 3."""
