"""Where the pages behind a page of a listing may begin, guessed from its keys.

Keys are taken for numbers whose digits are the letters that differ within the page: counters, dates and
hashes go on as evenly as they came. A guess may be wrong; whoever uses it has to look what is there.
"""

from __future__ import annotations

import string
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

from minio_sdk.wire.quirks import suspicious

_DEPTH = 6
"""Letters, from the first that differs, that make the number."""
_LEFT = 12
"""Letters before it at most that it may carry over to."""
_SAMPLE = 7  # prime to 10 and 16, so that all digits of a counter are met

_ALPHABETS = tuple(
    "".join(sorted(letters))
    for letters in (
        string.digits,
        string.digits + "abcdef",
        string.digits + "ABCDEF",
        string.digits + string.ascii_lowercase,
        string.digits + string.ascii_uppercase,
        string.digits + string.ascii_letters,
    )
)


def beginnings(keys: list[str], prefix: str, most: int) -> Iterator[str]:
    """Keys, in ascending order, behind which a page may begin: so many evenly, then where folders end.

    Args:
        keys: of a page, in the order of bytes.
        prefix: what all keys of the listing begin with.
        most: how many may follow each other evenly.
    """
    last = keys[-1]
    for guess in islice(_evenly(keys), most):
        if _fit(guess, last, prefix):
            yield guess
            last = guess
    end = keys[-1]
    while (slash := end.rfind("/")) > 0:
        end = end[:slash]
        guess = end + "0"  # the letter behind the slash: what isn't in this folder
        if _fit(guess, last, prefix):
            yield guess
            last = guess


def _fit(guess: str, last: str, prefix: str) -> bool:
    """Whether it is behind the last guess, and a key that any server takes."""
    segments = guess.split("/")
    return (
        guess > last
        and guess.startswith(prefix)
        and not suspicious(guess)
        and not ("." in segments or ".." in segments)
    )


def _evenly(keys: list[str]) -> Iterator[str]:
    first, last = keys[0], keys[-1]
    start = next(
        (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first)
    )
    sample = [*keys[::_SAMPLE], last]
    seen = [{key[at] for key in sample if len(key) > at} for at in range(start, start + _DEPTH)]
    alphabet = _alphabet(set().union(*(letters for letters in seen if len(letters) > 1)))
    digits = [alphabet if len(letters) > 1 else "".join(letters) for letters in seen if letters]
    begin = start
    while begin > max(0, start - _LEFT) and last[begin - 1] in alphabet:
        begin -= 1
    digits = [alphabet] * (start - begin) + digits
    at, low = _number(last[begin:], digits), _number(first[begin:], digits)
    # A little less than it was: a page that reaches into the next one shows that nothing is between them.
    step = max(1, (at - low) * len(keys) * 9 // (10 * (len(keys) - 1)))
    if at <= low:
        return
    while (text := _text(at := at + step, digits)) is not None:
        yield last[:begin] + text


def _alphabet(letters: set[str]) -> str:
    for alphabet in _ALPHABETS:
        if letters <= set(alphabet):
            return alphabet
    return "".join(sorted(letters))


def _number(text: str, digits: list[str]) -> int:
    number = 0
    for at, alphabet in enumerate(digits):
        digit = bisect_left(alphabet, text[at]) if at < len(text) else 0
        number = number * len(alphabet) + min(digit, len(alphabet) - 1)
    return number


def _text(number: int, digits: list[str]) -> str | None:
    """The letters of a number; None where there are too few."""
    letters = []
    for alphabet in reversed(digits):
        number, digit = divmod(number, len(alphabet))
        letters.append(alphabet[digit])
    return None if number else "".join(reversed(letters))
