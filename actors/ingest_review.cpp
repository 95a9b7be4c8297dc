// What an operator decides about a message in quarantine: play it again, perhaps edited, or let it be.
#include <utility>

#include "actors/ingest.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

namespace {

Error not_in_quarantine() {
  return {ErrorCode::conflict, "the message is not in quarantine",
          "look at it again; somebody may have decided already"};
}

}  // namespace

void Ingest::replay(ReplayMessage request, std::uint64_t token) {
  parts_.lanes.post("quarantine",
                    [this, request = std::move(request), token]() mutable { run_replay(std::move(request), token); });
}

void Ingest::discard(DiscardMessage request, std::uint64_t token) {
  parts_.lanes.post("quarantine", [this, request = std::move(request), token] { run_discard(request, token); });
}

// The message comes in again under a name that its bytes give it: the row of the first stays as it is, the same replay
// twice is one message, and a crash in between leaves a message that can be replayed once more. A replay that was itself
// quarantined is counted on, for the mapping may be another by now.
void Ingest::run_replay(ReplayMessage request, std::uint64_t token) {
  auto stored = parts_.reader.message(request.source, request.message_id);
  if (!stored.ok()) return parts_.replies.give(token, stored.error());
  if (!stored->has_value()) {
    return parts_.replies.give(token, Error{ErrorCode::not_found, "there is no such message", {}});
  }
  MessageRecord before = **std::move(stored);
  if (before.state != "quarantined") return parts_.replies.give(token, not_in_quarantine());
  const std::string raw = request.edited.empty() ? before.raw : request.edited;
  Inbound inbound =
      read_inbound(AcceptRequest{before.format, raw, before.source, before.message_id, request.by}, parts_.clock.now());
  inbound.source = before.source;
  inbound.lane = "quarantine";
  const std::string name = before.message_id + "~replay-" + to_hex(sha256(raw)).substr(0, 12);
  const auto replayed = [this, before, by = request.by, reason = request.reason](const MessageRecord& message) {
    if (message.state == "accepted") commit_review(before, "replayed", action::kMessageReplayed, by, reason, 0);
  };
  for (int count = 1;; ++count) {
    inbound.message_id = count == 1 ? name : name + "-" + std::to_string(count);
    const auto again = parts_.reader.message(inbound.source, inbound.message_id);
    if (!again.ok()) return parts_.replies.give(token, again.error());
    if (!again->has_value()) break;
    if ((*again)->state != "accepted") continue;
    replayed(**again);
    return parts_.replies.give(token, answer_of(**again));
  }
  take(std::move(inbound), token, replayed);
}

void Ingest::run_discard(const DiscardMessage& request, std::uint64_t token) {
  auto stored = parts_.reader.message(request.source, request.message_id);
  if (!stored.ok()) return parts_.replies.give(token, stored.error());
  if (!stored->has_value()) {
    return parts_.replies.give(token, Error{ErrorCode::not_found, "there is no such message", {}});
  }
  if ((*stored)->state != "quarantined") return parts_.replies.give(token, not_in_quarantine());
  if (request.reason.empty()) {
    return parts_.replies.give(token, Error{ErrorCode::bad_field, "reason is missing", "say why it is discarded"});
  }
  commit_review(**std::move(stored), "discarded", action::kMessageDiscarded, request.by, request.reason, token);
}

void Ingest::commit_review(MessageRecord before, std::string state, std::string_view what, const Principal& by,
                           const std::string& reason, std::uint64_t token) {
  AuditRecord record;
  record.action = what;
  record.at = parts_.clock.now();
  record.by = by;
  record.object = before.source + "/" + before.message_id;
  record.reason = reason;
  MessageRecord after = before;
  after.state = std::move(state);
  JsonText answer = answer_of(after);
  std::vector<Change> changes;
  changes.push_back(PutMessage{std::move(before), std::move(after)});
  Turn turn(std::move(changes), {record}, {Notify{"message", record.object, {}}}, {Reply{token, std::move(answer)}});
  parts_.path.commit(std::move(turn), {}, {});
}

}  // namespace baton
