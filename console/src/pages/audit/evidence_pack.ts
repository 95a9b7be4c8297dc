// The evidence about a case, a patient or one record as a zip that speaks for itself: what `baton audit pack` writes, put together here.
import { zipSync, strToU8 } from 'fflate';
import { api, ApiError, part } from '../../api/client';
import type { Json, Page } from '../../api/types';
import { text, whatOf, whoOf, whyOf, type AuditRecord, type Evidence } from './record';

export type About = { instance: string } | { patient: string } | { index: string };

// Beyond so many a browser is the wrong tool.
export const MOST = 500;
const PAGE = 500;

const HOW_TO_VERIFY = `# How to check this folder

Nothing here has to be believed. \`ledger.vkey\` is the ledger's key as the server told it: compare it with the one that you wrote down before.

With Baton, offline, for each file in \`proofs/\`:

    baton audit verify proofs/17.tlog-proof --key "$(cat ledger.vkey)"

Without Baton: each file is a C2SP tlog-proof (https://c2sp.org/tlog-proof). It holds the record (\`extra\`, in base64), its index, the hashes on the way to
the root, and the signed checkpoint.

1. SHA-256 of a zero byte and the record is the leaf's hash. Hash it with the listed hashes as in RFC 6962, section 2.1.1.
2. The result must be the root in the third line of the checkpoint, whose second line is the size of the tree.
3. The signature over the checkpoint's text (all lines before the empty one) must be Ed25519 by the key in \`ledger.vkey\`.

Go's golang.org/x/mod/sumdb/tlog (CheckRecord) and note (Open) do all three. \`beside/\` has what a record names by its SHA-256 because it was too long for it.
`;

export function escapeHtml(value: string): string {
  return value.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);
}

function pageOf(title: string, key: string, records: Evidence[]): string {
  const cell = (value: string) => `<td>${escapeHtml(value)}</td>`;
  const rows = records.map(({ index, leaf, beside }) => {
    const { subject, as } = whoOf(leaf);
    const more = beside ? `<details><summary>beside it</summary><pre>${escapeHtml(JSON.stringify(beside))}</pre></details>` : '';
    return `<tr><td><a href="proofs/${index}.tlog-proof">${index}</a></td>${cell(text(leaf.at))}${cell(`${subject} ${as}`)}${cell(whatOf(leaf))}${cell(text(leaf.outcome))}${cell(whyOf(leaf))}<td><details><summary>record</summary><pre>${escapeHtml(JSON.stringify(leaf, null, 1))}</pre></details>${more}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>body{font:15px/1.5 sans-serif;margin:2em}table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}pre{white-space:pre-wrap;margin:0;max-width:60em}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p>${records.length} records of the audit ledger. Key: <code>${escapeHtml(key)}</code>. How to check them: <a href="VERIFY.md">VERIFY.md</a>.</p>
<table><tr><th>Record</th><th>At</th><th>Who</th><th>What</th><th>Outcome</th><th>Why</th><th>All of it</th></tr>
${rows.join('\n')}
</table></body></html>
`;
}

async function indexesOf(about: About): Promise<string[]> {
  if ('index' in about) return [about.index];
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<AuditRecord> = await api.get<Page<AuditRecord>>('/v1/audit/records', { query: { ...about, limit: PAGE, cursor } });
    found.push(...page.items.map((record) => String(record.index)));
    cursor = page.next;
  } while (cursor && found.length <= MOST);
  if (found.length > MOST) throw new Error(`There are more than ${MOST} records. Use the command line: baton audit pack FOLDER --${Object.keys(about)[0]} ${Object.values(about)[0]}`);
  return found;
}

// A record is provable once a checkpoint covers it, on a disk that keeps up a second after its commit.
async function signed(index: string): Promise<Evidence> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await api.get<Evidence>(`/v1/audit/records/${index}`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404 || tries === 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

// The record's bytes as they were hashed: a proof carries them.
function bytesOf(record: Evidence): Uint8Array {
  const extra = /^extra (\S+)$/m.exec(record.proof)?.[1];
  return extra ? Uint8Array.from(atob(extra), (sign) => sign.charCodeAt(0)) : strToU8(JSON.stringify(record.leaf));
}

function lines(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, each) => size + each.length + 1, 0));
  let at = 0;
  for (const each of parts) {
    all.set(each, at);
    at += each.length;
    all[at++] = 10;
  }
  return all;
}

// `told` hears how many of how many are done.
export async function evidencePack(about: About, told: (done: number, of: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const files: { [path: string]: Uint8Array } = {};
  const { key } = await api.get<{ key: string }>('/v1/audit/key');
  const indexes = await indexesOf(about);
  const records: Evidence[] = [];
  for (const index of indexes) {
    const record = await signed(index);
    records.push(record);
    files[`proofs/${index}.tlog-proof`] = strToU8(record.proof);
    for (const [name, json] of Object.entries(record.beside ?? {})) files[`beside/${index}.${name}.json`] = strToU8(json);
    told(records.length, indexes.length);
  }
  if ('instance' in about) {
    const base = `/v1/instances/${part(about.instance)}`;
    files['explanation.json'] = strToU8(`${JSON.stringify(await api.get<Json>(`${base}/explain`))}\n`);
    files['reproduction.json'] = strToU8(`${JSON.stringify(await api.get<Json>(`${base}/reproduce`))}\n`);
  }
  const [[what = '', of = ''] = []] = Object.entries(about);
  files['ledger.vkey'] = strToU8(`${key}\n`);
  files['VERIFY.md'] = strToU8(HOW_TO_VERIFY);
  files['index.html'] = strToU8(pageOf(`Evidence: ${what === 'index' ? 'record' : what === 'instance' ? 'case' : what} ${of}`, key, records));
  files['records.ndjson'] = lines(records.map(bytesOf));
  return zipSync(files);
}
