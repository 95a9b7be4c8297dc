#!/bin/sh
# The auditor's day, from the outside: a server runs a small workflow, its ledger is exported with the command line, and
# Baton's offline verifier, Go's and OpenSSL's take it; a changed export is refused by all.
#
#   audit_cli.sh BATON        77: a verifier is not installed
set -eu
baton=$1
command -v go >/dev/null || exit 77
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$here/npm/node_modules/fhir" ] || exit 77
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

mkdir -p "$scratch/bundle/workflows" "$scratch/bundle/activities"
cat > "$scratch/bundle/activities/send.lua" <<'LUA'
local http = require "http"
return {
  out = function(input)
    local answered = pcall(http.post, "http://127.0.0.1:9/lab", { patient = input.patient }, { timeout = "1s" })
    return { answered = answered }
  end,
}
LUA
cat > "$scratch/bundle/workflows/hold.lua" <<'LUA'
local workflow = require "workflow"
return workflow.define {
  name = "hold",
  run = function(ctx, input)
    ctx:decide("hold", { outcome = "hold", reason = "two lists disagree", evidence = { lists = input.lists } })
    ctx:activity("send.out", { patient = "p-1" })
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
expect "$(fetch "$url/v1/instances/case-1/result?wait=60s")" '"status":"completed"'
ask show case-1 > /dev/null
ask ls > /dev/null
trace=4bf92f3577b34da6a3ce929d0e0e4736
fetch -H "traceparent: 00-$trace-00f067aa0ba902b7-01" "$url/v1/instances/case-1" > /dev/null
expect "$(ask --json audit query --instance case-1 --action patient.read)" "$trace" 00f067aa0ba902b7

expect "$(ask --json audit query --patient p-1 --action patient.read)" auditor-1 case-1
expect "$(ask audit query --instance case-1)" instance.started decision.made instance.closed
expect "$(ask audit explain case-1)" "two lists disagree" "hold.lua:"
expect "$(ask audit reproduce case-1)" "reproduced: " "1 decisions"
expect "$(ask audit sql "SELECT count(*) AS n FROM records WHERE action = 'decision.made'")" 1
if ask audit sql "DELETE FROM records" > /dev/null 2>&1; then fail "SQL could write"; fi

# The ready questions.
expect "$(ask audit ask)" patient person overrides break-glass why shown disclosures unchanged
expect "$(ask audit ask patient --patient p-1)" auditor-1 patient.read signal.received
expect "$(ask audit ask person --person auditor-1)" instance.started
expect "$(ask audit ask why --instance case-1)" "two lists disagree" "hold.lua:"
expect "$(ask audit ask disclosures --patient p-1)" "http://127.0.0.1:9" send.out
ask audit hold place --from 2001-01-01T00:00:00Z --to 2001-01-02T00:00:00Z --reason inquiry > /dev/null
expect "$(ask audit hold list)" hold-1 inquiry
ask audit hold lift hold-1 --reason 'nothing was found' > /dev/null

# A checkpoint follows within a second of the last record.
key=$(ask audit key)
index_of() { ask --json audit query --action "$1" | sed 's/.*"index":\([0-9]*\).*/\1/'; }
last=$(index_of hold.lifted)
tries=0
until ask audit prove "$last" > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "no checkpoint covers record $last"
  sleep 0.1
done
index=$(index_of decision.made)
ask audit prove "$index" --out "$scratch/decision.tlog-proof" > /dev/null
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
assert len(leaves) == len(rows) > 4, (len(leaves), len(rows))
assert all(leaf == row["leaf"] for leaf, row in zip(leaves, rows))
seen = set()  # A list is an event for each patient on it.
for event in events:
    detail = {each["type"]: each for each in event["resource"]["entity"][-1]["detail"]}
    index = int(detail["index"]["valueString"])
    seen.add(index)
    assert base64.b64decode(detail["leaf"]["valueBase64Binary"]).decode() == leaves[index]
    assert event["resource"]["recorded"] == json.loads(leaves[index])["at"]
assert seen == set(range(len(leaves)))
PYTHON

node "$here/npm/validate_audit_events.js" "$scratch/all.json" PatientRead PatientQuery Query PatientCreate PatientUpdate \
  Create Update PrivacyDisclosure.Source none

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

# Broken glass: one patient's data, on record, waiting for a review.
expect "$("$baton" break-glass p-1 --reason unconscious --client "$client" --as op-1 --as-role operator)" "is open to you"
fetch -H 'X-Baton-Subject: op-1' -H 'X-Baton-Role: operator' "$url/v1/patients/p-1" > /dev/null
expect "$(ask audit ask break-glass)" op-1 unconscious

export GO111MODULE=off GOPATH="${GOPATH:-/usr/share/gocode}" GOCACHE="$scratch/go-cache" GOFLAGS=
go build -o "$scratch/verify_tiles" "$here/verify_tiles.go"
printf '%s\n' "$key" > "$scratch/verifier_key"
"$scratch/verify_tiles" --export-only "$scratch"

# Nothing was changed since the checkpoint that the auditor has kept; one of another ledger is no beginning of this one.
expect "$(ask audit ask unchanged --known "$scratch/known" --key "$key")" "unchanged: "
sed 's/^\([0-9]*\)$/9\1/' "$scratch/known" > "$scratch/forged"
if ask audit ask unchanged --known "$scratch/forged" --key "$key" > /dev/null 2>&1; then fail "a forged checkpoint was taken"; fi

# Old records go once they are elsewhere, unless a hold is on them; everything that is left is still proved.
fetch -o /dev/null "$url/v1/instances/case-1#[1-300]"
signed() { fetch "$url/v1/audit/retention" | sed 's/.*"signed_size":\([0-9]*\).*/\1/'; }
tries=0
until [ "$(signed)" -gt 300 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "no checkpoint covers 300 records"
  sleep 0.1
done
ask audit hold place --patient p-1 --matter 23-cv-117 --reason 'court order' > /dev/null
if ask audit prune --before 256 > "$scratch/held" 2>&1; then fail "records under a hold may go"; fi
expect "$(cat "$scratch/held")" BT604 hold-2
ask audit hold lift hold-2 --reason settled > /dev/null
expect "$(ask audit prune --before 256)" "records 0 to 255 may go"
if ask audit prune --before 256 --export "$scratch/export" --key "$key" --reason old > "$scratch/short" 2>&1; then
  fail "records went that are in no export"
fi
expect "$(cat "$scratch/short")" BT605
ask audit export --tiles "$scratch/old/export" > /dev/null
expect "$(ask audit prune --before 256 --export "$scratch/old/export" --key "$key" --reason 'ten years are over')" \
  "the ledger begins at 256"
if ask audit show 3 > "$scratch/gone" 2>&1; then fail "a pruned record is still there"; fi
expect "$(cat "$scratch/gone")" BT603
tries=0
until ask audit export --tiles "$scratch/pruned/export" > /dev/null &&
  "$baton" audit verify "$scratch/pruned/export" --key "$key" 2>&1 | grep -q "those below 256 were pruned"; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "the export of the pruned ledger does not verify"
  sleep 0.1
done
for each in old pruned; do
  printf '%s\n' "$key" > "$scratch/$each/verifier_key"
  "$scratch/verify_tiles" --export-only "$scratch/$each"
  "$baton" audit verify "$scratch/$each/export" --key "$key" --known "$scratch/known" > /dev/null
done
expect "$("$baton" audit verify "$scratch/decision.tlog-proof" --key "$key")" "verified: record $index"
expect "$(ask audit ask unchanged --known "$scratch/known" --key "$key")" "unchanged: "
echo 512 > "$scratch/pruned/export/minimum-index"
if "$baton" audit verify "$scratch/pruned/export" --key "$key" > /dev/null; then fail "a cut export was taken"; fi
if "$scratch/verify_tiles" --export-only "$scratch/pruned" 2> /dev/null; then fail "go took a cut export"; fi

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
  [ "$tries" -lt 600 ] || fail "no checkpoint was cosigned: $(cat "$scratch/log" "$scratch/witness_log")"
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
