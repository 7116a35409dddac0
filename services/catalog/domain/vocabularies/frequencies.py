"""How often a dataset is updated: udata's forty frequencies, and what others call them.

Maps both ways: the authority table of the European Union (`authority/frequency/…`), `purl.org/cld/freq/…`, the older
udata names, the words of the SCDL catalogue and those that portals write.
"""

from dataclasses import dataclass

from services.catalog.domain.vocabularies.labels import folded

EU = "http://publications.europa.eu/resource/authority/frequency/"
CLD = "http://purl.org/cld/freq/"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Frequency:
    """A frequency: the code of the EU table, the name in `cld/freq` when it has one, the word of the SCDL catalogue."""

    id: str
    fr: str
    en: str
    eu: str | None
    cld: str | None = None
    scdl: str | None = None

    @property
    def uri(self) -> str | None:
        """Return its address in the authority table of the European Union, when it is there."""
        return EU + self.eu if self.eu else None


_HOURLY = "Toutes les heures"
_DAILY = "Quotidienne ou plusieurs fois par jour"
_WEEKLY = "Hebdomadaire ou plusieurs fois par semaine"
_MONTHLY = "Mensuelle ou plusieurs fois par mois"

TABLE = (
    Frequency("continuous", "En continu", "Continuous", "UPDATE_CONT", "continuous", "Continuelle"),
    Frequency("oneMinute", "Toutes les minutes", "Every minute", "1MIN", None, "Continuelle"),
    Frequency("fiveMinutes", "Toutes les cinq minutes", "Every five minutes", "5MIN", None, "Continuelle"),
    Frequency("tenMinutes", "Toutes les dix minutes", "Every ten minutes", "10MIN", None, "Continuelle"),
    Frequency(
        "fifteenMinutes", "Toutes les quinze minutes", "Every fifteen minutes", "15MIN", None, "Continuelle"
    ),
    Frequency(
        "thirtyMinutes", "Toutes les trente minutes", "Every thirty minutes", "30MIN", None, "Continuelle"
    ),
    Frequency("hourly", "Toutes les heures", "Hourly", "HOURLY", "hourly", _HOURLY),
    Frequency("bihourly", "Toutes les deux heures", "Every two hours", "BIHOURLY", None, _DAILY),
    Frequency("trihourly", "Toutes les trois heures", "Every three hours", "TRIHOURLY", None, _DAILY),
    Frequency("twelveHours", "Toutes les douze heures", "Every twelve hours", "12HRS", None, _DAILY),
    Frequency("severalTimesADay", "Plusieurs fois par jour", "Several times a day", None, None, _DAILY),
    Frequency("threeTimesADay", "Trois fois par jour", "Three times a day", None, None, _DAILY),
    Frequency("semidaily", "Deux fois par jour", "Twice a day", "DAILY_2", None, _DAILY),
    Frequency("daily", "Quotidienne", "Daily", "DAILY", "daily", _DAILY),
    Frequency("fiveTimesAWeek", "Cinq fois par semaine", "Five times a week", "WEEKLY_5", None, _WEEKLY),
    Frequency(
        "threeTimesAWeek",
        "Trois fois par semaine",
        "Three times a week",
        "WEEKLY_3",
        "threeTimesAWeek",
        _WEEKLY,
    ),
    Frequency("semiweekly", "Deux fois par semaine", "Twice a week", "WEEKLY_2", "semiweekly", _WEEKLY),
    Frequency("weekly", "Hebdomadaire", "Weekly", "WEEKLY", "weekly", _WEEKLY),
    Frequency("biweekly", "Toutes les deux semaines", "Every two weeks", "BIWEEKLY", "biweekly", _MONTHLY),
    Frequency(
        "threeTimesAMonth",
        "Trois fois par mois",
        "Three times a month",
        "MONTHLY_3",
        "threeTimesAMonth",
        _MONTHLY,
    ),
    Frequency("semimonthly", "Deux fois par mois", "Twice a month", "MONTHLY_2", "semimonthly", _MONTHLY),
    Frequency("monthly", "Mensuelle", "Monthly", "MONTHLY", "monthly", _MONTHLY),
    Frequency("bimonthly", "Bimestrielle", "Every two months", "BIMONTHLY", "bimonthly", "Bimestrielle"),
    Frequency("quarterly", "Trimestrielle", "Quarterly", "QUARTERLY", "quarterly", "Trimestrielle"),
    Frequency("threeTimesAYear", "Trois fois par an", "Three times a year", "ANNUAL_3", "threeTimesAYear"),
    Frequency("semiannual", "Semestrielle", "Twice a year", "ANNUAL_2", "semiannual", "Semestrielle"),
    Frequency("annual", "Annuelle", "Annual", "ANNUAL", "annual", "Annuelle"),
    Frequency("biennial", "Biennale", "Every two years", "BIENNIAL", "biennial", "Biennale"),
    Frequency("triennial", "Triennale", "Every three years", "TRIENNIAL", "triennial", "Triennale"),
    Frequency("quadrennial", "Quadriennale", "Every four years", "QUADRENNIAL"),
    Frequency("quinquennial", "Quinquennale", "Every five years", "QUINQUENNIAL", None, "Quinquennale"),
    Frequency("decennial", "Décennale", "Every ten years", "DECENNIAL"),
    Frequency("bidecennial", "Tous les vingt ans", "Every twenty years", "BIDECENNIAL"),
    Frequency("tridecennial", "Tous les trente ans", "Every thirty years", "TRIDECENNIAL"),
    Frequency("punctual", "Ponctuelle", "Punctual", "AS_NEEDED", None, "Ponctuelle"),
    Frequency("irregular", "Irrégulière", "Irregular", "IRREG", "irregular", "Irrégulière"),
    Frequency("never", "Jamais", "Never", "NEVER"),
    Frequency("notPlanned", "Non planifiée", "Not planned", "NOT_PLANNED"),
    Frequency("other", "Autre", "Other", "OTHER"),
    Frequency("unknown", "Inconnue", "Unknown", "UNKNOWN", None, "Inconnue"),
)
BY_ID = {frequency.id: frequency for frequency in TABLE}
FREQUENCIES = tuple(BY_ID)

LEGACY = {
    "realtime": "continuous",
    "fourTimesADay": "severalTimesADay",
    "fourTimesAWeek": "other",
    "fortnighly": "biweekly",
    "biannual": "semiannual",
}
# Other writings met in portals -> ours: ISO 19139's codes, ISO 8601 periods, English and French words.
_WRITINGS = {
    "continual": "continuous",
    "fortnightly": "biweekly",
    "biannually": "semiannual",
    "annually": "annual",
    "yearly": "annual",
    "as needed": "punctual",
    "asneeded": "punctual",
    "not planned": "notPlanned",
    "update cont": "continuous",
    "update cont ": "continuous",
    "continuel": "continuous",
    "continue": "continuous",
    "temps reel": "continuous",
    "en temps reel": "continuous",
    "horaire": "hourly",
    "journalier": "daily",
    "hebdo": "weekly",
    "toutes les heures": "hourly",
    "une fois par jour": "daily",
    "1 fois par jour": "daily",
    "une fois par semaine": "weekly",
    "1 fois par semaine": "weekly",
    "une fois par mois": "monthly",
    "1 fois par mois": "monthly",
    "1 fois par an": "annual",
    "chaque annee": "annual",
    "chaque mois": "monthly",
    "tous les trimestres": "quarterly",
    "tous les semestres": "semiannual",
    "deux fois par an": "semiannual",
    "2 fois par an": "semiannual",
    # SDMX's code list, in which Opendatasoft's forms offer the choice.
    "freq a": "annual",
    "freq s": "semiannual",
    "freq q": "quarterly",
    "freq m": "monthly",
    "freq w": "weekly",
    "freq d": "daily",
    "freq b": "fiveTimesAWeek",
    "freq n": "oneMinute",
    "journaliere": "daily",
    "quotidien": "daily",
    "tous les jours": "daily",
    "toutes les semaines": "weekly",
    "tous les mois": "monthly",
    "mensuel": "monthly",
    "bimestriel": "bimonthly",
    "bimensuelle": "semimonthly",
    "trimestriel": "quarterly",
    "semestriel": "semiannual",
    "annuel": "annual",
    "tous les ans": "annual",
    "une fois par an": "annual",
    "ponctuel": "punctual",
    "irregulier": "irregular",
    "inconnu": "unknown",
    "r p1y": "annual",
    "r p6m": "semiannual",
    "r p3m": "quarterly",
    "r p1m": "monthly",
    "r p1w": "weekly",
    "r p7d": "weekly",
    "r p1d": "daily",
    "r pt1h": "hourly",
    "r pt1s": "continuous",
    "r p2y": "biennial",
    "r p3y": "triennial",
    "r p10y": "decennial",
}
# Other codes of the same frequencies: udata writes and reads `UPDATE_CONT`, GeoNetwork `CONT`.
_OTHER_EU = {
    "CONT": "continuous",
    "IRREGULAR": "irregular",
    "HOURLY_2": "bihourly",
    "HOURLY_3": "trihourly",
}


def _known() -> dict[str, str]:
    known: dict[str, str] = {folded(writing): target for writing, target in (_WRITINGS | LEGACY).items()}
    for frequency in reversed(TABLE):
        # Where several share a word of the SCDL catalogue, the plainest one is meant.
        for writing in (
            frequency.id,
            frequency.fr,
            frequency.en,
            frequency.eu,
            frequency.cld,
            frequency.scdl,
        ):
            if writing:
                known[folded(writing)] = frequency.id
    known |= {folded(code): target for code, target in _OTHER_EU.items()}
    known |= {folded(word): target for word, target in SCDL.items()}
    return known


# The words of the SCDL catalogue (field FREQ_MAJ) -> ours.
SCDL = {
    "Inconnue": "unknown",
    "Ponctuelle": "punctual",
    "Irrégulière": "irregular",
    "Continuelle": "continuous",
    _HOURLY: "hourly",
    _DAILY: "daily",
    _WEEKLY: "weekly",
    _MONTHLY: "monthly",
    "Bimestrielle": "bimonthly",
    "Trimestrielle": "quarterly",
    "Semestrielle": "semiannual",
    "Annuelle": "annual",
    "Biennale": "biennial",
    "Triennale": "triennial",
    "Quinquennale": "quinquennial",
}
_KNOWN = _known()


def frequency_of(writing: str | None) -> str:
    """Return the id of the frequency that a word, a code or an address means; `unknown` when it means none."""
    if not writing:
        return UNKNOWN
    if writing in BY_ID:
        return writing
    last = writing.strip().rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1] if "://" in writing else writing
    return _KNOWN.get(folded(last), UNKNOWN)
