"""One HTML page in which a program runs and can be looked into. Layer 5."""

from transformer_programs.view.page import render_page

__all__ = ["render_page"]
