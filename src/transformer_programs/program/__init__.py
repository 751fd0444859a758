"""The program: values and domains, nodes, semantics, traversal, well-formedness, versioned JSON. Layer 1.

Imports the standard library only.
"""

from transformer_programs.program.check import check
from transformer_programs.program.domains import Anything, Domain, Finite, Integers, domains, read_domain, value_order
from transformer_programs.program.nodes import *  # noqa: F403
from transformer_programs.program.nodes import __all__ as _nodes
from transformer_programs.program.program import Frame, Program, Step
from transformer_programs.program.serial import dumps, load, loads
from transformer_programs.program.traversal import references, rename, selector_of

__all__ = sorted(
    [
        *_nodes,
        "Anything",
        "Domain",
        "Finite",
        "Frame",
        "Integers",
        "Program",
        "Step",
        "check",
        "domains",
        "dumps",
        "load",
        "loads",
        "read_domain",
        "references",
        "rename",
        "selector_of",
        "value_order",
    ]
)
