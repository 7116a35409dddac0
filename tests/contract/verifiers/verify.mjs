// Reads {did, contexts, now, cases: [{name, credential} | {name, jwt}]} and answers {name: null | why it is refused}.
import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {importJWK, jwtVerify} from 'jose';
import jsonld from 'jsonld';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const now = new Date(asked.now);
const known = new Map(Object.entries(asked.contexts));
known.set(asked.did.id, asked.did);
for(const method of asked.did.verificationMethod) {
  known.set(method.id, {'@context': 'https://w3id.org/security/multikey/v1', ...method});
}

async function documentLoader(url) {
  const document = known.get(url);
  if(document) {
    return {contextUrl: null, documentUrl: url, document};
  }
  return vc.defaultDocumentLoader(url); // those it carries; it asks no network
}

async function checkCredential(credential) {
  const suite = new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});
  // The status is the matter of the lists: here it is the signature.
  const checkStatus = async () => ({verified: true});
  const result = await vc.verifyCredential({credential, suite, documentLoader, now, checkStatus});
  if(!result.verified) {
    throw result.error.errors?.[0] ?? result.error;
  }
}

async function checkToken({jwt, jwk}) {
  await jwtVerify(jwt, await importJWK(jwk, 'EdDSA'), {
    algorithms: ['EdDSA'], typ: 'vc+jwt', issuer: asked.did.id, currentDate: now,
    requiredClaims: ['iss', 'sub', 'jti', 'nbf', 'exp']
  });
}

async function expand({expand: document}) {
  await jsonld.expand(document, {documentLoader, safe: true}); // safe: a term that no context defines is an error
}

const answers = {};
for(const one of asked.cases) {
  try {
    await (one.expand ? expand(one) : one.jwt ? checkToken(one) : checkCredential(one.credential));
    answers[one.name] = null;
  } catch(error) {
    answers[one.name] = String(error.message ?? error);
  }
}
console.log(JSON.stringify(answers));
