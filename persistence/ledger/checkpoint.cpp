#include "persistence/ledger/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "runtime/base/base64.hpp"

namespace baton {
namespace {

Error bad_checkpoint(std::string why) { return Error{ErrorCode::bad_checkpoint, std::move(why), {}}; }

// Takes the next line off `rest`. Nothing when no newline is left.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

bool signed_by(const OpenedCheckpoint& opened, const NoteVerifier& key) {
  return std::ranges::any_of(opened.signatures, [&](const NoteSignature& signature) {
    return signature.key_id == key.key_id() && signature.name == key.name();
  });
}

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
  std::string text = checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
                     encode_base64(as_bytes(checkpoint.root)) + "\n";
  for (const std::string& extension : checkpoint.extensions) text.append(extension).append("\n");
  return text;
}

Result<std::uint64_t> parse_tree_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool canonical = text == "0" || (!text.empty() && text.front() != '0');
  if (!canonical || error != std::errc() || end != text.data() + text.size() || number >> 63 != 0) {
    return bad_checkpoint("a tree size or index is not a plain decimal number");
  }
  return number;
}

Result<Hash256> parse_hash(std::string_view text) {
  const auto bytes = decode_base64(text);
  Hash256 hash;
  if (!bytes || bytes->size() != hash.size()) return bad_checkpoint("a hash is not 32 bytes in base 64");
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!origin || origin->empty() || !size_line || !root_line) return bad_checkpoint("a checkpoint has three lines");
  const auto size = parse_tree_number(*size_line);
  if (!size.ok()) return size.error();
  const auto root = parse_hash(*root_line);
  if (!root.ok()) return root.error();
  Checkpoint checkpoint{std::string(*origin), *size, *root, {}};
  while (const auto extension = take_line(text)) {
    if (extension->empty()) return bad_checkpoint("a checkpoint's extension line is empty");
    checkpoint.extensions.emplace_back(*extension);
  }
  if (!text.empty()) return bad_checkpoint("the checkpoint's last line is cut short");
  return checkpoint;
}

Result<OpenedCheckpoint> open_checkpoint(std::string_view note, const CheckpointTrust& trust) {
  BATON_ASSERT(trust.log != nullptr);
  std::vector<const NoteVerifier*> known{trust.log};
  known.insert(known.end(), trust.witnesses.begin(), trust.witnesses.end());
  auto verified = open_note(note, known);
  if (!verified.ok()) return verified.error();
  auto checkpoint = parse_checkpoint(verified->text);
  if (!checkpoint.ok()) return checkpoint.error();

  OpenedCheckpoint opened{*std::move(checkpoint), std::move(verified->signatures)};
  if (!signed_by(opened, *trust.log)) return bad_checkpoint("the checkpoint is not signed by " + trust.log->name());
  if (opened.checkpoint.origin != trust.log->name())
    return bad_checkpoint("the checkpoint's origin is not " + trust.log->name());
  // open_note keeps one signature a key, so all but the log's are cosignatures by different witnesses.
  const std::size_t cosignatures = opened.signatures.size() - 1;
  if (cosignatures < trust.cosignatures_needed) {
    return bad_checkpoint("the checkpoint has " + std::to_string(cosignatures) + " known cosignatures and needs " +
                          std::to_string(trust.cosignatures_needed));
  }
  return opened;
}

}  // namespace baton
