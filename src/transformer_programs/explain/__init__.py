"""Why a program answers what it answers: attribution, counterfactuals, circuits, coverage. Layer 5."""

from transformer_programs.explain.ablation import Effect, Question, ablate
from transformer_programs.explain.answer import Answer, Difference, Feature
from transformer_programs.explain.attribution import Explanation, Head, Variable, explain
from transformer_programs.explain.circuit import (
    Circuit,
    circuit,
    error_question,
    input_question,
    label_question,
)
from transformer_programs.explain.classes import (
    ClassFeature,
    ClassPair,
    WordClass,
    class_features,
    class_pairs,
    word_classes,
)
from transformer_programs.explain.counterfactual import Change, Changes, changes
from transformer_programs.explain.coverage import Coverage, RowTable, coverage
from transformer_programs.explain.derivation import Derivation, derive, tree_lines
from transformer_programs.explain.failures import Failures, Repair, Suspect, failures
from transformer_programs.explain.graph import attention_svg, circuit_svg, program_svg
from transformer_programs.explain.inputs import Inputs, data_inputs, every_input, given_inputs, task_inputs
from transformer_programs.explain.notebook import load_ipython_extension
from transformer_programs.explain.paths import FailingPath, failing_paths
from transformer_programs.explain.reading import Reads, draw_reads, head_reads
from transformer_programs.explain.views import attention_text, tree_text

__all__ = [
    "Answer",
    "Change",
    "Changes",
    "Circuit",
    "ClassFeature",
    "ClassPair",
    "Coverage",
    "Derivation",
    "Difference",
    "Effect",
    "Explanation",
    "FailingPath",
    "Failures",
    "Feature",
    "Head",
    "Inputs",
    "Question",
    "Reads",
    "Repair",
    "RowTable",
    "Suspect",
    "Variable",
    "WordClass",
    "ablate",
    "attention_svg",
    "attention_text",
    "changes",
    "circuit",
    "circuit_svg",
    "class_features",
    "class_pairs",
    "coverage",
    "data_inputs",
    "derive",
    "draw_reads",
    "error_question",
    "every_input",
    "explain",
    "failing_paths",
    "failures",
    "given_inputs",
    "head_reads",
    "input_question",
    "label_question",
    "load_ipython_extension",
    "program_svg",
    "task_inputs",
    "tree_lines",
    "tree_text",
    "word_classes",
]
