"""Licences: udata's identifiers, how others name them, and which French law lets an administration use.

Guess order: exact identifier, address or alternative address; the address without its scheme; the title at an edit
distance of two at most, when there is one candidate. `notspecified` is not a licence.
"""

import re
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from services.catalog.domain.vocabularies.labels import folded

NOT_SPECIFIED = "notspecified"
EU = "http://publications.europa.eu/resource/authority/licence/"
LONGEST_GUESS = 500


@dataclass(frozen=True, slots=True)
class License:
    """A licence. `administrations`: a French administration may use it (CRPA, D323-2-1, and decree 2017-638)."""

    id: str
    fr: str
    en: str
    url: str | None = None
    alternates: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    eu: str | None = None
    administrations: bool = False
    scdl: str = "Spécifique ou autre"

    @property
    def uri(self) -> str | None:
        """Return its address in the authority table of the European Union, when it has one."""
        return EU + self.eu if self.eu else None


_LO = "Licence Ouverte-LO"
_ODBL = "Open Database License-ODBL"
_CC = "Creative Commons-CC"

TABLE = (
    License(
        "lov2",
        "Licence Ouverte / Open Licence version 2.0",
        "Open Licence version 2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
        (
            "https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf",
            "https://www.etalab.gouv.fr/wp-content/uploads/2018/11/open-licence.pdf",
            "https://github.com/etalab/licence-ouverte/blob/master/LO.md",
            "https://raw.githubusercontent.com/DISIC/politique-de-contribution-open-source/master/LICENSE",
            "https://spdx.org/licenses/etalab-2.0",
            "https://spdx.org/licenses/etalab-2.0.html",
        ),
        (
            "Licence Ouverte version 2.0",
            "Licence Ouverte v2.0",
            "Licence Ouverte v2",
            "Licence Ouverte 2.0",
            "Licence Ouverte / Open Licence v2.0",
            "Licence Ouverte v2.0 (Etalab)",
            "etalab-2.0",
            "Etalab 2.0",
            "Etalab v2.0",
            "Open Licence 2.0",
            "Open Licence v2.0",
            "Licence Etalab 2.0",
            "Licence Etalab v2.0",
            "Licence Ouverte Etalab 2.0",
            "Licence Ouverte Etalab v2.0",
            "Licence Ouverte Etalab version 2.0",
            "Licence Ouverte 2.0 (Etalab)",
            "Licence Ouverte version 2.0 (Etalab)",
            "Licence Ouverte / Open Licence 2.0",
            "LO 2.0",
            "LOv2",
        ),
        eu="LIC_OUV_2_0",
        administrations=True,
        scdl=_LO,
    ),
    License(
        "fr-lo",
        "Licence Ouverte / Open Licence",
        "Open Licence",
        "https://www.etalab.gouv.fr/wp-content/uploads/2014/05/Licence_Ouverte.pdf",
        (
            "https://www.data.gouv.fr/Licence-Ouverte-Open-Licence",
            "http://www.etalab.gouv.fr/pages/Licence_ouverte_Open_licence-5899923.html",
            "https://wiki.data.gouv.fr/wiki/Licence_Ouverte_/_Open_Licence",
            "https://ddata.over-blog.com/xxxyyy/4/37/99/26/licence/Licence-Ouverte-Open-Licence.pdf",
        ),
        (
            "Licence Ouverte",
            "Open Licence",
            "Licence Ouverte (Etalab)",
            "Licence Ouverte Etalab",
            "Etalab",
            "Licence Etalab",
            "Licence Ouverte-LO",
            "Licence Ouverte version 1.0",
            "Licence Ouverte v1.0",
            "Licence Ouverte (LO)",
            "LO",
        ),
        eu="LIC_OUV_1_0",
        scdl=_LO,
    ),
    License(
        "odc-odbl",
        "Open Data Commons Open Database License (ODbL)",
        "Open Data Commons Open Database License (ODbL)",
        "http://opendatacommons.org/licenses/odbl/summary/",
        (
            "http://opendatacommons.org/licenses/odbl/",
            "http://opendatacommons.org/licenses/odbl/1.0/",
            "http://opendatacommons.org/licenses/odbl/1-0/",
            "http://www.opendefinition.org/licenses/odc-odbl",
            "https://spdx.org/licenses/ODbL-1.0",
            "http://vvlibri.org/fr/licence/odbl/10/fr/legalcode",
        ),
        (
            "ODbL",
            "ODbL-1.0",
            "ODC Open Database License (ODbL)",
            "Open Database License (ODbL)",
            "Open Database License",
            "Open Database License-ODBL",
            "Licence ODbL",
            "ODC-ODbL",
        ),
        eu="ODC_BL",
        administrations=True,
        scdl=_ODBL,
    ),
    License(
        "odc-by",
        "Open Data Commons Attribution License",
        "Open Data Commons Attribution License",
        "http://opendatacommons.org/licenses/by/summary/",
        (
            "http://opendatacommons.org/licenses/by/",
            "http://opendatacommons.org/licenses/by/1-0/",
            "http://www.opendefinition.org/licenses/odc-by",
        ),
        ("ODC-By", "ODC-By-1.0"),
        eu="ODC_BY",
    ),
    License(
        "odc-pddl",
        "Open Data Commons Public Domain Dedication and Licence (PDDL)",
        "Open Data Commons Public Domain Dedication and Licence (PDDL)",
        "http://opendatacommons.org/licenses/pddl/summary/",
        (
            "http://opendatacommons.org/licenses/pddl/",
            "http://opendatacommons.org/licenses/pddl/1-0/",
            "http://www.opendefinition.org/licenses/odc-pddl",
        ),
        ("PDDL", "PDDL-1.0", "ODC-PDDL"),
        eu="ODC_PDDL",
    ),
    License(
        "cc-by",
        "Creative Commons Attribution",
        "Creative Commons Attribution",
        "https://creativecommons.org/licenses/by/4.0/",
        (
            "https://creativecommons.org/licenses/by/1.0/",
            "https://creativecommons.org/licenses/by/2.0/",
            "https://creativecommons.org/licenses/by/2.5/",
            "https://creativecommons.org/licenses/by/3.0/",
            "https://creativecommons.org/licenses/by/4.0/deed.fr",
            "https://creativecommons.org/licenses/by/",
            "http://www.opendefinition.org/licenses/cc-by",
        ),
        (
            "CC BY",
            "CC-BY-4.0",
            "CC BY 4.0",
            "CC BY 3.0",
            "Creative Commons Attribution 4.0",
            "Creative Commons Attribution 4.0 International",
            "Creative Commons BY 4.0",
            "Creative Commons CC-BY",
            "Creative Commons CC-BY 4.0",
            "Licence CC BY 4.0",
        ),
        eu="CC_BY_4_0",
        scdl=_CC,
    ),
    License(
        "cc-by-sa",
        "Creative Commons Attribution Share-Alike",
        "Creative Commons Attribution Share-Alike",
        "https://creativecommons.org/licenses/by-sa/4.0/",
        (
            "https://creativecommons.org/licenses/by-sa/1.0/",
            "https://creativecommons.org/licenses/by-sa/2.0/",
            "https://creativecommons.org/licenses/by-sa/2.5/",
            "https://creativecommons.org/licenses/by-sa/3.0/",
            "https://creativecommons.org/licenses/by-sa/4.0/deed.fr",
            "https://creativecommons.org/licenses/by-sa/",
            "http://www.opendefinition.org/licenses/cc-by-sa",
        ),
        (
            "CC BY-SA",
            "CC-BY-SA-4.0",
            "CC BY-SA 4.0",
            "CC BY-SA 3.0",
            "Creative Commons Attribution Share-Alike 4.0",
            "Creative Commons Attribution-ShareAlike 4.0 International",
            "Creative Commons CC-BY-SA",
            "Creative Commons CC-BY-SA 4.0",
            "Licence CC BY-SA 4.0",
        ),
        eu="CC_BYSA_4_0",
        scdl=_CC,
    ),
    License(
        "cc-zero",
        "Creative Commons CCZero",
        "Creative Commons CCZero",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        ("http://www.opendefinition.org/licenses/cc-zero",),
        ("CC0", "CC0-1.0", "CC Zero", "CC0 1.0", "cc-0"),
        eu="CC0",
        scdl=_CC,
    ),
    License("other-at", "Autre licence, avec attribution", "Other (Attribution)", titles=("other at",)),
    License("other-open", "Autre licence ouverte", "Other (Open)", titles=("Spécifique ou autre",)),
    License("other-pd", "Domaine public", "Other (Public Domain)", titles=("public domain", "us-pd")),
    License(
        NOT_SPECIFIED,
        "Licence non précisée",
        "License not specified",
        titles=("License Not Specified", "non specifiee", "aucune", "none", "notspecified"),
    ),
)
BY_ID = {license.id: license for license in TABLE}
LICENSES = tuple(sorted(BY_ID))
# What the words of the SCDL catalogue (field LICENCE) mean.
SCDL = {_LO: "lov2", _ODBL: "odc-odbl", _CC: "cc-by", "Spécifique ou autre": "other-open"}

_URL = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_SHORT = re.compile(r"\d+|\b[a-z]{1,2}\b")
_TAG = re.compile(r"<[^>]{0,500}>")


def _bare(url: str) -> str:
    """Return an address without what does not tell two licences apart: scheme, `www.`, end."""
    bare = re.sub(r"^https?://(www\.)?", "", url.strip().lower()).partition("#")[0]
    return re.sub(r"(/|\.html?|[.,;)])+$", "", bare)


_EXACT: dict[str, str] = {}
_ADDRESSES: dict[str, str] = {}
_TITLES: dict[str, str] = {}
for _license in TABLE:
    _EXACT[_license.id.casefold()] = _license.id
    for _title in (_license.id, _license.fr, _license.en, *_license.titles):
        _TITLES.setdefault(folded(_title), _license.id)
    for _url in filter(None, (_license.url, _license.uri, *_license.alternates)):
        _EXACT[_url.casefold()] = _license.id
        _ADDRESSES[_bare(_url)] = _license.id


def license_of(*writings: str | None) -> str:
    """Return the id of the licence that the first telling text means (identifier, address, title, HTML)."""
    for writing in writings:
        if writing and (found := _guess(writing)) is not None and found != NOT_SPECIFIED:
            return found
    return NOT_SPECIFIED


def _guess(writing: str) -> str | None:
    text = _TAG.sub(" ", writing[:4000]).strip()
    exact = _EXACT.get(text.casefold()) or _ADDRESSES.get(_bare(text)) or _TITLES.get(folded(text))
    if exact is not None:
        return exact
    for url in _URL.findall(text):
        if (found := _ADDRESSES.get(_bare(url))) is not None:
            return found
    return _nearest(folded(text)) if len(text) <= LONGEST_GUESS else None


def _nearest(title: str) -> str | None:
    # A short word is two letters away from anything.
    if len(title) < 8:
        return None
    near = {
        license_id
        for known, license_id in _TITLES.items()
        if len(known) >= 8
        and _same_short_words(known, title)
        and Levenshtein.distance(known, title, score_cutoff=2) <= 2
    }
    return near.pop() if len(near) == 1 else None


def _same_short_words(one: str, other: str) -> bool:
    """A licence's version is no typing error, nor are its conditions (`by`, `sa`, `nc`, `nd`)."""
    return _SHORT.findall(one) == _SHORT.findall(other)
