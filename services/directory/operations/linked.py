"""An application or a body in the words of others: publiccode.yml 0.7, schema.org. Nothing personal is in them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import yaml

from services.directory.domain.domaines import DOMAINES
from services.directory.domain.labels import IN_FORCE
from services.directory.operations import collectivites, editeurs, labels, progiciels
from services.directory.operations.addresses import PROGICIELS
from services.directory.operations.context import DirectoryContext
from services.directory.store import linked as store
from shared.clock import now

SCHEMAS = "https://schema.data.gouv.fr"
LONGEST_SHORT = 150
LONGEST_LONG = 10_000
# What the standard requires and the directory does not know is said to be so, at the head of the file.
_NOTICE = (
    "# publiccode.yml 0.7, tiré de l'annuaire Socle.\n"
    "# L'annuaire ne connaît ni le dépôt du code, ni la licence du progiciel, ni son état de développement :\n"
    "# url, legal.license, developmentStatus, softwareType, platforms et localisation sont à vérifier par l'éditeur.\n"
)


async def publiccode(context: DirectoryContext, progiciel_id: UUID) -> str:
    """Return the publiccode.yml of an application; raises `NotListed`.

    See https://yml.publiccode.tools (0.7): SCDL schemas are in `supports`, confirmed users in `usedBy`.
    """
    shown = await progiciels.find_progiciel(context, progiciel_id)
    users = await store.confirmed_users(context.db, progiciel_id, now().date())
    page = context.link(f"{PROGICIELS}/{progiciel_id}")
    document = {
        "publiccodeYmlVersion": "0.7",
        "name": shown["nom"],
        "url": shown["url"] or page,
        "landingURL": shown["url"] or page,
        "organisation": {"name": shown["editeur"]["nom"]},
        **_version(shown["versions"]),
        "platforms": ["web"],
        "developmentStatus": "stable",
        "softwareType": "standalone/web",
        "intendedAudience": {"countries": ["fr"], "scope": ["local-authorities"]},
        "description": {"fr": _described(shown, page)},
        "legal": {"license": "LicenseRef-inconnue", "mainCopyrightOwner": shown["editeur"]["nom"]},
        "maintenance": {"type": "internal", "contacts": [{"name": shown["editeur"]["nom"]}]},
        "localisation": {"localisationReady": False, "availableLanguages": ["fr"]},
        **_supports(shown["modules"]),
        **({"usedBy": users} if users else {}),
    }
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
    return f"{_NOTICE}{text}"


def _version(versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not versions:
        return {}
    newest = versions[0]
    released = newest["released_on"]
    dated = {"releaseDate": released.isoformat()} if released is not None else {}
    return {"softwareVersion": newest["number"], **dated}


def _described(shown: Mapping[str, Any], page: str) -> dict[str, Any]:
    vendor = shown["editeur"]["nom"]
    exports = [
        f"Export « {module['domaine_label']} » au schéma {_named(module['schema'])}"
        for module in shown["modules"]
    ]
    uses = sorted({DOMAINES[count["domaine"]][0] for count in shown["usages"]})
    given = shown["description"].strip()
    sentences = [
        given,
        f"{shown['nom']} est un progiciel édité par {vendor}, recensé dans l'annuaire des progiciels des "
        "collectivités françaises.",
        f"Il est employé pour : {', '.join(uses)}." if uses else "",
        f"{'. '.join(exports)}." if exports else "Aucun module d'export n'est connu.",
        f"Sa fiche, avec ses modules d'export et les usages déclarés, est à l'adresse {page}.",
    ]
    long = "\n\n".join(sentence for sentence in sentences if sentence)
    short = given.partition("\n")[0] or f"Progiciel édité par {vendor}"
    features = exports or [f"Gestion : {use}" for use in uses] or ["Progiciel pour les collectivités"]
    return {
        "shortDescription": _cut(short, LONGEST_SHORT),
        "longDescription": _cut(long, LONGEST_LONG),
        "features": features,
    }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _named(schema: Mapping[str, str]) -> str:
    return f"{schema['name']} {schema['version']}".strip()


def _supports(modules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ids = dict.fromkeys(_schema_uri(module["schema"]) for module in modules)
    return {"supports": [{"id": one} for one in ids]} if ids else {}


def _schema_uri(schema: Mapping[str, str]) -> str:
    name, version = schema["name"], schema["version"]
    if name.startswith(("http://", "https://")):
        return name
    path = f"{name}/{version}" if version else name
    return f"{SCHEMAS}/{'/'.join(_segment(part) for part in path.split('/'))}"


def _segment(text: str) -> str:
    return "".join(char if char.isalnum() or char in "-._~" else "-" for char in text)


async def software_jsonld(context: DirectoryContext, progiciel_id: UUID) -> dict[str, Any]:
    """Return an application as a schema.org SoftwareApplication; raises `NotListed`."""
    shown = await progiciels.find_progiciel(context, progiciel_id)
    held = await labels.of_progiciel(context.db, progiciel_id)
    page = context.link(f"{PROGICIELS}/{progiciel_id}")
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "@id": page,
        "name": shown["nom"],
        "description": shown["description"] or f"Progiciel édité par {shown['editeur']['nom']}",
        "applicationCategory": "BusinessApplication",
        "inLanguage": "fr",
        "author": _vendor(shown["editeur"]),
        "publisher": _vendor(shown["editeur"]),
        "featureList": [
            f"Export « {module['domaine_label']} » au schéma {_named(module['schema'])}"
            for module in shown["modules"]
        ],
        "award": [
            f"Label « Conformité OpenData SCDL » · {_named(label['schema'])} · {label['verify_url']}"
            for label in held
            if label["state"] in IN_FORCE
        ],
        "mainEntityOfPage": page,
    }
    if shown["url"]:
        document["url"] = shown["url"]
    if shown["versions"]:
        document["softwareVersion"] = shown["versions"][0]["number"]
    return document


def _vendor(editeur: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "Organization",
        "@id": editeur["self"],
        "name": editeur["nom"],
        "identifier": _siren(editeur["siren"]),
    }


async def vendor_jsonld(context: DirectoryContext, siren: str) -> dict[str, Any]:
    """Return a vendor as a schema.org Organization; raises `NotListed`."""
    shown = await editeurs.find_editeur(context, siren)
    document = {"@context": "https://schema.org", **_vendor(shown), "mainEntityOfPage": shown["self"]}
    return {**document, "url": shown["url"]} if shown["url"] else document


async def body_jsonld(context: DirectoryContext, siren: str) -> dict[str, Any]:
    """Return a body of the reference as a schema.org GovernmentOrganization; raises `CollectiviteNotFound`."""
    shown = await collectivites.find(context, siren)
    area: dict[str, Any] = {"@type": "AdministrativeArea", "name": shown["nom"]}
    if shown["code_insee"]:
        area["identifier"] = {
            "@type": "PropertyValue",
            "propertyID": "INSEE",
            "value": shown["code_insee"],
        }
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentOrganization",
        "@id": shown["self"],
        "name": shown["nom"],
        "description": shown["label"],
        "identifier": _siren(siren),
        "taxID": siren,
        "areaServed": area,
        "mainEntityOfPage": shown["self"],
    }
    names = [alias["nom"] for alias in shown["aliases"] if alias["nom"]]
    if names:
        document["alternateName"] = sorted(set(names))
    if shown["epci"]:
        document["memberOf"] = {
            "@type": "GovernmentOrganization",
            "@id": context.link(f"{collectivites.PATH}/{shown['epci']['siren']}"),
            "name": shown["epci"]["nom"],
            "identifier": _siren(shown["epci"]["siren"]),
        }
    return document


def _siren(value: str) -> dict[str, str]:
    return {"@type": "PropertyValue", "propertyID": "SIREN", "value": value}
