"""The formats of the length laboratory: against RASP-L programs, and their prompts as users write them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.errors import ConfigError
from transformer_programs.experiments.length import FORMATS
from transformer_programs.experiments.length.reading import read_prompt
from transformer_programs.experiments.length.samples import END, SEP, START
from transformer_programs.rasp.raspl import RaspLSession, generate
from transformer_programs.rasp.raspl.command import report_raspl

PROGRAMS = Path(__file__).parents[2] / "examples" / "raspl"
WITNESSED = [name for name, task in FORMATS.items() if task.witness is not None]
ROOM = 12


def as_raspl(name: str, codes: list[int]) -> list[int]:
    """Codes as the numbers that the programs of examples/raspl use."""
    words = {"START": -1, ":": -4 if "addition" in name else -1, "+": -3, "END": -2, "even": 2, "odd": 3}
    letters = "abcde"
    found = []
    for word in FORMATS[name].text(codes, ROOM).split():
        if word.startswith("#"):
            found.append(20 + int(word[1:]))
        elif word in words:
            found.append(words[word])
        else:
            counted = 20 if name == "mode-scratchpad" else 0
            found.append(letters.index(word) if word in letters else counted + int(word))
    return found if name == "copy-distinct" or codes[0] != START else found[1:]


def in_base(base: int, program: str) -> str:
    """A program for decimal digits, for those of another base."""
    return re.sub(r"\b(9|10)\b", lambda found: str(base - 10 + int(found[0])), program)


@pytest.mark.parametrize("name", WITNESSED)
def test_the_short_program_writes_the_answer(name: str, tmp_path: Path) -> None:
    """The RASP-L program is an oracle written by somebody else, and is as long as the format says."""
    task = FORMATS[name]
    assert task.witness is not None
    session, path = RaspLSession(), tmp_path / f"{task.witness.name}.rasp"
    path.write_text(in_base(task.witness.base, (PROGRAMS / path.name).read_text()))
    session.run_file(path)
    measured = report_raspl(session, "next", path, None)
    assert (measured["nodes"], measured["lines"]) == (task.witness.nodes, task.witness.lines)
    sop, random = session.sop("next").expr, np.random.default_rng(5)
    for _ in range(25):
        prompt, answer = task.sample(random, int(random.integers(1, ROOM + 1)), ROOM)
        assert generate(sop, as_raspl(name, prompt), -2, longest=200) == as_raspl(name, answer[:-1])


@pytest.mark.parametrize("name", FORMATS)
def test_samples_are_well_formed(name: str) -> None:
    task, random = FORMATS[name], np.random.default_rng(1)
    for length in (1, 2, 3, 7, ROOM):
        for _ in range(20):
            prompt, answer = task.sample(random, length, ROOM)
            assert prompt[0] == START
            assert prompt[-1] == SEP
            assert answer[-1] == END
            assert len(prompt) + len(answer) <= task.size(length)
            assert max(*prompt, *answer) < len(task.vocabulary(ROOM))
    with pytest.raises(ConfigError, match="symbols and hints"):
        task.sample(random, ROOM + 1, ROOM)


def whole(sample: tuple[list[int], list[int]]) -> list[int]:
    return [*sample[0], *sample[1]]


@pytest.mark.parametrize(("name", "base"), [("addition", 10), ("ternary-addition", 3)])
def test_sums_are_sums_and_carries_run(name: str, base: int) -> None:
    task, random, chains = FORMATS[name], np.random.default_rng(2), 0
    for _ in range(300):
        words = task.text(whole(task.sample(random, 6, 6)), 6).removeprefix("START ").removesuffix(" END")
        one, two, total = (side.replace(" ", "") for side in words.replace(":", "+").split(" + "))
        assert int(one, base) + int(two, base) == int(total, base)
        assert one[0] == two[0] == "0"
        chains += sum(int(a) + int(b) == base - 1 for a, b in zip(one, two)) >= 3
    assert chains > 40  # one in a hundred pairs would have them by chance


def test_sums_to_practise_have_few_digits_or_all() -> None:
    """Half of them have digits below a random number; those tested have not."""
    task, random = FORMATS["addition"], np.random.default_rng(4)

    def binary(practice: bool) -> int:
        samples = [task.text(task.sample(random, 8, 8, practice=practice)[0], 8).split()[1:-1] for _ in range(400)]
        return sum(set(words) <= {"0", "1", "+"} for words in samples)

    assert 20 < binary(practice=True) < 80  # a twentieth has 0 alone, as many 0 and 1
    assert binary(practice=False) == 0
    plain = FORMATS["sort"]
    assert plain.sample(np.random.default_rng(0), 5, 9, practice=True) == plain.sample(np.random.default_rng(0), 5, 9)


def test_parity_and_mode_are_right() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        words = FORMATS["parity"].text(whole(FORMATS["parity"].sample(random, 9, 9)), 9).split()
        assert words[-2] == str(words[1:10].count("1") % 2)
        words = FORMATS["mode"].text(whole(FORMATS["mode"].sample(random, 9, 9)), 9).split()
        times = [words[1:10].count(letter) for letter in "abcde"]
        assert times.count(max(times)) == 1
        assert words[-2] == "abcde"[times.index(max(times))]
        words = FORMATS["mode-scratchpad"].text(whole(FORMATS["mode-scratchpad"].sample(random, 9, 9)), 9).split()
        pad = [(int(words[i]), words[i + 1]) for i in range(11, 21, 2)]
        assert [count for count, _ in pad] == sorted(words[1:10].count(letter) for letter in "abcde")
        assert all(words[1:10].count(letter) == count for count, letter in pad)


@pytest.mark.parametrize(
    ("name", "prompt", "message"),
    [
        ("addition", "1 2 + 1 2 3", "operands of 2 and 3 digits; expected as many digits in both; write leading zeros"),
        ("addition", "1 2", r"got 0 times '\+'; expected two numbers"),
        ("addition-reversed-hints", "#0 1 + #1 1", "the hints #0 and #1; expected the same hints"),
        ("addition-forward-hints", "#14 1 + #14 1", r"token 1: got '#14'.* #12 #13; .*--test-length"),
        ("parity-scratchpad", "#0 2", "token 2: got '2'"),
        ("sort", "1 2 x", "prompt of sort, token 3: got 'x'; expected one of 0 1"),
        ("mode", " ", "prompt of mode: got nothing"),
        ("mode", "a a a a a a a a a a a a a a a a", "got 18 tokens, markers included; expected less than 16"),
    ],
)
def test_prompts_that_cannot_be_are_refused(name: str, prompt: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_prompt(FORMATS[name], prompt, ROOM)


@pytest.mark.parametrize("name", FORMATS)
def test_prompts_are_read_as_they_are_shown(name: str) -> None:
    prompt, _ = FORMATS[name].sample(np.random.default_rng(6), 5, ROOM)
    text = FORMATS[name].text(prompt, ROOM).removeprefix("START ").removesuffix(" :")
    assert read_prompt(FORMATS[name], text, ROOM) == prompt
