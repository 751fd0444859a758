"""Shorter programs: equal on every input, or at a stated price. Layer 4.

`passes` hold what is exact by construction, for any program. Here are the steps that need inputs to judge by: proposals
of shorter programs, kept where no asked answer changes on any input (exact), or where the accuracy that is lost stays
within what is allowed (lossy).
"""

from transformer_programs.simplify.inputs import Inputs, data_inputs, space_inputs, task_inputs
from transformer_programs.simplify.search import Found, Limits, Shortening, shorten
from transformer_programs.simplify.sizes import Sizes, sizes

__all__ = [
    "Found",
    "Inputs",
    "Limits",
    "Shortening",
    "Sizes",
    "data_inputs",
    "shorten",
    "sizes",
    "space_inputs",
    "task_inputs",
]
