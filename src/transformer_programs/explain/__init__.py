"""Why a program answers what it answers: attribution, counterfactuals, circuits, coverage. Layer 5."""

from transformer_programs.explain.attribution import Answer, Difference, Explanation, Feature, Head, Variable, explain
from transformer_programs.explain.counterfactual import Change, Changes, changes
from transformer_programs.explain.coverage import Coverage, RowTable, coverage
from transformer_programs.explain.derivation import Derivation, derive, tree_lines
from transformer_programs.explain.failures import Failures, Repair, Suspect, failures
from transformer_programs.explain.inputs import Inputs, data_inputs, every_input, given_inputs, task_inputs
from transformer_programs.explain.paths import FailingPath, failing_paths

__all__ = [
    "Answer",
    "Change",
    "Changes",
    "Coverage",
    "Derivation",
    "Difference",
    "Explanation",
    "FailingPath",
    "Failures",
    "Feature",
    "Head",
    "Inputs",
    "Repair",
    "RowTable",
    "Suspect",
    "Variable",
    "changes",
    "coverage",
    "data_inputs",
    "derive",
    "every_input",
    "explain",
    "failing_paths",
    "failures",
    "given_inputs",
    "task_inputs",
    "tree_lines",
]
