"""What an s-op costs as a Transformer: layers, and heads in each, by the greedy schedule of the paper.

Every s-op is computed in the first layer in which it can be: elementwise operations cost no layer, an aggregation comes
one layer after its values and not before its selector. A layer needs one head for each different selector used in it.

Source: Weiss, Goldberg, Yahav, "Thinking Like Transformers" (ICML 2021), section 4 and appendix C.
"""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.rasp import expression as E

__all__ = ["Cost", "cost", "selectors_of"]


@dataclass(frozen=True, slots=True)
class Cost:
    """Heads of each layer, from the first.

    >>> from transformer_programs.rasp.session import Session
    >>> session = Session()
    >>> session.run("flip = aggregate(select(indices, length - 1 - indices, ==), tokens);")
    >>> print(cost(session.sop("flip").expr))
    2 layers, heads 1, 1
    """

    heads: tuple[int, ...]

    @property
    def layers(self) -> int:
        """How many layers."""
        return len(self.heads)

    def __str__(self) -> str:
        if not self.heads:
            return "0 layers"
        return f"{self.layers} layer{'s' * (self.layers > 1)}, heads {', '.join(map(str, self.heads))}"


def cost(sop: E.Expr) -> Cost:
    """The layers and heads that an s-op needs."""
    layers: dict[int, set[E.Expr]] = {}
    for node in E.ordered(sop):
        if node.kind in E.HEADS:
            layers.setdefault(node.layer, set()).update(selectors_of(node))
    return Cost(tuple(len(layers.get(i, ())) for i in range(1, max(layers, default=0) + 1)))


def selectors_of(node: E.Expr) -> tuple[E.Expr, ...]:
    """The attention heads that a node needs: one, but for counting, which the paper does with two.

    The count of `selector` is read off an average over `selector or first` and corrected at position 0 by one over
    `selector and first`. Where the selector selects everything the correction is none.
    """
    selector = node.args[0]
    if node.kind != "width" or selector is E.FULL:
        return (selector,)
    first = E.compare(E.INDICES, "==", E.constant(0))
    return E.select_or(selector, first), E.select_and(selector, first)
