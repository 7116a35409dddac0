// Reads {did, contexts, now, cases: [{name, credential, lists?, now?} | {name, jwt}]} and answers {name: null | why it is refused}.
import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
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

// With status lists they are read too: a bit that is set is "verified", and means that the credential is not to be relied on.
async function checkLists(lists, asked) {
  const byId = new Map(lists.map(list => [list.id, list]));
  const load = async url => byId.has(url) ?
    {contextUrl: null, documentUrl: url, document: byId.get(url)} : documentLoader(url);
  const result = await checkStatus({...asked, documentLoader: load});
  const set = (result.results ?? []).find(({status}) => status);
  return set ? {verified: false, error: new Error(set.credentialStatus.statusPurpose)} : result;
}

async function checkCredential({credential, lists, now: moment}) {
  const suite = new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});
  const result = await vc.verifyCredential({
    credential, suite, documentLoader, now: moment ? new Date(moment) : now,
    checkStatus: async asked => lists ? checkLists(lists, {...asked, suite}) : {verified: true}
  });
  if(!result.verified) {
    throw result.error?.errors?.[0] ?? result.error ?? result.statusResult.error;
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
    await (one.expand ? expand(one) : one.jwt ? checkToken(one) : checkCredential(one));
    answers[one.name] = null;
  } catch(error) {
    answers[one.name] = String(error.message ?? error);
  }
}
console.log(JSON.stringify(answers));
