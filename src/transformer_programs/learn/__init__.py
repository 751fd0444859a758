"""Learners: data in, discrete program out. Layer 4."""
