"""Telephone numbers and opening hours."""

import re
from typing import TYPE_CHECKING

from opening_hours import validate as hours_valid

from services.validation.engine.checks import params
from services.validation.engine.checks.contract import ValueCheck, Violation

if TYPE_CHECKING:
    from services.validation.engine.schema import CustomCheck, Schema

# Overseas numbers are dialled 0262…, 0590… within France; libphonenumber keeps each under its own country.
FRENCH_REGIONS = ("FR", "RE", "GP", "MQ", "GF", "YT")
LONGEST_PHONE = 250
LONGEST_HOURS = 2_000
TEN_DIGITS = re.compile(r"(?<!\d)0[1-9](?:[ .-]?\d{2}){4}(?!\d)")
DAYS = ("lu(?:n(?:di)?)?", "mar?(?:di)?", "me(?:r(?:credi)?)?", "je(?:u(?:di)?)?", "ve(?:n(?:dredi)?)?")
FRENCH_TO_OSM = tuple(
    (re.compile(pattern, re.IGNORECASE), osm)
    for pattern, osm in (
        *((rf"\b{day}\b\.?", osm) for day, osm in zip(DAYS, ("Mo", "Tu", "We", "Th", "Fr"), strict=True)),
        (r"\bsa(?:m(?:edi)?)?\b\.?", "Sa"),
        (r"\bdi(?:m(?:anche)?)?\b\.?", "Su"),
        (r"\b(?:du|de|le|les)\b ?", ""),
        (r" ?\b(?:au|à)\b ?", "-"),
        (r" ?\bet\b ?", ","),
        (r"\b(\d) ?h", r"0\1h"),
        (r"(\d\d) ?h ?(\d\d)", r"\1:\2"),
        (r"(\d\d) ?h", r"\1:00"),
    )
)


def judge_phone(text: str) -> Violation | None:
    """Judge one number: French (overseas included), international with its `+`, or a French short number."""
    if len(text) > LONGEST_PHONE:
        return Violation("phone", {"cell": text})
    if phone_valid(text):
        return None
    several = [number for number in TEN_DIGITS.findall(text) if phone_valid(number)]
    if len(several) > 1:
        return Violation("phone-several", {"cell": text})
    if len(several) == 1:
        return Violation("phone-extra-text", {"cell": text, "fix": several[0]})
    return Violation("phone", {"cell": text})


def phone_valid(text: str) -> bool:
    """Tell whether libphonenumber knows this number, dialled from France."""
    # Imported at the first number: most files have none, and the command line must start fast.
    import phonenumbers

    for region in FRENCH_REGIONS:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
        if region == "FR" and phonenumbers.is_valid_short_number_for_region(number, region):
            return True
    return False


def judge_hours(text: str) -> Violation | None:
    """Judge one `opening_hours` text of OpenStreetMap."""
    if len(text) > LONGEST_HOURS:
        return Violation("opening-hours", {"cell": text})
    if hours_valid(text):
        return None
    fix = _from_french(text)
    if fix != text and hours_valid(fix):
        return Violation("opening-hours-french", {"cell": text, "fix": fix})
    return Violation("opening-hours", {"cell": text})


def _from_french(text: str) -> str:
    for pattern, osm in FRENCH_TO_OSM:
        text = pattern.sub(osm, text)
    return text.strip().rstrip(";")


def build_phone(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `phone-number-value`: params `column`."""
    return ValueCheck(kind, params.text(custom, "column"), judge_phone)


def build_hours(kind: str, custom: "CustomCheck", schema: "Schema") -> ValueCheck:
    """Build `opening-hours-value`: params `column`."""
    return ValueCheck(kind, params.text(custom, "column"), judge_hours)
