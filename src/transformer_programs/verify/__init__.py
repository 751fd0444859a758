"""Right on every input, or the smallest input that is wrong: exhaustion, proof, sample. Layer 3."""

from transformer_programs.verify.claims import Claim, holds, read_claim
from transformer_programs.verify.decide import Limits, Method, decide
from transformer_programs.verify.exhaustion import exhaust, on_every_input
from transformer_programs.verify.judge import Agreement, Judge, Keeping, shrunk
from transformer_programs.verify.sampling import sample, upper_bound
from transformer_programs.verify.sides import FunctionSide, ProgramSide, TaskSide, WeightsSide
from transformer_programs.verify.space import WordSpace, program_space, task_space
from transformer_programs.verify.verdict import Counterexample, Verdict

__all__ = [
    "Agreement",
    "Claim",
    "Counterexample",
    "FunctionSide",
    "Judge",
    "Keeping",
    "Limits",
    "Method",
    "ProgramSide",
    "TaskSide",
    "Verdict",
    "WeightsSide",
    "WordSpace",
    "decide",
    "exhaust",
    "holds",
    "on_every_input",
    "program_space",
    "read_claim",
    "sample",
    "shrunk",
    "task_space",
    "upper_bound",
]
