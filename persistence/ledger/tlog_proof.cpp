#include "persistence/ledger/tlog_proof.hpp"

#include <algorithm>

#include "runtime/base/base64.hpp"

namespace baton {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Error bad_proof(const char* why) {
  return Error{ErrorCode::bad_checkpoint, std::string("this is no tlog-proof: ") + why, {}};
}

// The next line, without its newline; empty at the end too, which ends the path like the blank line.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

}  // namespace

std::string format_tlog_proof(const TlogProof& proof) {
  std::string text = std::string(kHeader) + "\n";
  if (proof.extra) text.append(kExtra).append(encode_base64(*proof.extra)).append("\n");
  text.append(kIndex).append(std::to_string(proof.index)).append("\n");
  for (const Hash256& hash : proof.path) text.append(encode_base64(as_bytes(hash))).append("\n");
  return text.append("\n").append(proof.checkpoint_note);
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  if (take_line(text) != kHeader) return bad_proof("its first line is another");
  TlogProof proof;
  std::string_view line = take_line(text);
  if (line.starts_with(kExtra)) {
    proof.extra = decode_base64(line.substr(kExtra.size()));
    if (!proof.extra) return bad_proof("its extra data is not base 64");
    line = take_line(text);
  }
  if (!line.starts_with(kIndex)) return bad_proof("it has no index");
  const auto index = parse_tree_number(line.substr(kIndex.size()));
  if (!index.ok()) return index.error();
  proof.index = *index;
  for (line = take_line(text); !line.empty(); line = take_line(text)) {
    const auto hash = parse_hash(line);
    if (!hash.ok()) return hash.error();
    if (proof.path.size() == merkle::kMaxHeight) return bad_proof("its path is too long");
    proof.path.push_back(*hash);
  }
  proof.checkpoint_note = std::string(text);
  return proof;
}

Result<TlogProof> prove_record(const LedgerReader& reader, std::uint64_t index, std::string_view checkpoint_note) {
  const auto note = parse_note(checkpoint_note);
  if (!note.ok()) return note.error();
  const auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.error();
  auto path = reader.inclusion(index, checkpoint->size);
  if (!path.ok()) return path.error();
  auto leaf = reader.leaf(index);
  if (!leaf.ok()) return leaf.error();
  return TlogProof{*std::move(leaf), index, *std::move(path), std::string(checkpoint_note)};
}

Result<ProvedRecord> verify_tlog_proof(const TlogProof& proof, std::optional<std::string_view> leaf,
                                       const CheckpointTrust& trust) {
  if (!leaf && !proof.extra) {
    return Error{ErrorCode::bad_field, "the evidence holds no record", "Give the record beside the evidence file."};
  }
  ProvedRecord proved{proof.index, std::string(leaf ? *leaf : std::string_view(*proof.extra)), {}};
  auto opened = open_checkpoint(proof.checkpoint_note, trust);
  if (!opened.ok()) return opened.error();
  proved.checkpoint = *std::move(opened);
  const Checkpoint& checkpoint = proved.checkpoint.checkpoint;
  const Hash256 hash = merkle::Hasher().leaf(proved.leaf);
  const Status included = merkle::verify_inclusion(proof.index, checkpoint.size, hash, proof.path, checkpoint.root);
  if (!included.ok()) return included.error();
  return proved;
}

}  // namespace baton
