// Verifies Baton's proofs with @transmute/rfc9162, and a checkpoint with a record's inclusion with @sigstore/verify.
//
//   node verify_proofs.js DIRECTORY    as make_export has written it
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { RFC9162_SHA256 } = require('@transmute/rfc9162').CoMETRE;
const { verifyTLogInclusion } = require('@sigstore/verify/dist/tlog');

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
const base64 = (array) => Buffer.from(array).toString('base64');

async function checkProofs(directory) {
  const proofs = JSON.parse(fs.readFileSync(path.join(directory, 'proofs.json'), 'utf8'));
  for (const proof of proofs.inclusion) {
    const leaf = await RFC9162_SHA256.leaf(bytes(proof.leaf));
    const root = await RFC9162_SHA256.verify_inclusion_proof(leaf, {
      tree_size: proof.size, leaf_index: proof.index, inclusion_path: proof.path.map(bytes),
    });
    assert.strictEqual(base64(root), proof.root, `inclusion of ${proof.index} in ${proof.size}`);
  }
  for (const proof of proofs.consistency) {
    // Of two equal trees there is nothing to verify, and this verifier takes only proofs with a path.
    if (proof.old_size === proof.size) continue;
    // Step 2 of RFC 9162 section 2.1.4.2, which this verifier leaves to its caller.
    const isPerfect = Number.isInteger(Math.log2(proof.old_size));
    const consistencyPath = (isPerfect ? [proof.old_root] : []).concat(proof.path).map(bytes);
    const good = await RFC9162_SHA256.verify_consistency_proof(bytes(proof.old_root), bytes(proof.root), {
      tree_size_1: proof.old_size, tree_size_2: proof.size, consistency_path: consistencyPath,
    });
    assert.strictEqual(good, true, `consistency of ${proof.old_size} with ${proof.size}`);
    const otherRoot = bytes(proof.old_root).map((byte) => byte ^ 1);
    const bad = await RFC9162_SHA256.verify_consistency_proof(otherRoot, bytes(proof.root), {
      tree_size_1: proof.old_size, tree_size_2: proof.size, consistency_path: consistencyPath,
    }).catch(() => false);
    assert.strictEqual(bad, false);
  }
  return proofs.inclusion.length + proofs.consistency.length;
}

// The ledger as Sigstore describes a transparency log.
function tlogOf(directory) {
  // A key in base 64 may hold plus signs; name and key id may not.
  const [name, id, ...rest] = fs.readFileSync(path.join(directory, 'verifier_key'), 'utf8').trim().split('+');
  const key = rest.join('+');
  const prefix = Buffer.from('302a300506032b6570032100', 'hex');  // SubjectPublicKeyInfo of Ed25519
  const spki = Buffer.concat([prefix, Buffer.from(key, 'base64').subarray(1)]);
  return {
    baseURL: `https://${name}`,
    logID: Buffer.concat([Buffer.from(id, 'hex'), Buffer.alloc(28)]),
    publicKey: crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    validFor: { start: new Date(0), end: new Date() },
  };
}

// Reads a .tlog-proof file into what Sigstore calls a log entry.
function entryOf(directory) {
  const text = fs.readFileSync(path.join(directory, 'record.tlog-proof'), 'utf8');
  const split = text.indexOf('\n\n');
  const [header, extra, index, ...hashes] = text.slice(0, split).split('\n');
  assert.strictEqual(header, 'c2sp.org/tlog-proof@v1');
  return {
    canonicalizedBody: Buffer.from(extra.slice('extra '.length), 'base64'),
    inclusionProof: {
      logIndex: index.slice('index '.length),
      hashes: hashes.map((hash) => Buffer.from(hash, 'base64')),
      checkpoint: { envelope: text.slice(split + 2) },
    },
  };
}

function checkEvidence(directory) {
  const tlog = tlogOf(directory);
  verifyTLogInclusion(entryOf(directory), [tlog]);

  const otherRecord = entryOf(directory);
  otherRecord.canonicalizedBody[0] ^= 1;
  assert.throws(() => verifyTLogInclusion(otherRecord, [tlog]));
  const otherRoot = entryOf(directory);
  const envelope = otherRoot.inclusionProof.checkpoint.envelope;
  otherRoot.inclusionProof.checkpoint.envelope = envelope.replace(/\n(\d)/, (_, digit) => `\n${(digit % 9) + 1}`);
  assert.throws(() => verifyTLogInclusion(otherRoot, [tlog]));
}

checkProofs(process.argv[2]).then((count) => {
  checkEvidence(process.argv[2]);
  console.log(`npm: ${count} proofs and one evidence file verified`);
}).catch((error) => {
  console.error(error);
  process.exit(1);
});
