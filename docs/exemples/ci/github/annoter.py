"""Écrire un rapport SARIF comme des annotations GitHub : python3 annoter.py RAPPORT.sarif"""

import json
import sys
from pathlib import Path

# GitHub n'affiche pas plus d'annotations d'une étape ; le rapport SARIF les a toutes.
AFFICHEES = 10


def echapper(texte: str, *signes: str) -> str:
    """Coder ce qui terminerait la commande ou sa propriété."""
    for signe in ("%", "\r", "\n", *signes):
        texte = texte.replace(signe, f"%{ord(signe):02X}")
    return texte


def annotation(resultat: dict) -> str:
    """Donner la commande GitHub d'un résultat SARIF."""
    niveau = {"error": "error", "warning": "warning"}.get(resultat.get("level", "warning"), "notice")
    lieu = resultat["locations"][0]["physicalLocation"] if resultat.get("locations") else {}
    proprietes = {
        "file": lieu.get("artifactLocation", {}).get("uri", ""),
        "line": str(lieu.get("region", {}).get("startLine", 1)),
        "title": resultat.get("ruleId", ""),
    }
    liste = ",".join(f"{nom}={echapper(valeur, ':', ',')}" for nom, valeur in proprietes.items() if valeur)
    return f"::{niveau} {liste}::{echapper(resultat['message']['text'])}"


def main() -> None:
    rapport = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    resultats = [resultat for passage in rapport["runs"] for resultat in passage.get("results", [])]
    erreurs_dabord = sorted(resultats, key=lambda resultat: resultat.get("level") != "error")
    for resultat in erreurs_dabord[:AFFICHEES]:
        print(annotation(resultat))


if __name__ == "__main__":
    main()
