"""Strict JSON: what Python's reader lets pass silently is refused, with its place."""

from __future__ import annotations

import json
import math
import re
import sys
from typing import Any

from workbench.config import LIMITS
from workbench.errors import Problem, SourceError

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|-?(?:\d[\d.eE+-]*|NaN|Infinity)', re.DOTALL)
COLON = re.compile(r"[ \t\r\n]*:")
SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class _OffenceError(ValueError):
    """Something that is JSON to Python, but not here."""


def parse_json(content: bytes, file: str, *, first_line: int = 1) -> Any:
    """Return the value of a JSON text in UTF-8; a byte-order mark is allowed.

    `first_line` is the line of `file` on which the content begins. Raises SourceError with line and
    offset (in characters, from 0) for what is no JSON, keys that stand twice in one object, numbers
    that are not finite or have thousands of digits, values nested deeper than the limit, and strings
    that hold NUL or half of a surrogate pair.
    """
    text = _decoded(content, file, first_line)
    try:
        value = json.loads(
            text, object_pairs_hook=_unique_keys, parse_float=_finite, parse_constant=_no_number
        )
        _check_depth(value)
    except json.JSONDecodeError as error:
        raise _refusal(file, text, error.pos, f"not JSON: {error.msg}", first_line) from error
    except (ValueError, RecursionError) as error:
        # The quick pass says that something is wrong, the slow one what and where.
        offset, message = _find_offence(text) or (0, str(error))
        raise _refusal(file, text, offset, message, first_line) from error
    if SUSPECT_ESCAPE.search(text) and not _is_sound(value) and (found := _find_offence(text)):
        raise _refusal(file, text, *found, first_line)
    return value


def _decoded(content: bytes, file: str, first_line: int) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = first_line + content.count(b"\n", 0, error.start)
        problem = Problem("not-utf-8", f"the byte at offset {error.start} is not UTF-8", line=line)
        raise SourceError(file, [problem], hint="Save the file as UTF-8.") from error


def _refusal(file: str, text: str, offset: int, message: str, first_line: int) -> SourceError:
    line = first_line + text.count("\n", 0, offset)
    return SourceError(file, [Problem("bad-json", f"{message} (at character {offset})", line=line)])


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _OffenceError("a key stands twice in one object")
    return found


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise _OffenceError(f"{digits[:40]} is not finite")
    return number


def _no_number(name: str) -> float:
    raise _OffenceError(f"{name} is not finite")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(LIMITS.json_depth):
        level = [
            item
            for parent in level
            if isinstance(parent, dict | list)
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, dict | list)
        ]
        if not level:
            return
    raise _OffenceError("nested too deep")


def _is_sound(value: Any) -> bool:
    """Tell whether all strings in a value are characters other than NUL."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\0" in item or _half_of_a_pair(item):
                return False
        elif isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return True


def _half_of_a_pair(string: str) -> bool:
    try:
        string.encode()
    except UnicodeEncodeError:
        return True
    return False


def _find_offence(text: str) -> tuple[int, str] | None:
    """Return offset and message of the first offence in a text that is well-formed JSON."""
    keys: list[set[str]] = []  # of the objects around the token; an array has an empty set
    for match in TOKEN.finditer(text):
        token = match.group()
        if token in "{[":
            keys.append(set())
            if len(keys) > LIMITS.json_depth:
                return match.start(), f"nested too deep (more than {LIMITS.json_depth} levels)"
        elif token in "}]":
            keys.pop()
        elif message := _string_offence(token) if token[0] == '"' else _number_offence(token):
            return match.start(), message
        elif token[0] == '"' and COLON.match(text, match.end()):
            key = json.loads(token)
            if key in keys[-1]:
                return match.start(), f"the key {key[:80]!r} stands twice in one object"
            keys[-1].add(key)
    return None


def _string_offence(token: str) -> str:
    string = json.loads(token)
    if "\0" in string:
        return "a string holds a NUL character"
    if _half_of_a_pair(string):
        return "a string holds half of a surrogate pair, which is no character"
    return ""


def _number_offence(token: str) -> str:
    most = sys.get_int_max_str_digits()
    if token.lstrip("-").isdigit():
        return f"a number has more than {most} digits" if 0 < most < len(token.lstrip("-")) else ""
    return "" if math.isfinite(float(token)) else f"{token[:40]} is not finite"
