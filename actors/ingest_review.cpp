// What an operator decides about a message in quarantine: play it again, perhaps edited, or let it be. One decision on a
// message at a time: whoever comes next decides on what the one before has left in the store.
#include <utility>

#include "actors/ingest.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

namespace {

constexpr std::string_view kQuarantineLane = "quarantine";

std::string row_of(const std::string& source, const std::string& message_id) {
  return source + std::string(1, '\0') + message_id;
}

AuditRecord review_record(std::string_view what, const Principal& by, const std::string& reason) {
  AuditRecord record;
  record.action = what;
  record.by = by;
  record.reason = reason;
  return record;
}

}  // namespace

// One decision on its way: whose message it holds, and whom it answers.
struct Ingest::Review {
  std::string source, message_id;
  std::uint64_t token;
};

void Ingest::replay(ReplayMessage request, std::uint64_t token) {
  review(request.source, request.message_id, [this, request, token] { run_replay(request, token); });
}

void Ingest::discard(DiscardMessage request, std::uint64_t token) {
  review(request.source, request.message_id, [this, request, token] { run_discard(request, token); });
}

void Ingest::review(std::string source, std::string message_id, std::function<void()> decide) {
  parts_.lanes.post(kQuarantineLane, [this, row = row_of(source, message_id), decide = std::move(decide)]() mutable {
    reviewed_.when_there(row, [this, row, decide = std::move(decide)] {
      reviewed_.leave(row);
      decide();
    });
  });
}

// Whoever waits for the message may look at it now.
void Ingest::decided(const Review& review) {
  parts_.lanes.post(kQuarantineLane,
                    [this, row = row_of(review.source, review.message_id)] { reviewed_.arrive(row, {}); });
}

void Ingest::refuse(const Review& review, Error error) {
  parts_.replies.give(review.token, std::move(error));
  decided(review);
}

// None: then the review was refused.
std::optional<MessageRecord> Ingest::find_quarantined(const Review& review) {
  auto stored = parts_.reader.message(review.source, review.message_id);
  if (!stored.ok()) {
    refuse(review, stored.error());
  } else if (!stored->has_value()) {
    refuse(review, {ErrorCode::not_found, "there is no such message", "'baton messages' shows those that are there"});
  } else if ((*stored)->state != "quarantined") {
    refuse(review, {ErrorCode::conflict, "the message is not in quarantine",
                    "look at it again; somebody may have decided already"});
  } else {
    return **std::move(stored);
  }
  return std::nullopt;
}

// The message comes in again under a name that its bytes give it: the row of the first stays as it is, the same replay
// twice is one message, and a crash in between leaves a message that can be replayed once more. A replay that was itself
// quarantined is counted on, for the mapping may be another by now.
void Ingest::run_replay(const ReplayMessage& request, std::uint64_t token) {
  const Review review{request.source, request.message_id, token};
  const auto before = find_quarantined(review);
  if (!before) return;
  const std::string raw = request.edited.empty() ? before->raw : request.edited;
  Inbound inbound = read_inbound(AcceptRequest{before->format, raw, before->source, before->message_id, request.by},
                                 parts_.clock.now());
  inbound.source = before->source;
  inbound.lane = kQuarantineLane;
  const std::string name = before->message_id + "~replay-" + to_hex(sha256(raw)).substr(0, 12);
  for (int count = 1;; ++count) {
    inbound.message_id = count == 1 ? name : name + "-" + std::to_string(count);
    const auto again = parts_.reader.message(inbound.source, inbound.message_id);
    if (!again.ok()) return refuse(review, again.error());
    if (!again->has_value()) break;
    if ((*again)->state != "accepted") continue;
    return replayed(request, review, *before, {inbound.source, inbound.message_id}, answer_of(**again));
  }
  const auto taken = parts_.replies.expect([this, request, review, before = *before,
                                            again = Name{inbound.source, inbound.message_id}](Result<JsonText> answer) {
    parts_.lanes.post(kQuarantineLane, [this, request, review, before, again, answer = std::move(answer)] {
      replayed(request, review, before, again, answer);
    });
  });
  if (!taken) {
    return refuse(review, {ErrorCode::overloaded, "more work is in flight than this node accepts", "try again"});
  }
  take(std::move(inbound), *taken);
}

// The message has come in again as `again`: it is replayed if that was accepted. Otherwise it stays in quarantine, and it alone: an operator
// who found the attempt there as well would replay both, and what the message says would happen twice.
void Ingest::replayed(const ReplayMessage& request, const Review& review, const MessageRecord& before,
                      const Name& again, Result<JsonText> answer) {
  if (!answer.ok()) return refuse(review, answer.error());
  const auto stored = parts_.reader.message(again.first, again.second);
  if (!stored.ok()) return refuse(review, stored.error());
  if (stored->has_value() && (*stored)->state == "accepted") {
    AuditRecord record = review_record(action::kMessageReplayed, request.by, request.reason);
    record.outcome = request.edited.empty() ? "unchanged" : "edited";
    JsonWriter writer;
    writer.begin_object().field("message_id", again.second).end_object();
    record.after = std::move(writer).take();
    return commit_review(review, before, "replayed", std::move(record), *answer);
  }
  if (stored->has_value() && (*stored)->state == "quarantined") {
    const std::string reason = "this replay of " + before.message_id + " could not be mapped";
    return commit_review(review, **stored, "discarded", review_record(action::kMessageDiscarded, request.by, reason),
                         *answer);
  }
  parts_.replies.give(review.token, std::move(answer));
  decided(review);
}

void Ingest::run_discard(const DiscardMessage& request, std::uint64_t token) {
  const Review review{request.source, request.message_id, token};
  auto before = find_quarantined(review);
  if (!before) return;
  if (request.reason.empty()) {
    return refuse(review, {ErrorCode::bad_field, "reason is missing", "say why it is discarded"});
  }
  commit_review(review, *std::move(before), "discarded",
                review_record(action::kMessageDiscarded, request.by, request.reason), {});
}

// `answer`: what the message said when it came in again; otherwise the message as it is now.
void Ingest::commit_review(const Review& review, MessageRecord before, std::string state, AuditRecord record,
                           std::optional<JsonText> answer) {
  record.at = parts_.clock.now();
  record.object = before.source + "/" + before.message_id;
  MessageRecord after = before;
  after.state = std::move(state);
  if (!answer) answer = answer_of(after);
  std::vector<Change> changes;
  changes.push_back(PutMessage{std::move(before), std::move(after)});
  Turn turn(std::move(changes), {record}, {Notify{"message", record.object, {}}},
            {Reply{review.token, *std::move(answer)}});
  parts_.path.commit(std::move(turn), {}, [this, review] { decided(review); });
}

}  // namespace baton
