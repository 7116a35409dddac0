"""What is said of a source that cannot be read as it should: bytes, encoding, delimiter, quotes."""

from __future__ import annotations

from services.validation.engine.messages import Message

_SOURCE = ("Fichier illisible", "Unreadable file")
_ENCODING = ("Encodage", "Encoding")
_FORM = ("Forme du fichier", "Form of the file")

MESSAGES: dict[str, Message] = {
    "source-absent": Message(
        *_SOURCE,
        "Le fichier `{path}` n'existe pas.",
        "The file `{path}` does not exist.",
        "Vérifiez le nom et le chemin du fichier.",
        "Check the name and the path of the file.",
    ),
    "source-unreadable": Message(
        *_SOURCE,
        "Le fichier `{path}` ne peut pas être ouvert ({reason}).",
        "The file `{path}` cannot be opened ({reason}).",
        "Vérifiez que c'est bien un fichier et que vous avez le droit de le lire.",
        "Check that it is a file and that you may read it.",
    ),
    "source-empty": Message(
        *_SOURCE,
        "Le fichier est vide : il n'a même pas de ligne d'en-tête.",
        "The file is empty: it does not even have a header line.",
        "Ajoutez une première ligne avec les noms des colonnes.",
        "Add a first line with the names of the columns.",
    ),
    "line-too-long": Message(
        *_SOURCE,
        "Une ligne dépasse {limit} caractères : ce n'est pas un tableau, ou un guillemet n'est pas fermé.",
        "A line is longer than {limit} characters: this is not a table, or a quote is not closed.",
        "Vérifiez que le fichier est bien un tableau de texte.",
        "Check that the file is a table written as text.",
    ),
    "unclosed-quote": Message(
        "Guillemet non fermé",
        "Unclosed quote",
        "Un guillemet ouvert à la ligne {line} n'est jamais fermé : cette ligne a été lue seule.",
        "A quote opened on line {line} is never closed: that line was read on its own.",
        'Fermez le guillemet, ou doublez-le (`""`) s\'il fait partie du texte.',
        'Close the quote, or double it (`""`) if it belongs to the text.',
    ),
    "quotes-hopeless": Message(
        "Guillemets non fermés",
        "Unclosed quotes",
        "Plus de {count} guillemets ne sont jamais fermés : la lecture s'arrête à la ligne {line}.",
        "More than {count} quotes are never closed: reading stops at line {line}.",
        "Exportez de nouveau le fichier en laissant votre logiciel écrire les guillemets.",
        "Export the file again and let your software write the quotes.",
    ),
    "nul-bytes": Message(
        *_SOURCE,
        "Le fichier contient {count} caractère(s) NUL, le premier à la ligne {line} : il est abîmé ou n'est pas un "
        "fichier texte.",
        "The file holds {count} NUL character(s), the first on line {line}: it is damaged or is not a text file.",
        "Exportez de nouveau le fichier en CSV encodé en UTF-8.",
        "Export the file again as CSV in UTF-8.",
    ),
    "encoding-unknown": Message(
        *_ENCODING,
        "L'encodage demandé, `{encoding}`, n'existe pas.",
        "There is no encoding named `{encoding}`.",
        "Écrivez par exemple `utf-8` ou `cp1252`, ou laissez Socle le trouver.",
        "Write for instance `utf-8` or `cp1252`, or let Socle find it.",
    ),
    "bytes-damaged": Message(
        *_ENCODING,
        "{count} caractère(s) ne peuvent pas être lus en {encoding}, le premier à la ligne {line} : ils sont "
        "remplacés par �.",
        "{count} character(s) cannot be read as {encoding}, the first on line {line}: they are replaced by �.",
        "Corrigez ces caractères et enregistrez le fichier en UTF-8.",
        "Correct these characters and save the file in UTF-8.",
    ),
    "encoding-not-utf8": Message(
        *_ENCODING,
        "Le fichier est encodé en {encoding} ; il a été lu ainsi.",
        "The file is encoded in {encoding}; it was read so.",
        "Enregistrez-le en UTF-8 : c'est l'encodage que tous les logiciels savent lire.",
        "Save it in UTF-8: every program can read that.",
    ),
    "delimiter-not-comma": Message(
        "Séparateur",
        "Delimiter",
        "Le séparateur de colonnes trouvé est `{delimiter}` ({name}) ; la norme demande la virgule.",
        "The delimiter found is `{delimiter}` ({name}); the standard asks for the comma.",
        "Exportez le fichier avec la virgule comme séparateur.",
        "Export the file with the comma as delimiter.",
    ),
    "title-lines": Message(
        *_FORM,
        "L'en-tête est à la ligne {line} : {count} ligne(s) sont écrites au-dessus.",
        "The header is on line {line}: {count} line(s) are written above it.",
        "Supprimez les lignes au-dessus de l'en-tête.",
        "Remove the lines above the header.",
    ),
}
