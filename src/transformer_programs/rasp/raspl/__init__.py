"""RASP-L: causal RASP over small whole numbers, for decoders: core and library, the checker, running token by token.

Source: Zhou et al., "What Algorithms can Transformers Learn? A Study in Length Generalization" (arXiv 2310.16028).
"""

from transformer_programs.rasp.raspl.rules import check_rules, size
from transformer_programs.rasp.raspl.session import RaspLSession
from transformer_programs.rasp.raspl.stream import Stream, generate

__all__ = ["RaspLSession", "Stream", "check_rules", "generate", "size"]
