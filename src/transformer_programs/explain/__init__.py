"""Why a program answers what it answers: attribution, counterfactuals, circuits, coverage. Layer 5."""

from transformer_programs.explain.attribution import Answer, Difference, Explanation, Feature, Head, Variable, explain
from transformer_programs.explain.counterfactual import Change, Changes, changes
from transformer_programs.explain.derivation import Derivation, derive, tree_lines

__all__ = [
    "Answer",
    "Change",
    "Changes",
    "Derivation",
    "Difference",
    "Explanation",
    "Feature",
    "Head",
    "Variable",
    "changes",
    "derive",
    "explain",
    "tree_lines",
]
