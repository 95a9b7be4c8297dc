// Verifies an export of the ledger with Go's own golang.org/x/mod/sumdb/note and tlog: the checkpoint's signature, every
// entry against every tile up to the signed root, and Baton's proofs. Run with GO111MODULE=off over Debian's packages.
//
//	verify_tiles DIRECTORY                  as make_export has written it
//	verify_tiles --export-only DIRECTORY    without a witness and without proofs: a server's own export
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

func readFile(parts ...string) []byte {
	bytes, err := os.ReadFile(filepath.Join(parts...))
	must(err, "read")
	return bytes
}

// tiles reads C2SP paths, which are Go's without the height.
type tiles struct{ directory string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(t.directory, path))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// openCheckpoint verifies the note with Go's package and reads its three lines.
func openCheckpoint(directory string) (*note.Note, tlog.Tree) {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(readFile(directory, "verifier_key"))))
	must(err, "verifier key")
	opened, err := note.Open(readFile(directory, "export", "checkpoint"), note.VerifierList(verifier))
	must(err, "checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("checkpoint text %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	root, err := tlog.ParseHash(lines[2])
	must(err, "root")
	return opened, tlog.Tree{N: size, Hash: root}
}

// checkCosignature follows C2SP tlog-cosignature by hand: Go's note package does not know that type.
func checkCosignature(directory string, opened *note.Note) {
	parts := strings.SplitN(strings.TrimSpace(string(readFile(directory, "witness_key"))), "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err, "witness key")
	for _, signature := range opened.UnverifiedSigs {
		if signature.Name != parts[0] || fmt.Sprintf("%08x", signature.Hash) != parts[1] || key[0] != 4 {
			continue
		}
		bytes, err := base64.StdEncoding.DecodeString(signature.Base64)
		must(err, "cosignature")
		text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(bytes[4:12]), opened.Text)
		if !ed25519.Verify(ed25519.PublicKey(key[1:]), []byte(text), bytes[12:]) {
			fail("the cosignature is wrong")
		}
		return
	}
	fail("no cosignature")
}

// minimumIndex is where the entries of a pruned ledger's export begin; 0 of a whole one.
func minimumIndex(directory string) int64 {
	bytes, err := os.ReadFile(filepath.Join(directory, "export", "minimum-index"))
	if os.IsNotExist(err) {
		return 0
	}
	must(err, "minimum index")
	minimum, err := strconv.ParseInt(strings.TrimSpace(string(bytes)), 10, 64)
	must(err, "minimum index")
	return minimum
}

// prunedTo is the minimum index that a record sets; -1 of a record of anything else.
func prunedTo(leaf []byte) int64 {
	var record struct {
		Action string
		After  struct {
			Minimum int64 `json:"minimum_index"`
		}
	}
	if json.Unmarshal(leaf, &record) != nil || record.Action != "ledger.pruned" {
		return -1
	}
	return record.After.Minimum
}

// checkEntries hashes every entry of every bundle and compares with the tiles, which tlog authenticates to the root. What
// is missing at the beginning must be what a record says was pruned.
func checkEntries(directory string, tree tlog.Tree, hashes tlog.HashReader) {
	minimum, pruned := minimumIndex(directory), int64(0)
	for index := minimum; index < tree.N; {
		tile := tlog.Tile{H: 8, L: 0, N: index / 256, W: 256}
		if tree.N-index < 256 {
			tile.W = int(tree.N - index)
		}
		bundle := readFile(directory, "export", strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1))
		var stored []int64
		var records []tlog.Hash
		for i := 0; i < tile.W; i++ {
			size := int(binary.BigEndian.Uint16(bundle))
			records = append(records, tlog.RecordHash(bundle[2:2+size]))
			if minimum > 0 && prunedTo(bundle[2:2+size]) > pruned {
				pruned = prunedTo(bundle[2 : 2+size])
			}
			stored = append(stored, tlog.StoredHashIndex(0, index))
			bundle = bundle[2+size:]
			index++
		}
		if len(bundle) != 0 {
			fail("bytes follow the last entry of %s", tile.Path())
		}
		expected, err := hashes.ReadHashes(stored)
		must(err, "tiles")
		for i := range records {
			if records[i] != expected[i] {
				fail("entry %d is not in the tree", index-int64(len(records)-i))
			}
		}
	}
	if minimum > pruned {
		fail("nothing says that the entries below %d were pruned", minimum)
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	must(err, "root")
	if root != tree.Hash {
		fail("the root differs")
	}
}

func hashOf(text string) tlog.Hash {
	hash, err := tlog.ParseHash(text)
	must(err, "hash")
	return hash
}

func pathOf(texts []string) []tlog.Hash {
	path := []tlog.Hash{}
	for _, text := range texts {
		path = append(path, hashOf(text))
	}
	return path
}

// checkProofs takes Baton's proofs, and Go's own proofs from the same tiles must equal them.
func checkProofs(directory string, tree tlog.Tree, hashes tlog.HashReader) (count int) {
	var proofs struct {
		Inclusion []struct {
			Index, Size int64
			Root        string
			Leaf        []byte
			Path        []string
		}
		Consistency []struct {
			OldSize int64 `json:"old_size"`
			Size    int64
			OldRoot string `json:"old_root"`
			Root    string
			Path    []string
		}
	}
	must(json.Unmarshal(readFile(directory, "proofs.json"), &proofs), "proofs.json")
	for _, p := range proofs.Inclusion {
		path := pathOf(p.Path)
		must(tlog.CheckRecord(path, p.Size, hashOf(p.Root), p.Index, tlog.RecordHash(p.Leaf)), "inclusion proof")
		own, err := tlog.ProveRecord(p.Size, p.Index, hashes)
		must(err, "own inclusion proof")
		if fmt.Sprint([]tlog.Hash(own)) != fmt.Sprint(path) {
			fail("the proof of %d at %d differs from Go's", p.Index, p.Size)
		}
	}
	for _, p := range proofs.Consistency {
		path := pathOf(p.Path)
		must(tlog.CheckTree(path, p.Size, hashOf(p.Root), p.OldSize, hashOf(p.OldRoot)), "consistency proof")
		own, err := tlog.ProveTree(p.Size, p.OldSize, hashes)
		must(err, "own consistency proof")
		if fmt.Sprint([]tlog.Hash(own)) != fmt.Sprint(path) {
			fail("the proof of %d in %d differs from Go's", p.OldSize, p.Size)
		}
	}
	return len(proofs.Inclusion) + len(proofs.Consistency)
}

func main() {
	exportOnly := len(os.Args) == 3 && os.Args[1] == "--export-only"
	if len(os.Args) != 2 && !exportOnly {
		fail("usage: verify_tiles [--export-only] DIRECTORY")
	}
	directory := os.Args[len(os.Args)-1]
	opened, tree := openCheckpoint(directory)
	if !exportOnly {
		checkCosignature(directory, opened)
	}
	hashes := tlog.TileHashReader(tree, tiles{filepath.Join(directory, "export")})
	checkEntries(directory, tree, hashes)
	if exportOnly {
		fmt.Printf("go: %d entries verified\n", tree.N)
		return
	}
	count := checkProofs(directory, tree, hashes)
	fmt.Printf("go: %d entries, %d proofs verified\n", tree.N, count)
}
