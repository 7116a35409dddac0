// Valider un fichier par l'API avec fetch (Node 20 ou plus récent) : node valider.mjs FICHIER SCHÉMA
// Sort avec 0 (conforme), 1 (non conforme), 2 (pas de verdict). Réglages : SOCLE_URL, SOCLE_CLE (facultative).
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const socle = process.env.SOCLE_URL ?? "http://127.0.0.1:8000";
const cle = process.env.SOCLE_CLE;
const entetes = cle ? { Authorization: `Bearer ${cle}` } : {};
const [fichier, schema] = process.argv.slice(2);

async function envoyer() {
  const formulaire = new FormData();
  formulaire.set("schema", schema);
  formulaire.set("file", await openAsBlob(fichier), basename(fichier));
  return fetch(`${socle}/validation/v1/validations`, {
    method: "POST",
    headers: { ...entetes, Prefer: "wait=20", "Idempotency-Key": cleEnvoi },
    body: formulaire,
  });
}

async function lire(adresse) {
  const reponse = await fetch(adresse, { headers: entetes });
  if (!reponse.ok) throw new Error((await reponse.json()).detail);
  return reponse.json();
}

// La même clé à chaque essai : un envoi répété après une panne ne crée rien deux fois.
const cleEnvoi = crypto.randomUUID();
let reponse = await envoyer();
while ([429, 503].includes(reponse.status)) {
  await pause(1000 * Number(reponse.headers.get("Retry-After") ?? 5));
  reponse = await envoyer();
}

let validation = await reponse.json();
if (!reponse.ok) {
  console.error(`${validation.title} : ${validation.detail}`);
  process.exit(2);
}
while (["queued", "running"].includes(validation.state)) {
  await pause(2000);
  validation = await lire(reponse.headers.get("Location"));
}
if (validation.state !== "done") {
  console.error(validation.problem.detail);
  process.exit(2);
}

const rapport = await lire(validation.links.report);
console.log(`${basename(fichier)} : ${validation.stats.rows} lignes, ${validation.stats.errors} erreurs`);
for (const { rowNumber, fieldName, message } of rapport.errors) {
  console.log(`  ligne ${rowNumber}, ${fieldName} : ${message.fr}`);
}
process.exitCode = validation.outcome === "valid" ? 0 : 1;
