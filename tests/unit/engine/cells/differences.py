"""Where our cells differ from frictionless 5.21, on purpose, each with the reason why ours is right.

Keys are case ids of the recorded corpus (its recorded verdict is the reference's), or short names of families found
by comparing random texts.
"""

# id of a recorded case -> why our verdict differs.
RECORDED: dict[str, str] = {}

# Families of texts, as found by differential tests.
FAMILIES: dict[str, str] = {
    "geojson altitude": "RFC 7946, 3.1.1: a position may have a third number; the reference's profile refuses it.",
    "geojson null crs": "GeoJSON 2008, 3: a null `crs` says that none is assumed; the reference's profile refuses it.",
    "geojson collections": (
        "RFC 7946: a feature may hold a GeometryCollection and collections nest; the profile refuses both."
    ),
    "wkt trailing text": "`POINT(1 2) x` is not a geometry; the reference's parser does not look past the first one.",
    "geopoint pairs": (
        '`format: array` wants a JSON array: the reference also takes a text of two digits (`"12"`) or the keys of an '
        "object for the pair."
    ),
    "signalling NaN": "`sNaN` with bounds or enum is refused; the reference raises an exception and stops.",
    "zones": (
        "A bound with a time zone and a value without (or the reverse) are compared by what their clocks show; the "
        "reference raises an exception and stops."
    ),
    "free-form length": "With `format: any`, a text over 200 characters is not a date; the reference's time grows.",
    "local zone names": "With `format: any`, names such as `CET` do not depend on the zone of the machine.",
    "array items first": (
        "An array with a badly typed item is a type error even when it also breaks a length; the reference tells the "
        "length only."
    ),
    "exclusive bounds": "They are accepted in every schema; the reference wants a schema that declares version 2.",
    "slow patterns": "A pattern that needs backtracking and runs away is stopped and said so; the reference hangs.",
}
