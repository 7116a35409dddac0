"""The header of one file: what runs in the limited process, and what comes back from it."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from services.validation.engine.messages import word


@dataclass(frozen=True, slots=True)
class HeaderRead:
    """The labels of a file, or why there are none, in both languages."""

    labels: tuple[str, ...] = ()
    fr: str = ""
    en: str = ""


def read_header(path: str, filename: str) -> HeaderRead:
    """Read the header of the file at `path`, of any format; only its beginning is looked at where that is enough."""
    from services.validation.engine import Options, Schema, Unreadable
    from services.validation.engine.formats.opening import unwrap
    from services.validation.engine.read import ReadAs, read_table
    from services.validation.engine.text.reader import NotUtf8, legacy_encoding
    from services.validation.engine.text.source import open_source

    try:
        with closing(open_source(Path(path), filename)) as given:
            opened = unwrap(given)
            with closing(opened.source):
                told = ReadAs(None)
                while True:
                    try:
                        table = read_table(opened, Schema(), Options(label=filename), told)
                    except NotUtf8 as wrong:
                        told = ReadAs(legacy_encoding(opened.source, wrong.offset), found=True)
                        continue
                    table.close()
                    return HeaderRead(tuple(table.header))
    except Unreadable as stopped:
        finding = stopped.finding
        fr, en = (word(finding.key, finding.params, language) for language in ("fr", "en"))
        return HeaderRead(fr=fr.text, en=en.text)
