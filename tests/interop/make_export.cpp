// Writes a signed export of a made-up ledger, with proofs and evidence, for verifiers that others wrote.
//
//   make_export DIRECTORY SIZE
//     DIRECTORY/export/               C2SP tlog-tiles
//     DIRECTORY/verifier_key          of the ledger          DIRECTORY/witness_key   of a cosigning witness
//     DIRECTORY/proofs.json           inclusion and consistency proofs, hashes in base 64
//     DIRECTORY/record.tlog-proof     evidence for one record
#include <cstdio>
#include <cstdlib>

#include "persistence/ledger/tlog_proof.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/json_text.hpp"
#include "tests/persistence/ledger_export_fixture.hpp"

namespace baton {
namespace {

std::string base64(const Hash256& hash) { return encode_base64(as_bytes(hash)); }

void write_path(JsonWriter& json, const merkle::Proof& path) {
  json.key("path").begin_array();
  for (const Hash256& hash : path) json.string(base64(hash));
  json.end_array();
}

std::string proofs_json(const LedgerReader& reader, std::uint64_t size) {
  JsonWriter json;
  json.begin_object().key("inclusion").begin_array();
  for (std::uint64_t index = 0; index < size; index += 1 + size / 40) {
    const std::uint64_t at_size = index % 2 == 0 ? size : index + 1 + (size - index - 1) / 2;
    json.begin_object().field("index", static_cast<std::int64_t>(index));
    json.field("size", static_cast<std::int64_t>(at_size)).field("root", base64(reader.root(at_size).value()));
    json.field("leaf", encode_base64(reader.leaf(index).value()));
    write_path(json, reader.inclusion(index, at_size).value());
    json.end_object();
  }
  json.end_array().key("consistency").begin_array();
  for (std::uint64_t old_size = 1; old_size <= size; old_size = old_size * 3 / 2 + 1) {
    json.begin_object().field("old_size", static_cast<std::int64_t>(old_size));
    json.field("size", static_cast<std::int64_t>(size)).field("old_root", base64(reader.root(old_size).value()));
    json.field("root", base64(reader.root(size).value()));
    write_path(json, reader.consistency(old_size, size).value());
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

std::string cosigned_by(const NoteSigningKey& witness, const std::string& checkpoint) {
  SignedNote note = parse_note(checkpoint).value();
  const auto signer = witness.signer([] { return 1'700'000'000; });
  add_signature(note, {signer->name(), signer->key_id(), signer->sign(note.text)});
  return format_note(note);
}

bool make_export(const std::filesystem::path& directory, std::uint64_t size) {
  const test::LedgerStore store = test::filled_store(size, 300);
  const LedgerReader reader(store);
  const test::LedgerSigner signer;
  const auto witness = NoteSigningKey::generate("witness.example/w1", NoteKeyType::cosignature_v1).value();
  const std::string checkpoint = cosigned_by(witness, signer.sign_head(reader, size));

  if (!export_tiles(reader, checkpoint, directory / "export").ok()) return false;
  test::write_file(directory / "verifier_key", signer.verifier_key() + "\n");
  test::write_file(directory / "witness_key", witness.verifier_key() + "\n");
  test::write_file(directory / "proofs.json", proofs_json(reader, size));
  test::write_file(directory / "record.tlog-proof",
                   format_tlog_proof(prove_record(reader, size / 3, checkpoint).value()));
  return true;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: make_export DIRECTORY SIZE\n", stderr), 2;
  return baton::make_export(argv[1], std::strtoull(argv[2], nullptr, 10)) ? 0 : 1;
}
