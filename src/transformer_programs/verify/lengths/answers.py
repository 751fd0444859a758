"""The right answers of the counting tasks, at a place of a word of any length.

The tests hold each against its task's oracle.
"""

from __future__ import annotations

from transformer_programs.tasks import Task
from transformer_programs.tasks.counting import DoubleHist, Hist, MostFreq
from transformer_programs.tasks.sequences import Reverse, Sort
from transformer_programs.tasks.task import BOS
from transformer_programs.verify.lengths.terms import Term, Whole, choose
from transformer_programs.verify.lengths.word import NeedsToken, Place, Word
from transformer_programs.verify.symbolic.logic import CannotProve, either, every

__all__ = ["right_answer"]


def right_answer(task: Task, word: Word, place: Place) -> Term:
    """What a task asks for at the place of a letter.

    Raises:
        CannotProve: a task that is not put into words here.
        NeedsToken: it depends on the letter.
    """
    rank = place.position - word.start
    match task:
        case Hist():
            return Term("whole", word.count[_letter(place)])
        case DoubleHist():
            own = word.count[_letter(place)]
            return Term("whole", sum(choose(word.count[letter] == own, 1, 0) for letter in word.letters))
        case Reverse():
            return Term("text", word.token(word.length - 1 - place.position))
        case Sort():
            return Term("text", _sorted(word, rank))
        case MostFreq():
            return Term("text", _ranked(word, rank))
    raise CannotProve(f"the right answers of {task.name} are not known for words of any length")


def _letter(place: Place) -> str:
    if place.token is None:
        raise NeedsToken
    return place.token


def _sorted(word: Word, rank: Whole) -> Whole:
    """The letter c with: fewer letters are below c than stand up to here, and no fewer are c or below."""
    *lower, highest = word.letters
    upto: Whole = 0
    limits = []
    for letter in lower:
        upto = upto + word.count[letter]
        limits.append(upto)
    answer: Whole = word.code(highest)
    for letter, limit in reversed(list(zip(lower, limits))):
        answer = choose(rank < limit, word.code(letter), answer)
    return answer


def _ranked(word: Word, rank: Whole) -> Whole:
    """The letter that as many come before as stand before here; the start marker where there is none.

    Before a letter come those that occur more often, or as often and first seen earlier. In a stable sort by falling
    frequency a letter stands at the place which is the number of those before it, and no two have the same.
    """
    answer: Whole = word.code(BOS)
    for letter in word.letters:
        count, first = word.count[letter], word.first[letter]
        before: Whole = 0
        for other in word.letters:
            if other != letter:
                more, earlier = word.count[other], word.first[other]
                ahead = either((more > count, every((more == count, earlier < first))))
                before = before + choose(ahead, 1, 0)
        answer = choose(every((count >= 1, before == rank)), word.code(letter), answer)
    return answer
