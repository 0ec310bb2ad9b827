"""The JSON Schema of an answers file, from the table: it accepts what the command accepts, and nothing else.

An answer that is not given is its profile's, else its default, and a default that is in the way of an answer moves: so
a conflict is refused where each of its answers was given or comes from the profile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gocontainer.options.conflicts import CONFLICTS, Conflict, alternatives
from gocontainer.options.patterns import BLANKS, WORDS, in_any_case, numbers, whole
from gocontainer.options.profiles import PRESETS, PROFILE
from gocontainer.options.sets import NONE, AtLeast, SelectAny, members
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.text_kinds import MOST_ENTRIES, FormerToggle, Map, TextMany
from gocontainer.options.types import (
    Integer,
    Option,
    Quantity,
    Select,
    SelectMany,
    Text,
    Toggle,
    Value,
    When,
    may_hold,
)

Schema = Mapping[str, object]


def dump(document: object) -> str:
    """Return a document as JSON for people, with a newline at its end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def answers_schema(*, complete: bool = False) -> str:
    """Return the JSON Schema of an answers file, which leaves the service to the command unless it is ``complete``."""
    return dump(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Answers of gocontainer",
            "type": "object",
            "additionalProperties": False,
            **({"required": [option.name for option in OPTIONS if option.required]} if complete else {}),
            "properties": {"$schema": {"description": "For editors."}}
            | {option.name: _property(option) for option in (PROFILE, *OPTIONS)},
            "allOf": [*_conditions(), *_refusals()],
        }
    )


def _property(option: Option) -> Schema:
    default: object = option.default
    if isinstance(option, SelectMany):
        default = members(option.default)
    shown = {} if option.required or "{" in str(default) else {"default": default}
    return {"description": f"{option.help} {option.why}", **value_schema(option), **shown}


def _conditions() -> Iterator[Schema]:
    """Yield what makes each option have a meaning."""
    for option in OPTIONS:
        if option.when:
            yield {"if": {"required": [option.name]}, "then": {"allOf": list(_meant(option.when))}}


def _refusals() -> Iterator[Schema]:
    """Yield a schema for each way in which answers cannot work together."""
    for conflict in CONFLICTS:
        comment = f"{conflict.reason}. {conflict.hint}"
        if conflict.when:
            yield {"not": {"allOf": [_held(name, conflict) for name in conflict.when]}, "$comment": comment}
        elif conflict.ordered:
            low, high = (BY_NAME[name] for name in conflict.ordered)
            assert isinstance(low, Integer), low.name
            assert isinstance(high, Integer), high.name
            yield {"not": {"anyOf": list(_in_the_wrong_order(low, high))}, "$comment": comment}


def _in_the_wrong_order(low: Integer, high: Integer) -> Iterator[Schema]:
    """Yield the schemas of answers in which ``low`` is above ``high``: both given, or one of them the profile's."""
    limits = range(max(low.minimum, high.minimum + 1), low.maximum + 1)
    both = ({low.name: _between(limit, low.maximum), high.name: _between(high.minimum, limit - 1)} for limit in limits)
    yield {"required": [low.name, high.name], "anyOf": [{"properties": properties} for properties in both]}
    for profile, preset in PRESETS.items():
        most, least = preset.answers.get(high.name, low.maximum), preset.answers.get(low.name, high.minimum)
        if int(most) < low.maximum:
            above = {low.name: _between(int(most) + 1, low.maximum)}
            yield {"required": [low.name], "properties": above, "allOf": list(_preset(high, (profile,)))}
        if int(least) > high.minimum:
            below = {high.name: _between(high.minimum, int(least) - 1)}
            yield {"required": [high.name], "properties": below, "allOf": list(_preset(low, (profile,)))}


def _held(name: str, conflict: Conflict) -> Schema:
    """Return the schema of answers in which ``name`` has a value of the conflict and cannot move out of it."""
    accepted = conflict.when[name]
    moves = any(value not in accepted for value in alternatives(BY_NAME[name]))
    return _has(name, accepted, by_default=not moves)


def _meant(when: When) -> Iterator[Schema]:
    for name, accepted in when.items():
        yield _has(name, accepted)


def _has(name: str, accepted: Sequence[Value], *, by_default: bool = True) -> Schema:
    """Return the schema of answers that give ``name`` one of the values, or leave it where it has one of them.

    Left out, it has its profile's value if that has a meaning, else its default, which counts only ``by_default``.
    """
    option = BY_NAME[name]
    said = {"properties": {name: _spelled(option, accepted)}}
    if by_default and option.by_target:
        left = {"allOf": [{"not": {"required": [name]}}, _has("target", _by_default(option, accepted))]}
        return {"anyOf": [{"required": [name], **said}, left]}
    default = by_default and option.default in accepted
    preset = {profile: each.answers[name] in accepted for profile, each in PRESETS.items() if name in each.answers}
    others = tuple(profile for profile, has in preset.items() if has is not default)
    if not others:
        return said if default else {"required": [name], **said}
    left = {"allOf": list(_preset(option, others))}
    unsaid = {"not": {"anyOf": [{"required": [name]}, left]}} if default else left
    return {"anyOf": [{"required": [name], **said}, unsaid]}


def _by_default(option: Option, accepted: Sequence[Value]) -> tuple[Value, ...]:
    """Return the targets by whose default an option has one of the values."""
    targets = [value for value in BY_NAME["target"].samples() if may_hold(option.when, {"target": value})]
    return tuple(target for target in targets if option.by_target.get(target, option.default) in accepted)


def _preset(option: Option, profiles: tuple[str, ...]) -> Iterator[Schema]:
    """Yield what makes an option have what one of the ``profiles`` presets."""
    yield {"not": {"required": [option.name]}}
    yield from _meant({"profile": profiles, **option.when})


def value_schema(option: Option) -> Schema:
    """Return the schema of a value in an answers file: of all spellings that ``option`` takes.

    What is said of numbers, of texts and of lists holds for values of that type only, so that one schema is enough.
    """
    match option:
        case Text():
            return _text(option)
        case SelectMany():
            return {"type": ["array", "string"], **_list(option.values, or_none=isinstance(option, SelectAny))}
        case Select():
            return _choices(option)
        case Toggle():
            return _truth()
        case Integer():
            return {"type": ["integer", "string"], **_between(option.minimum, option.maximum)}
        case Quantity():
            return _amount(option)
    raise TypeError(option.name)


def _choices(option: Select) -> Schema:
    choices = {"enum": list(option.values)}
    return {"anyOf": [choices, _truth()]} if isinstance(option, FormerToggle) else choices


def _text(option: Text) -> Schema:
    line = {"type": "string", "pattern": whole(option.pattern), "maxLength": option.longest}
    if isinstance(option, Map):
        names, each = {"pattern": whole(option.key)}, {"type": "string", "pattern": whole(option.value)}
        parts = {"maxProperties": MOST_ENTRIES, "propertyNames": names, "additionalProperties": each}
        return {**line, "type": ["object", "string"], **parts}
    if isinstance(option, TextMany):
        each = {"type": "string", "pattern": whole(option.entry)}
        return {**line, "type": ["array", "string"], "maxItems": MOST_ENTRIES, "uniqueItems": True, "items": each}
    taken = {"not": {"pattern": rf"(?:^|/){in_any_case(option.reserved)}(?:[./]|$)"}} if option.reserved else {}
    return {**line, **taken}


def _amount(option: Quantity) -> Schema:
    ends = {suffix: option.ends(factor) for suffix, factor in option.suffixes.items()}
    pattern = whole("|".join(f"(?:{numbers(*some)}){suffix}" for suffix, some in ends.items()))
    if "" not in ends:
        return {"type": "string", "pattern": pattern}
    return {"type": ["integer", "string"], **_between(*ends[""]), "pattern": pattern}


def _spelled(option: Option, values: Sequence[Value]) -> Schema:
    """Return the schema of whatever, of all that ``option`` takes, means one of ``values``."""
    if isinstance(option, SelectMany):
        several = (
            (members(value), option.values if isinstance(values, AtLeast) else members(value)) for value in values
        )
        return {"anyOf": [_list(some, needed) for needed, some in several]}
    if isinstance(option, Toggle):
        return {"anyOf": _either(values)}
    if isinstance(option, FormerToggle):
        meant = [word for word in (True, False) if option.meant(word) in values]
        return {"anyOf": [{"enum": list(values)}, *_either(meant)]}
    return {"enum": list(dict.fromkeys((*values, *map(str, values))))}


def _truth() -> Schema:
    """Return the schema of whatever means yes or no."""
    return {"type": ["boolean", "integer", "string"], "minimum": 0, "maximum": 1, "pattern": _words(WORDS)}


def _either(values: Sequence[Value]) -> list[Schema]:
    """Return the schemas of whatever means one of ``values``, of yes and no."""
    words = _words([word for word, value in WORDS.items() if value in values])
    return [{"enum": [*values, *(int(value) for value in values)]}, {"type": "string", "pattern": words}]


def _list(values: Sequence[str], needed: Sequence[str] = (), *, or_none: bool = False) -> Schema:
    """Return the schema of a list of some of ``values`` and of all that are ``needed``, in either spelling."""
    part = rf"[{BLANKS}]*(?:{'|'.join(values)})[{BLANKS}]*"
    each = "".join(rf"(?=(?:[\s\S]*,)?[{BLANKS}]*{value}[{BLANKS}]*(?:,|$))" for value in needed)
    none = rf"|[{BLANKS}]*(?:{NONE})?[{BLANKS}]*" if or_none else ""
    schema = {"items": {"enum": list(values)}, "pattern": whole(f"{each}{part}(?:,{part})*{none}")}
    least = {} if or_none else {"minItems": 1}
    return {**least, **schema, **({"allOf": [{"contains": {"const": value}} for value in needed]} if needed else {})}


def _words(words: Iterable[str]) -> str:
    return whole(in_any_case(list(words)))


def _between(low: int, high: int) -> Schema:
    return {"minimum": low, "maximum": high, "pattern": whole(numbers(low, high))}
