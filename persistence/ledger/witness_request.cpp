#include "persistence/ledger/witness_request.hpp"

#include "runtime/base/base64.hpp"

namespace baton {
namespace {

constexpr std::string_view kOld = "old ";
constexpr std::size_t kMaxProofLines = 63;

Error bad_request(const char* why) {
  return Error{ErrorCode::bad_checkpoint, std::string("witness request: ") + why, {}};
}

}  // namespace

std::string format_witness_request(const WitnessRequest& request) {
  std::string body = std::string(kOld) + std::to_string(request.old_size) + "\n";
  for (const Hash256& hash : request.proof) body.append(encode_base64(as_bytes(hash))).append("\n");
  return body.append("\n").append(request.checkpoint_note);
}

Result<WitnessRequest> parse_witness_request(std::string_view body) {
  const std::size_t blank = body.find("\n\n");
  if (!body.starts_with(kOld) || blank == std::string_view::npos) return bad_request("its first lines are others");
  std::string_view lines = body.substr(0, blank + 1);
  const std::size_t end = lines.find('\n');
  const auto old_size = parse_tree_number(lines.substr(kOld.size(), end - kOld.size()));
  if (!old_size.ok()) return old_size.error();
  WitnessRequest request{*old_size, {}, std::string(body.substr(blank + 2))};
  for (lines.remove_prefix(end + 1); !lines.empty(); lines.remove_prefix(lines.find('\n') + 1)) {
    if (request.proof.size() == kMaxProofLines) return bad_request("its proof is too long");
    const auto hash = parse_hash(lines.substr(0, lines.find('\n')));
    if (!hash.ok()) return hash.error();
    request.proof.push_back(*hash);
  }
  return request;
}

Result<std::string> add_cosignatures(std::string_view note, std::string_view response,
                                     std::span<const NoteVerifier* const> witnesses) {
  auto signed_note = parse_note(note);
  if (!signed_note.ok()) return signed_note.error();
  auto offered = parse_signatures(response);
  if (!offered.ok()) return offered.error();
  // As C2SP advises: put together with the text they are a note, and opening it keeps those by known witnesses.
  auto accepted = open_note(format_note({signed_note->text, *std::move(offered)}), witnesses);
  if (!accepted.ok()) return accepted.error();
  for (NoteSignature& signature : accepted->signatures) add_signature(*signed_note, std::move(signature));
  return format_note(*signed_note);
}

}  // namespace baton
