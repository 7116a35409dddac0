#!/bin/sh
# Valider un fichier par l'API avec curl : sh valider.sh FICHIER SCHÉMA
# Sort avec 0 (conforme), 1 (non conforme), 2 (pas de verdict). Réglages : SOCLE_URL, SOCLE_CLE (facultative).
set -eu
fichier=$1 schema=$2
socle=${SOCLE_URL:-http://127.0.0.1:8000}
dossier=$(mktemp -d)
trap 'rm -rf "$dossier"' EXIT

# Le même envoi, répété après une panne du réseau, ne crée rien deux fois.
cle_envoi=$(cat "$fichier" | cksum | tr ' ' '-')-$(date +%Y%m%d)-$$
set -- -sS --retry 5 --retry-connrefused
[ -z "${SOCLE_CLE:-}" ] || set -- "$@" -H "Authorization: Bearer $SOCLE_CLE"

code=$(curl "$@" -o "$dossier/reponse.json" -D "$dossier/entetes" -w '%{http_code}' \
  -H 'Prefer: wait=20' -H "Idempotency-Key: $cle_envoi" \
  -F "schema=$schema" -F "file=@$fichier" "$socle/validation/v1/validations")
if [ "$code" != 201 ] && [ "$code" != 202 ]; then
  cat "$dossier/reponse.json" >&2
  exit 2
fi

# 202 : pas encore terminé. L'adresse de « Location » dit où en est la validation.
adresse=$(tr -d '\r' < "$dossier/entetes" | sed -n 's/^[Ll]ocation: //p')
while :; do
  curl "$@" -f -o "$dossier/validation.json" "$adresse"
  case $(cat "$dossier/validation.json") in
    *'"state":"done"'*) break ;;
    *'"state":"failed"'* | *'"state":"cancelled"'*) cat "$dossier/validation.json" >&2; exit 2 ;;
  esac
  sleep 2
done

curl "$@" -f "$adresse/report.txt"
grep -q '"outcome":"valid"' "$dossier/validation.json"
