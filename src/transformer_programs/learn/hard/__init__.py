"""Gradient on programs that are discrete in every forward pass."""
