#!/bin/sh
# Has an export of the ledger verified by programs that others wrote, and has them refuse a damaged one.
#
#   run.sh go|openssl|npm MAKE_EXPORT        77: the verifier is not installed
set -eu
verifier=$1
make_export=$2
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints the arguments as a failure and stops.
fail() {
  echo "interop: $*" >&2
  exit 1
}

# Flips the lowest bit of the byte at an offset of a file.
flip() {
  byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

go_verifies() {
  export GO111MODULE=off GOPATH="${GOPATH:-/usr/share/gocode}" GOCACHE="$scratch/go-cache" GOFLAGS=
  go build -o "$scratch/verify_tiles" "$here/verify_tiles.go"
  for size in 1 256 1500 70000; do
    "$make_export" "$scratch/$size" "$size"
    "$scratch/verify_tiles" "$scratch/$size"
  done
  for file in checkpoint tile/0/002 tile/1/000.p/5 tile/entries/005.p/220; do
    flip "$scratch/1500/export/$file" 30
    if "$scratch/verify_tiles" "$scratch/1500" 2>/dev/null; then fail "go took a damaged $file"; fi
    flip "$scratch/1500/export/$file" 30
  done
  "$scratch/verify_tiles" "$scratch/1500"
}

# The note's text, its signature and the public key, cut out with the shell's own tools.
openssl_verify() {
  sed '/^$/,$d' "$1/export/checkpoint" > "$1/text"
  name=$(cut -d+ -f1 "$1/verifier_key")
  sed -n "s|^— $name ||p" "$1/export/checkpoint" | base64 -d | tail -c 64 > "$1/signature"
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000'
    cut -d+ -f3- "$1/verifier_key" | base64 -d | tail -c 32; } > "$1/key.der"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$1/key.der" -rawin -in "$1/text" -sigfile "$1/signature"
}

openssl_verifies() {
  "$make_export" "$scratch/ledger" 1500
  openssl_verify "$scratch/ledger"
  flip "$scratch/ledger/export/checkpoint" 26
  if openssl_verify "$scratch/ledger" >/dev/null 2>&1; then fail "openssl took a damaged checkpoint"; fi
}

npm_verifies() {
  [ -d "$here/npm/node_modules" ] || exit 77
  for size in 1 256 1500; do
    "$make_export" "$scratch/$size" "$size"
    node "$here/npm/verify_proofs.js" "$scratch/$size"
  done
}

case $verifier in
  go) command -v go >/dev/null || exit 77; go_verifies ;;
  openssl) command -v openssl >/dev/null || exit 77; openssl_verifies ;;
  npm) command -v node >/dev/null || exit 77; npm_verifies ;;
  *) fail "no such verifier: $verifier" ;;
esac
