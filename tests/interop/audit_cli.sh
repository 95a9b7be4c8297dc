#!/bin/sh
# The auditor's day, from the outside: a server runs a small workflow, its ledger is exported with the command line, and
# Baton's offline verifier, Go's and OpenSSL's take it; a changed export is refused by all.
#
#   audit_cli.sh BATON        77: Go's verifier is not installed
set -eu
baton=$1
command -v go >/dev/null || exit 77
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
server=
witness=

# Ends what this script has started, and nothing else.
end() {
  for process in $server $witness; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap end EXIT

fail() {
  echo "audit: $*" >&2
  exit 1
}

# The text must contain each of the words.
expect() {
  text=$1
  shift
  for word in "$@"; do
    case $text in *"$word"*) ;; *) fail "no '$word' in: $text" ;; esac
  done
}

mkdir -p "$scratch/bundle/workflows"
cat > "$scratch/bundle/workflows/hold.lua" <<'LUA'
local workflow = require "workflow"
return workflow.define {
  name = "hold",
  run = function(ctx, input)
    ctx:decide("hold", { outcome = "hold", reason = "two lists disagree", evidence = { lists = input.lists } })
    local go = ctx:wait_signal("go")
    return go.why
  end,
}
LUA

# Starts the server, with more arguments if there are any, and waits until it answers.
serve() {
  rm -f "$scratch/ports"
  "$baton" serve --data "$scratch/data" --http 127.0.0.1:0 --mllp none --no-shipped-bundles \
    --set audit.origin=hospital.example/audit --port-file "$scratch/ports" --bundle "$scratch/bundle" "$@" \
    > "$scratch/log" 2>&1 &
  server=$!
  until [ -s "$scratch/ports" ]; do
    kill -0 "$server" 2>/dev/null || fail "the server ended: $(cat "$scratch/log")"
    sleep 0.1
  done
  client=$scratch/data/client.toml
  url=$(sed -n 's/^url *= *"\(.*\)"/\1/p' "$client")
  machine_key=$(sed -n 's/^key *= *"\(.*\)"/\1/p' "$client")
}
# As any program would ask, whoever it says it speaks for.
fetch() { curl -sfk -H "Authorization: Bearer $machine_key" "$@"; }
serve
ask() { "$baton" "$@" --client "$client" --as auditor-1; }

ask start hold --id case-1 --patient p-1 --input '{"lists":2}' > /dev/null
ask signal case-1 go '{"why":"fit"}' > /dev/null
ask show case-1 > /dev/null

expect "$(ask --json audit query --patient p-1 --action patient.read)" auditor-1 case-1
expect "$(ask audit query --instance case-1)" instance.started decision.made instance.closed
expect "$(ask audit explain case-1)" "two lists disagree" "hold.lua:"
expect "$(ask audit reproduce case-1)" "reproduced: " "1 decisions"
expect "$(ask audit sql "SELECT count(*) AS n FROM records WHERE action = 'decision.made'")" 1
if ask audit sql "DELETE FROM records" > /dev/null 2>&1; then fail "SQL could write"; fi

# A checkpoint follows within a second of the last record; the decision is in the first that covers it.
key=$(ask audit key)
index=$(ask --json audit query --action decision.made | sed 's/.*"index":\([0-9]*\).*/\1/')
tries=0
until ask audit prove "$index" --out "$scratch/decision.tlog-proof" > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || fail "no checkpoint covers record $index"
  sleep 0.1
done
expect "$("$baton" audit verify "$scratch/decision.tlog-proof" --key "$key")" "verified: record $index" "decision.made" "\"sealed\":"

ask audit export --tiles "$scratch/export" --ndjson "$scratch/all.ndjson" --csv "$scratch/all.csv" --fhir "$scratch/all.json" > /dev/null
cp "$scratch/export/checkpoint" "$scratch/known"
expect "$("$baton" audit verify "$scratch/export" --key "$key" --known "$scratch/known")" "verified: "
python3 - "$scratch" <<'PYTHON'
import base64, csv, json, sys
folder = sys.argv[1]
leaves = open(folder + "/all.ndjson").read().splitlines()
events = json.load(open(folder + "/all.json"))["entry"]
rows = list(csv.DictReader(open(folder + "/all.csv", newline="")))
assert len(leaves) == len(events) == len(rows) > 4, (len(leaves), len(events), len(rows))
for leaf, event, row in zip(leaves, events, rows):
    detail = {each["type"]: each for each in event["resource"]["entity"][-1]["detail"]}
    assert base64.b64decode(detail["leaf"]["valueBase64Binary"]).decode() == leaf == row["leaf"]
    assert event["resource"]["recorded"] == json.loads(leaf)["at"]
PYTHON

if [ -d "$here/npm/node_modules/fhir" ]; then node "$here/npm/validate_audit_events.js" "$scratch/all.json"; fi

# The evidence about one case, checked file by file with no server asked.
ask audit pack "$scratch/evidence" --instance case-1 > /dev/null
for proof in "$scratch"/evidence/proofs/*.tlog-proof; do
  expect "$("$baton" audit verify "$proof" --key "$(cat "$scratch/evidence/ledger.vkey")")" "verified: record"
done
expect "$(cat "$scratch/evidence/index.html")" "two lists disagree" "decision.made"
expect "$(cat "$scratch/evidence/reproduction.json")" '"reproduced":true'

# Break-glass waits for a review by somebody else.
fetch -H 'X-Baton-Subject: dr-1' -H 'X-Baton-Purpose: BTG' "$url/v1/instances/case-1" > /dev/null
used=$(ask --json audit review | sed 's/.*"index":\([0-9]*\).*/\1/')
expect "$(ask audit query --purpose BTG)" dr-1 case-1
expect "$(ask audit review "$used" --outcome justified --reason 'on call')" reviewed
if ask --json audit review | grep -q '"index"'; then fail "a reviewed use still waits"; fi

export GO111MODULE=off GOPATH="${GOPATH:-/usr/share/gocode}" GOCACHE="$scratch/go-cache" GOFLAGS=
go build -o "$scratch/verify_tiles" "$here/verify_tiles.go"
printf '%s\n' "$key" > "$scratch/verifier_key"
"$scratch/verify_tiles" --export-only "$scratch"

# A witness in a process of its own cosigns what the server signs from then on.
"$baton" witness "$scratch/witness" --name witness.example/one --log "$key" --http 127.0.0.1:0 \
  --port-file "$scratch/witness_port" > "$scratch/witness_log" 2>&1 &
witness=$!
until [ -s "$scratch/witness_port" ]; do
  kill -0 "$witness" 2>/dev/null || fail "the witness ended: $(cat "$scratch/witness_log")"
  sleep 0.1
done
witness_url="http://127.0.0.1:$(sed 's/.*"http":\([0-9]*\).*/\1/' "$scratch/witness_port")"
witness_key=$(sed -n 's/^  key   //p' "$scratch/witness_log")
kill "$server"; wait "$server" 2>/dev/null || true
serve --set "audit.witnesses=$witness_url $witness_key"
tries=0
until fetch "$url/checkpoint" | grep -q '^— witness.example/one '; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || fail "no checkpoint was cosigned: $(cat "$scratch/log" "$scratch/witness_log")"
  sleep 0.1
done
hash=$(printf '%s' hospital.example/audit | sha256sum | cut -d' ' -f1)
expect "$(curl -sf "$witness_url/$hash/checkpoint")" hospital.example/audit "witness.example/one"

# One bit of one record.
file=$(find "$scratch/export/tile/entries" -type f | head -1)
byte=$(od -An -tu1 -j 30 -N 1 "$file" | tr -d ' ')
printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$file" bs=1 seek=30 conv=notrunc 2>/dev/null
if "$baton" audit verify "$scratch/export" --key "$key" > "$scratch/refusal"; then fail "a changed export was taken"; fi
expect "$(cat "$scratch/refusal")" REFUSED "first bad record: 0"
if "$scratch/verify_tiles" --export-only "$scratch" 2>/dev/null; then fail "go took a changed export"; fi
echo "audit: exported, verified, and refused when changed"
