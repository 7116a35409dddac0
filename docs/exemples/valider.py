"""Valider un fichier par l'API avec httpx : python valider.py FICHIER SCHÉMA

Sort avec 0 (conforme), 1 (non conforme), 2 (pas de verdict). Réglages : SOCLE_URL, SOCLE_CLE (facultative).
"""

import os
import sys
import time
import uuid
from pathlib import Path

import httpx

SOCLE = os.environ.get("SOCLE_URL", "http://127.0.0.1:8000")


def valider(client: httpx.Client, fichier: Path, schema: str) -> dict:
    """Envoyer un fichier et attendre son verdict."""
    # La même clé à chaque essai : un envoi répété après une panne ne crée rien deux fois.
    entetes = {"Prefer": "wait=20", "Idempotency-Key": str(uuid.uuid4())}
    while True:
        with fichier.open("rb") as contenu:
            reponse = client.post(
                "/validation/v1/validations",
                headers=entetes,
                data={"schema": schema},
                files={"file": (fichier.name, contenu)},
            )
        if reponse.status_code not in (429, 503):
            break
        time.sleep(int(reponse.headers.get("Retry-After", "5")))
    if reponse.is_error:
        refus = reponse.json()
        print(f"{refus['title']} : {refus['detail']}", file=sys.stderr)
        sys.exit(2)
    adresse, validation = reponse.headers["Location"], reponse.json()
    while validation["state"] in ("queued", "running"):
        time.sleep(2)
        validation = client.get(adresse).raise_for_status().json()
    return validation


def main() -> int:
    fichier, schema = Path(sys.argv[1]), sys.argv[2]
    cle = os.environ.get("SOCLE_CLE")
    entetes = {"Authorization": f"Bearer {cle}"} if cle else {}
    with httpx.Client(base_url=SOCLE, headers=entetes, timeout=60) as client:
        validation = valider(client, fichier, schema)
        if validation["state"] != "done":
            print(validation["problem"]["detail"], file=sys.stderr)
            return 2
        rapport = client.get(validation["links"]["report"]).raise_for_status().json()
    comptes = validation["stats"]
    print(f"{fichier.name} : {comptes['rows']} lignes, {comptes['errors']} erreurs")
    for erreur in rapport["errors"]:
        print(f"  ligne {erreur['rowNumber']}, {erreur['fieldName']} : {erreur['message']['fr']}")
    return 0 if validation["outcome"] == "valid" else 1


if __name__ == "__main__":
    sys.exit(main())
