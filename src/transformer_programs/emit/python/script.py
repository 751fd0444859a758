"""The parts of a printed file around the program: the check of the input, the vocabulary, and the script.

`checks` opens `run`, `vocabulary_source` stands above it, `script_source` ends the file. The reader compares with the
same texts.
"""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.emit.python.literals import WIDTH, block, filled, is_word
from transformer_programs.emit.python.operators import READINGS
from transformer_programs.program import Program, Reading

__all__ = ["UNKNOWN", "checks", "reading_source", "script_source", "vocabulary_source"]

UNKNOWN = "<unk>"
"""The token that stands for all that the vocabulary does not have."""

SHOWN = 20
"""Tokens that a message quotes."""

BRIEF = 10
"""Programs that take fewer tokens have one check, which fits on a line."""


_PLAIN = Reading()


def reading_source(reading: Reading) -> str:
    """The statement that makes tokens of words, where they are not the same.

    >>> reading_source(Reading(lower=True))
    'tokens = [x.lower() for x in tokens]'
    """
    return f"tokens = [{READINGS[reading.lower, reading.digits]} for x in tokens]"


def checks(vocabulary: Sequence[str] | None, max_length: int | None, reading: Reading = _PLAIN) -> str:
    """The statements that read words as tokens and refuse what the program does not take, or read it as `<unk>`.

    Short inputs of few tokens are quoted whole in one message; otherwise there is one for the length, one for tokens.

    >>> print(checks(("a", "b"), 4))
    if not (0 < len(tokens) <= 4 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 4 of {VOCABULARY}")
    >>> print(checks(("a", "b"), None))
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    """
    listed = vocabulary is not None and UNKNOWN not in vocabulary
    if reading.plain and listed and len(vocabulary or ()) <= SHOWN and max_length is not None and max_length < BRIEF:
        got = f"got {{len(tokens)}} tokens {{tokens[:{SHOWN}]}}"
        return (
            f"if not (0 < len(tokens) <= {max_length} and {{*tokens}} <= {{*VOCABULARY}}):\n"
            f'    raise ValueError(f"{got}; expected 1 to {max_length} of {{VOCABULARY}}")'
        )
    if max_length is None:
        lines = ["if not tokens:", '    raise ValueError("got no tokens; expected at least one")']
    else:
        message = f"got {{len(tokens)}} tokens; expected 1 to {max_length}"
        lines = [f"if not 0 < len(tokens) <= {max_length}:", f'    raise ValueError(f"{message}")']
    if not reading.plain:
        lines.append(reading_source(reading))
    if listed:
        message = f"unknown tokens {{set(tokens) - {{*VOCABULARY}}}}; known: {{VOCABULARY[:{SHOWN}]}}"
        lines += ["if not {*tokens} <= {*VOCABULARY}:", f'    raise ValueError(f"{message}")']
    elif vocabulary is not None:
        lines += [f'tokens = [x if x in VOCABULARY else "{UNKNOWN}" for x in tokens]']
    return "\n".join(lines)


def vocabulary_source(vocabulary: Sequence[str]) -> str:
    """The tokens in order, words in one text, others by themselves: a list, or a set where it has `<unk>`.

    >>> vocabulary_source(("a", "b")), vocabulary_source(("a", "b c", "<unk>"))
    ("'a b'.split()", "{*'a'.split(), 'b c', *'<unk>'.split()}")
    """
    left, right = ("{", "}") if UNKNOWN in vocabulary else ("[", "]")
    runs: list[list[str]] = []
    for token in vocabulary:
        if is_word(token) and runs and is_word(runs[-1][-1]):
            runs[-1].append(token)
        else:
            runs.append([token])
    if len(runs) == 1 and is_word(runs[0][0]):
        return f"set({_words(runs[0])}.split())" if UNKNOWN in vocabulary else f"{_words(runs[0])}.split()"
    parts = [f"*{_words(run)}.split()" if is_word(run[0]) else repr(run[0]) for run in runs]
    return f"{left}{', '.join(parts)}{right}"


def script_source(program: Program) -> str:
    """The part of the file that runs it as a script: the arguments as one sequence, or a line at a time.

    A program that takes any word would read bytes that are no UTF-8, which Python has as half characters, as unknown
    words: its script refuses them. All others refuse them as they refuse every word that they do not know.
    """
    frame, pooled, text = program.frame, program.pooled, program.reading.text
    before, after = ([repr(token) for token in marks] for marks in (frame.before, frame.after))
    answer = "words and run(words)"
    if before:
        own = "" if pooled else f"[{len(before)}:{-len(after) if after else ''}]"
        marked = f"run([{', '.join([*before, '*words', *after])}]){own}"
        plain = f"run(words) if words[:1] == [{before[0]}] else {marked}"
        answer = f"words and ({plain})" if pooled else plain
    loop = "for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):"
    if text:
        cut = (
            f"line.split() if line.split()[:1] == [{before[0]}] else split_text(line)" if before else "split_text(line)"
        )
        loop = f"""for line in [" ".join(sys.argv[1:])] if sys.argv[1:] else sys.stdin:
            words = {cut}"""
    if program.vocabulary is None or UNKNOWN in program.vocabulary:
        loop += f"""
            if odd := [x for x in words if any("\\udc80" <= sign <= "\\udcff" for sign in x)]:
                raise ValueError(f"got bytes that are no text: {{odd[:{SHOWN}]}}; expected UTF-8")"""
    return f"""
if __name__ == "__main__":
    try:
        {loop}
            print(*({answer}))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
"""


def _words(words: Sequence[str]) -> str:
    line = repr(" ".join(words))
    return line if len(line) <= WIDTH - 25 else block(filled(words, WIDTH - 4))
