#include "persistence/ledger/witness.hpp"

#include <algorithm>
#include <filesystem>

#include "persistence/ledger/export_files.hpp"

namespace baton {
namespace {

constexpr std::size_t kNoteSize = 1u << 20;

WitnessAnswer refuse(int status, std::string why) {
  return {status, "text/plain; charset=utf-8", std::move(why) + "\n"};
}

std::string origin_hash_of(std::string_view origin) { return to_hex(sha256(origin)); }

std::filesystem::path file_of(const std::string& directory, std::string_view origin) {
  return std::filesystem::path(directory) / (origin_hash_of(origin) + ".checkpoint");
}

// The size last cosigned, and its root. Its signatures were verified before it was remembered.
Result<Checkpoint> last_checkpoint(const WitnessMemory& memory, std::string_view origin) {
  const auto note = memory.last_note(origin);
  if (!note.ok()) return note.error();
  if (!*note) return Checkpoint{std::string(origin), 0, merkle::empty_root(), {}};
  const auto parsed = parse_note(**note);
  if (!parsed.ok()) return parsed.error();
  return parse_checkpoint(parsed->text);
}

// C2SP: nothing follows from the empty tree, so from size 0 there is nothing to prove.
bool is_consistent(const Checkpoint& last, const Checkpoint& next, const merkle::Proof& proof) {
  if (next.size == 0) return next.root == merkle::empty_root() && proof.empty();
  if (last.size == 0) return proof.empty();
  return merkle::verify_consistency(last.size, next.size, last.root, next.root, proof).ok();
}

}  // namespace

Result<std::optional<std::string>> WitnessFiles::last_note(std::string_view origin) const {
  auto note = read_export_file(file_of(directory_, origin), kNoteSize);
  if (note.ok()) return std::optional<std::string>(*std::move(note));
  if (note.error().code == ErrorCode::not_found) return std::optional<std::string>();
  return note.error();
}

Status WitnessFiles::remember(std::string_view origin, std::string_view note) {
  return write_file_durably(file_of(directory_, origin), note);
}

WitnessAnswer Witness::add_checkpoint(std::string_view body) {
  const auto request = parse_witness_request(body);
  if (!request.ok()) return refuse(400, to_string(request.error()));
  const auto note = parse_note(request->checkpoint_note);
  if (!note.ok()) return refuse(400, to_string(note.error()));
  const auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint.ok()) return refuse(400, to_string(checkpoint.error()));

  const auto log = std::ranges::find(logs_, checkpoint->origin, &WitnessedLog::origin);
  if (log == logs_.end()) return refuse(404, "this witness does not watch that origin");
  std::vector<const NoteVerifier*> keys;
  for (const auto& key : log->keys) keys.push_back(key.get());
  const auto opened = open_note(request->checkpoint_note, keys);
  if (!opened.ok()) return refuse(403, to_string(opened.error()));
  return judge(*request, *checkpoint, *opened);
}

WitnessAnswer Witness::judge(const WitnessRequest& request, const Checkpoint& checkpoint, const SignedNote& opened) {
  if (request.old_size > checkpoint.size) return refuse(400, "the old size is above the checkpoint's");
  const auto last = last_checkpoint(memory_, checkpoint.origin);
  if (!last.ok()) return refuse(500, to_string(last.error()));
  if (request.old_size != last->size) return {409, "text/x.tlog.size", std::to_string(last->size) + "\n"};
  if (!is_consistent(*last, checkpoint, request.proof)) {
    return refuse(422, "the checkpoint is not consistent with the last one cosigned");
  }
  const NoteSignature cosignature{signer_->name(), signer_->key_id(), signer_->sign(opened.text)};
  SignedNote remembered = opened;
  add_signature(remembered, cosignature);
  const Status status = memory_.remember(checkpoint.origin, format_note(remembered));
  if (!status.ok()) return refuse(500, to_string(status.error()));
  return {200, "text/plain; charset=utf-8", format_signature(cosignature)};
}

WitnessAnswer Witness::checkpoint(std::string_view origin_hash) const {
  const auto log = std::ranges::find_if(
      logs_, [&](const WitnessedLog& candidate) { return origin_hash_of(candidate.origin) == origin_hash; });
  if (log == logs_.end()) return refuse(404, "this witness does not watch that origin");
  const auto note = memory_.last_note(log->origin);
  if (!note.ok()) return refuse(500, to_string(note.error()));
  if (!*note) return refuse(404, "this witness has not cosigned that origin yet");
  return {200, "text/plain; charset=utf-8", **note};
}

}  // namespace baton
