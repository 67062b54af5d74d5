"""What makes this package's docstrings those that the reference's reader of them (griffe) knows."""

from __future__ import annotations

import re
from typing import Any

import griffe  # pyright: ignore[reportMissingImports]

# "first, second: text" below Args or Attributes
_NAMES = re.compile(r"^(?P<indent> +)(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)+): (?P<text>.*)$")
_CONTINUED = re.compile(r"^( +\w+(?:, \w+)*,)\n +(?=\w+(?:, \w+)*: )", re.MULTILINE)
_SECTION = re.compile(r"^(Args|Attributes):$")


def readable(text: str) -> str:
    """The docstring with a name on each line, and its example as what griffe calls one."""
    lines: list[str] = []
    others: list[str] = []
    within, indent = False, ""
    for line in _CONTINUED.sub(r"\1 ", text).splitlines():
        own = re.match(r" *", line).group()  # type: ignore[union-attr]
        if others and len(own) <= len(indent):
            lines += others
            others = []
        if line and not own:
            within = bool(_SECTION.match(line))
        found = _NAMES.match(line) if within else None
        if found:
            indent = found["indent"]
            first, *rest = found["names"].split(", ")
            lines.append(f"{indent}{first}: {found['text']}")
            others = [f"{indent}{name}: See `{first}`." for name in rest]
        else:
            lines.append("Examples:" if line == "Example:" else line)
    return "\n".join(lines + others)


class Docstrings(griffe.Extension):  # type: ignore[misc]
    """Rewrites each docstring as it is found."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Of a module, class, function or attribute."""
        if obj.docstring:
            obj.docstring.value = readable(obj.docstring.value)
