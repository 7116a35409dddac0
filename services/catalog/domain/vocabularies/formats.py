"""File formats: our short names, their media types, and the writings that mean them."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.catalog.domain.vocabularies.labels import folded

IANA = "https://www.iana.org/assignments/media-types/"
EU = "http://publications.europa.eu/resource/authority/file-type/"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its media type, its code in the EU table, other writings; `tabular` when a table is read from it."""

    id: str
    media_type: str
    eu: str | None = None
    writings: tuple[str, ...] = ()
    tabular: bool = False

    @property
    def uri(self) -> str | None:
        """Return its address in the authority table of the European Union, when it has one."""
        return EU + self.eu if self.eu else None


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OASIS = "application/vnd.oasis.opendocument."
TABLE = (
    Format(
        "csv", "text/csv", "CSV", ("csv utf8", "csv utf 8", "application csv", "comma separated values"), True
    ),
    Format("tsv", "text/tab-separated-values", "TSV", (), True),
    Format("xlsx", _OFFICE + "spreadsheetml.sheet", "XLSX", ("microsoft excel xlsx", "excel xlsx"), True),
    Format("xls", "application/vnd.ms-excel", "XLS", ("excel", "microsoft excel", "application excel"), True),
    Format("ods", _OASIS + "spreadsheet", "ODS", (), True),
    Format("parquet", "application/vnd.apache.parquet", "PARQUET", ("application parquet",), True),
    Format("geojson", "application/geo+json", "GEOJSON", ("application vnd geo json", "geo json"), True),
    Format("json", "application/json", "JSON"),
    Format("ndjson", "application/x-ndjson", None, ("jsonl", "json lines", "jsonlines")),
    Format("jsonld", "application/ld+json", "JSON_LD", ("json ld",)),
    Format("xml", "application/xml", "XML", ("text xml",)),
    Format("rdf", "application/rdf+xml", "RDF_XML", ("rdf xml",)),
    Format("ttl", "text/turtle", "RDF_TURTLE", ("turtle",)),
    Format("nt", "application/n-triples", "RDF_N_TRIPLES", ("n triples",)),
    Format("kml", "application/vnd.google-earth.kml+xml", "KML"),
    Format("kmz", "application/vnd.google-earth.kmz", "KMZ"),
    Format("gml", "application/gml+xml", "GML"),
    Format("gpx", "application/gpx+xml", "GPX"),
    Format("gpkg", "application/geopackage+sqlite3", "GPKG", ("geopackage",)),
    Format(
        "shp",
        "application/vnd.shp",
        "SHP",
        (
            "shapefile",
            "esri shapefile",
            "shape",
            "shp wgs84",
            "shp l93",
            "shp zip",
            "shp cc47",
            "x shapefile",
        ),
    ),
    Format("wms", "application/vnd.ogc.wms_xml", "WMS_SRVC", ("ogc wms", "ogc:wms")),
    Format("wfs", "application/vnd.ogc.wfs_xml", "WFS_SRVC", ("ogc wfs", "ogc:wfs")),
    Format("gtfs", "application/gtfs+zip", None, ("gtfs zip",)),
    Format("pdf", "application/pdf", "PDF"),
    Format("html", "text/html", "HTML", ("web page", "page web", "htm", "xhtml", "application xhtml xml")),
    Format("txt", "text/plain", "TXT", ("text",)),
    Format("md", "text/markdown", None, ("markdown",)),
    Format("doc", "application/msword", "DOC"),
    Format("docx", _OFFICE + "wordprocessingml.document", "DOCX"),
    Format("odt", _OASIS + "text", "ODT"),
    Format("zip", "application/zip", "ZIP", ("application x zip compressed", "x zip compressed")),
    Format("gz", "application/gzip", "GZIP", ("gzip", "application x gzip")),
    Format("7z", "application/x-7z-compressed", None, ("7zip",)),
    Format("png", "image/png", "PNG"),
    Format("jpg", "image/jpeg", "JPEG", ("jpeg",)),
    Format("tiff", "image/tiff", "TIFF", ("tif", "geotiff")),
    Format("sql", "application/sql", "SQL"),
    Format("ics", "text/calendar", "ICS", ("ical",)),
)
BY_ID = {item.id: item for item in TABLE}
_KNOWN = {
    folded(writing): item.id
    for item in reversed(TABLE)
    for writing in (item.id, item.media_type, *item.writings)
}
_KNOWN |= {folded(item.eu): item.id for item in TABLE if item.eu}
_EXTENSION = re.compile(r"\.([a-z0-9]{1,8})$")
_SERVICE = re.compile(r"^ogc:([a-z]+)(?:-.*)?$", re.IGNORECASE)
_LINK = re.compile(r"^(?:www|file|ftp|db):", re.IGNORECASE)
LONGEST = 50


def format_of(*writings: str | None) -> str | None:
    """Return the short name of the first known format among media types, extensions, words and addresses.

    A word that means no known format is kept as it is, in lower case; None when there is no word at all.
    """
    # What GeoNetwork gives for a format is often a protocol: that of a service, or that it is a link.
    words = [
        _SERVICE.sub(r"\1", writing.strip())
        for writing in writings
        if writing and writing.strip() and not _LINK.match(writing.strip())
    ]
    for word in words:
        last = word.rstrip("/").rsplit("/", 1)[-1] if "://" in word else word.partition(";")[0]
        # `application/json` comes whole in the addresses of the IANA.
        for candidate in (last, "/".join(word.rstrip("/").rsplit("/", 2)[-2:]) if "://" in word else word):
            if (found := _KNOWN.get(folded(candidate))) is not None:
                return found
    plain = [word for word in words if "://" not in word and "/" not in word]
    return plain[0].lower()[:LONGEST] if plain else None


def format_of_url(url: str | None) -> str | None:
    """Return the known format that an address's extension means, or None."""
    if not url:
        return None
    try:
        found = _EXTENSION.search(urlsplit(url).path.lower())
    except ValueError:
        return None
    return _KNOWN.get(found[1]) if found else None


def media_type_of(format_id: str | None) -> str | None:
    """Return the media type of a known format."""
    return BY_ID[format_id].media_type if format_id in BY_ID else None
