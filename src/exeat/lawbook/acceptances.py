"""What a rule accepts in writing: overlaps, gaps, dead rules and idle limbs that are meant all the same."""

from __future__ import annotations

from exeat.lawbook.instrument import ACCEPTANCES, Acceptance, LawError
from exeat.lawbook.markdown import Marked, Yaml
from exeat.logic.vocabulary import nearest


def acceptances(value: Yaml | None, file: str, line: int) -> tuple[Acceptance, ...]:
    """The lines under ``accepts``: each has one of overlap, gap, dead, idle, and a reason under ``because``.

    Raises:
        LawError: an entry of another form, or one without a reason.
    """
    if value is None:
        return ()
    return tuple(_acceptance(entry, file, line) for entry in (value if isinstance(value, list) else [value]))


def _acceptance(entry: Yaml, file: str, line: int) -> Acceptance:
    form = f"{{{', '.join(ACCEPTANCES)}: …, because: …}}"
    if not isinstance(entry, dict) or len(entry) != 2:
        raise LawError(f"each of 'accepts' has two keys, as {form}", file, line)
    at = next(iter(entry)).line
    values: dict[str, str] = {}
    for key, word in entry.items():
        if key not in (*ACCEPTANCES, "because"):
            hint = nearest(key, (*ACCEPTANCES, "because"))
            raise LawError(f"unknown key {str(key)!r} in 'accepts'; perhaps {hint}", file, key.line)
        if not isinstance(word, Marked) or not word.strip():
            raise LawError(f"{str(key)!r} in 'accepts' is plain text and never empty", file, key.line)
        values[str(key)] = " ".join(word.split())
    because = values.pop("because", None)
    if because is None or not values:
        raise LawError(f"each of 'accepts' names one thing and says why, as {form}", file, at)
    (name, what), *_ = values.items()
    return Acceptance(next(kind for kind in ACCEPTANCES if kind == name), what, because, at)
