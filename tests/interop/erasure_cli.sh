#!/bin/sh
# A patient is erased from a running server by two people. Before and after, no file of the server (store, write-ahead log,
# tables, key store, log), no export and no backup holds a word of what was told of the person; afterwards nobody can ask for
# it either, the backup included, and the ledger verifies as before.
#
#   erasure_cli.sh BATON
set -eu
baton=$1
scratch=$(mktemp -d)
server=

# Ends what this script has started, and nothing else.
end() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap end EXIT

fail() {
  echo "erasure: $*" >&2
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

# Runs the command, which must fail and say each of the words.
refused() {
  words=$1
  shift
  if "$@" > "$scratch/refusal" 2>&1; then fail "was not refused: $*"; fi
  expect "$(cat "$scratch/refusal")" $words
}

mkdir -p "$scratch/bundle/workflows"
cat > "$scratch/bundle/workflows/stay.lua" <<'LUA'
local workflow = require "workflow"
return workflow.define {
  name = "stay",
  search = { finding = "keyword" },
  run = function(ctx, input)
    ctx:set("finding", input.finding)
    ctx:decide("hold", { outcome = "hold", reason = "because of " .. input.finding, evidence = { input, string.rep(input.name, 400) } })
    local go = ctx:wait_signal("go")
    return go.why
  end,
}
LUA

serve() {
  rm -f "$scratch/ports"
  "$baton" serve --data "$scratch/data" --http 127.0.0.1:0 --mllp none --no-shipped-bundles \
    --set audit.origin=hospital.example/audit --port-file "$scratch/ports" --bundle "$scratch/bundle" "$@" \
    >> "$scratch/log" 2>&1 &
  server=$!
  until [ -s "$scratch/ports" ]; do
    kill -0 "$server" 2>/dev/null || fail "the server ended: $(cat "$scratch/log")"
    sleep 0.1
  done
  client=$scratch/data/client.toml
}
stop() {
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}
ask() { "$baton" "$@" --client "$client" --as records-1; }
as_officer() { "$baton" "$@" --client "$client" --as officer-2; }
# What was told of the person is in no file below these folders.
clean() {
  for canary in QUETZAL MRN-0815 VISIT-77 fracturedhip sertraline p-quetzal; do
    if grep -rla "$canary" "$@"; then fail "$canary is in the clear in the files above"; fi
  done
}

serve
ask start stay --id case-1 --patient p-quetzal --key VISIT-77 \
  --input '{"name":"QUETZAL","finding":"fracturedhip","number":"MRN-0815"}' > /dev/null
ask start stay --id case-2 --patient p-other --input '{"name":"Other","finding":"none"}' > /dev/null
expect "$(ask ls --patient p-quetzal)" case-1
expect "$(ask audit query --patient p-quetzal)" "because of fracturedhip"
clean "$scratch/data" "$scratch/log"

key=$(ask audit key)
tries=0
until ask audit prove 3 --out "$scratch/before.tlog-proof" > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "no checkpoint"
  sleep 0.1
done
ask audit export --tiles "$scratch/export" --ndjson "$scratch/all.ndjson" --csv "$scratch/all.csv" > /dev/null
cp "$scratch/export/checkpoint" "$scratch/known"
clean "$scratch/export" "$scratch/all.ndjson" "$scratch/all.csv"
ask audit export --ndjson "$scratch/opened" --open > /dev/null
grep -q "because of fracturedhip" "$scratch/opened" || fail "an export that was asked to open did not"
rm "$scratch/opened"

# One asks, somebody else approves, and not before the case has ended.
id=$(ask --json audit erase request p-quetzal --basis gdpr-17-1-b --reason 'consent withdrawn' | sed 's/.*"id":"\([^"]*\)".*/\1/')
expect "$(ask audit erase show "$id")" '"would_erase"' '"cases":1' case-1
refused "BT118" ask audit erase approve "$id" --reason mine
refused "BT105 case-1" as_officer audit erase approve "$id" --reason checked
ask signal case-1 go '{"why":"sertraline"}' > /dev/null

# A backup from before, without the keys, as OPERATIONS.md says; through tables as well as the log.
stop
mkdir "$scratch/backup"
cp -r "$scratch/data/store" "$scratch/data/high_water_mark" "$scratch/data/ledger.key" "$scratch/data/ledger.checkpoint" "$scratch/backup"
cp -r "$scratch/data/keys" "$scratch/old_keys"
clean "$scratch/data" "$scratch/backup" "$scratch/old_keys" "$scratch/log"
serve
tries=0
until as_officer audit erase approve "$id" --reason checked > "$scratch/approved" 2>&1; do
  tries=$((tries + 1))  # The person's record hears a moment later than the case that it has ended.
  grep -q BT105 "$scratch/approved" && [ "$tries" -lt 600 ] || fail "was not approved: $(cat "$scratch/approved")"
  sleep 0.1
done
expect "$(cat "$scratch/approved")" "erased: 1 keys destroyed" "1 cases"
expect "$(ask audit erase list)" "$id" erased gdpr-17-1-b officer-2

# Gone for whoever asks, and for good.
for life in 1 2; do
  refused "BT507" ask show case-1
  if ask ls --patient p-quetzal | grep -q case-1; then fail "a list still has the case"; fi
  expect "$(ask audit query --patient p-quetzal)" decision.made patient.erased
  if ask --json audit query --patient p-quetzal | grep -e fracturedhip -e QUETZAL; then fail "a record still says it"; fi
  ask show case-2 > /dev/null
  clean "$scratch/data" "$scratch/log"
  stop
  serve
done
tries=0
until ask audit prove "$(ask --json audit query --action patient.erased | sed 's/.*"index":\([0-9]*\).*/\1/')" > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "no checkpoint covers the erasure"
  sleep 0.1
done
ask audit export --tiles "$scratch/export" > /dev/null
expect "$("$baton" audit verify "$scratch/export" --key "$key" --known "$scratch/known")" "verified: "
expect "$("$baton" audit verify "$scratch/before.tlog-proof" --key "$key")" "verified: record 3"
stop

# The backup from before, with the keys of today: the person is gone from it. With the old key store and today's
# key-encryption key nothing opens.
mkdir "$scratch/restored"
cp -r "$scratch/backup/." "$scratch/restored"
cp -r "$scratch/data/keys" "$scratch/restored/keys"
cp "$scratch/data/client.toml" "$scratch/restored" 2>/dev/null || true
mv "$scratch/data" "$scratch/data.new"
mv "$scratch/restored" "$scratch/data"
serve
refused "BT507" ask show case-1
ask show case-2 > /dev/null
stop
clean "$scratch/data"
rm -r "$scratch/data/keys"
mkdir "$scratch/data/keys"
cp "$scratch"/old_keys/patient_keys.* "$scratch/data/keys"
cp "$scratch/data.new/keys/encryption_key" "$scratch/data/keys"
"$baton" serve --data "$scratch/data" --http 127.0.0.1:0 --mllp none > "$scratch/refusal" 2>&1 && fail "opened with the old key store"
expect "$(cat "$scratch/refusal")" BT506

# The keys are renewed while the server runs.
rm -r "$scratch/data"
mv "$scratch/data.new" "$scratch/data"
serve
refused "BT807" ask patient-keys rotate --reason yearly  # Not on somebody's word.
expect "$("$baton" patient-keys rotate --client "$client" --reason yearly)" "generation"
ask show case-2 > /dev/null
stop
serve
ask show case-2 > /dev/null
expect "$(ask audit query --action keys.rotated)" yearly
clean "$scratch/data" "$scratch/log"
echo "erasure: sealed before, gone after, and everything still verifies"
