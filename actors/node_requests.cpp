// The way in: admission, and what each kind of request asks of whom.
#include <utility>

#include "actors/instance_subject.hpp"
#include "actors/node_impl.hpp"
#include "persistence/keys/patient_id.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

namespace {

// Messages between actors that may be under way before requests from outside are refused: those are never refused
// themselves, so this keeps their number bounded.
constexpr std::size_t kBacklog = 4 * limits::kInFlightRequests;

Error overloaded() {
  return {ErrorCode::overloaded, "more work is in flight than this node accepts", "try again in a second"};
}

Status check_text(const std::string& id) {
  if (is_valid_utf8(id)) return success();
  return Error{ErrorCode::bad_text, "the id is not valid UTF-8", "send UTF-8"};
}

// Of a case that is to begin. A child's id has its parent's in it and may be longer.
Status check_new_id(const std::string& id) {
  if (id.size() > limits::kInstanceIdSize) {
    return Error{ErrorCode::bad_field, "the id is longer than " + std::to_string(limits::kInstanceIdSize) + " bytes",
                 "give a shorter id"};
  }
  for (const char c : id) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return Error{ErrorCode::bad_field, "the id holds a control character", "use letters, digits and punctuation"};
    }
  }
  return check_text(id);
}

// The same id always gets the same seed on this node, so that a start that is repeated is the same start.
std::uint64_t seed_of(const std::string& id, std::uint64_t salt) {
  const Hash256 hash = sha256(id + "|" + std::to_string(salt));
  std::uint64_t seed = 0;
  for (int i = 0; i < 8; ++i) seed = seed << 8 | static_cast<std::uint8_t>(hash[i]);
  return seed;
}

}  // namespace

void Node::Impl::submit(Request request, Answer answer, Rider rider, Reached at) {
  if (stopping) return answer(Error{ErrorCode::stopping, "the node is stopping", "ask again once it runs"});
  auto token = router->backlog() < kBacklog ? replies.expect(answer, std::move(rider), at) : std::nullopt;
  if (!token) {
    refused.fetch_add(1, std::memory_order_relaxed);
    return answer(overloaded());
  }
  std::visit([&](auto& body) { take(std::move(body), *token); }, request);
}

void Node::Impl::take(StartRequest request, std::uint64_t token) {
  const auto live = bundles->live();
  const auto program = live->by_workflow.find(request.workflow);
  if (program == live->by_workflow.end()) {
    return replies.give(token, Error{ErrorCode::unknown_workflow, "no live bundle defines " + request.workflow,
                                     "deploy a bundle that does, or look at the live ones with GET /v1/bundles"});
  }
  if (const Status status = check_new_id(request.id); !status.ok()) return replies.give(token, status.error());
  if (const Status status = check_patient_id(request.patient); !status.ok()) {
    return replies.give(token, status.error());
  }
  if (request.id.empty()) request.id = make_instance_id(request.workflow);
  StartInstance start;
  start.workflow = std::move(request.workflow);
  start.bundle = program->second->hash();
  start.input = std::move(request.input);
  start.patient = std::move(request.patient);
  start.business_key = std::move(request.business_key);
  start.seed = seed_of(request.id, id_salt);
  start.by = std::move(request.by);
  start.reply_to = token;
  router->deliver(request.id, std::move(start));
}

// Ids that are made begin with the time, so that rows of instances that are young together lie together on disk.
std::string Node::Impl::make_instance_id(const std::string& workflow) {
  while (true) {
    const std::uint64_t count = next_id.fetch_add(1);
    const Instant now = clock->now();
    const std::string unique =
        to_hex(sha256(std::to_string(id_salt) + "." + std::to_string(count) + "." + std::to_string(now.ms)));
    std::string time(11, '0');
    auto rest = static_cast<std::uint64_t>(now.ms);
    for (auto digit = time.rbegin(); digit != time.rend(); ++digit, rest /= 16) *digit = "0123456789abcdef"[rest % 16];
    std::string id = workflow + "-" + time + unique.substr(0, 12);
    // A stepped node that was opened again counts from the beginning.
    if (!options.stepped) return id;
    const auto taken = reader->instance(id);
    if (taken.ok() && !taken->has_value()) return id;
  }
}

void Node::Impl::take(InstanceRequest request, std::uint64_t token) {
  if (const Status status = check_text(request.instance); !status.ok()) return replies.give(token, status.error());
  set_reply_to(request.message, token);
  if (reply_to_of(request.message) != token) {
    return replies.give(
        token, Error{ErrorCode::bad_field, "this message does not come from outside", "/openapi.json says which do"});
  }
  router->deliver(request.instance, std::move(request.message));
}

void Node::Impl::take(AcceptRequest request, std::uint64_t token) {
  messages.fetch_add(1, std::memory_order_relaxed);
  ingest->accept(std::move(request), token);
}

void Node::Impl::take(ReplayMessage request, std::uint64_t token) { ingest->replay(std::move(request), token); }
void Node::Impl::take(DiscardMessage request, std::uint64_t token) { ingest->discard(std::move(request), token); }

void Node::Impl::take(CheckRequest request, std::uint64_t token) { deployments->check(std::move(request), token); }
void Node::Impl::take(DeployRequest request, std::uint64_t token) { deployments->deploy(std::move(request), token); }
void Node::Impl::take(ScheduleRequest request, std::uint64_t token) { schedules->take(std::move(request), token); }

void Node::Impl::take(BatchRequest request, std::uint64_t token) { batches->take(std::move(request), token); }

void Node::Impl::take(PauseRequest request, std::uint64_t token) { pauses->take(std::move(request), token); }
void Node::Impl::take(EraseRequest request, std::uint64_t token) { erasures->take(std::move(request), token); }
void Node::Impl::take(RotateKeys request, std::uint64_t token) { erasures->take(std::move(request), token); }

void Node::Impl::take(RecordAccess request, std::uint64_t token) {
  request.record.at = clock->now();
  std::vector<Change> changes(std::make_move_iterator(request.changes.begin()),
                              std::make_move_iterator(request.changes.end()));
  path->commit(Turn(std::move(changes), {std::move(request.record)}, {}, {Reply{token, JsonText("{}")}}), {}, {});
}

}  // namespace baton
