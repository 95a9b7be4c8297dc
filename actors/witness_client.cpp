#include "actors/witness_client.hpp"

#include <algorithm>
#include <utility>

#include "actors/log.hpp"
#include "persistence/ledger/checkpoint_maker.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/witness_request.hpp"

namespace baton {
namespace {

constexpr Duration kBeforeAnotherTry{10'000};
constexpr Duration kPatience{10'000};

HttpCall call_of(std::string method, std::string url, std::string body) {
  HttpCall call;
  call.method = std::move(method);
  call.url = std::move(url);
  call.body = std::move(body);
  call.timeout = kPatience;
  return call;
}

// The checkpoint, and that it follows from what the witness has cosigned before.
Result<std::string> request_of(const LedgerReader& reader, std::uint64_t old_size, const Checkpoint& checkpoint,
                               const std::string& note) {
  WitnessRequest request{old_size, {}, note};
  if (old_size > 0 && old_size < checkpoint.size) {
    auto proof = reader.consistency(old_size, checkpoint.size);
    if (!proof.ok()) return proof.error();
    request.proof = *std::move(proof);
  }
  return format_witness_request(request);
}

}  // namespace

Result<std::shared_ptr<WitnessClient>> WitnessClient::make(Parts parts, const std::vector<WitnessAt>& witnesses) {
  std::shared_ptr<WitnessClient> client(new WitnessClient(std::move(parts)));
  for (const WitnessAt& witness : witnesses) {
    auto key = parse_verifier_key(witness.key);
    if (!key.ok()) {
      return Error{ErrorCode::bad_config, "audit.witnesses: " + key.error().detail,
                   "write URL and verifier key of each witness, as 'baton witness' prints them"};
    }
    std::string url = witness.url;
    while (url.ends_with('/')) url.pop_back();
    client->witnesses_.push_back({std::move(url), *std::move(key)});
  }
  return client;
}

template <typename Call>
std::function<void(Result<HttpAnswer>)> WitnessClient::then(Call call) {
  return [weak = weak_from_this(), call = std::move(call)](const Result<HttpAnswer>& answer) {
    const auto client = weak.lock();
    if (!client) return;
    const std::lock_guard lock(client->mutex_);
    if (!client->stopped_) call(*client, answer);
  };
}

void WitnessClient::offer(const Checkpoint& checkpoint, const std::string& note) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  latest_ = Offer{checkpoint, note};
  for (std::size_t i = 0; i < witnesses_.size(); ++i) ask(i);
}

void WitnessClient::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

void WitnessClient::ask(std::size_t which) {
  Asked& witness = witnesses_[which];
  if (witness.busy || witness.waits || !latest_ || latest_->checkpoint.size <= witness.old_size) return;
  auto body = request_of(parts_.reader, witness.old_size, latest_->checkpoint, latest_->note);
  if (!body.ok()) return log::error("no proof for witness {}: {}", witness.key->name(), to_string(body.error()));
  witness.busy = true;
  parts_.http->send(call_of("POST", witness.url + "/add-checkpoint", *std::move(body)),
                    then([which, offer = *latest_](WitnessClient& client, const Result<HttpAnswer>& answer) {
                      client.witnesses_[which].busy = false;
                      client.answered(which, offer, answer);
                    }));
}

void WitnessClient::answered(std::size_t which, const Offer& offer, const Result<HttpAnswer>& answer) {
  Asked& witness = witnesses_[which];
  if (!answer.ok()) {
    log::warn("witness {} cannot be asked: {}", witness.key->name(), to_string(answer.error()));
    return try_later(which);
  }
  if (answer->status == 409) return learn_size(which, offer, answer->body);
  if (answer->status != 200) {
    log::error("witness {} refuses checkpoint {} with {}", witness.key->name(), offer.checkpoint.size, answer->status);
    return answer->status == 422 ? compare(which) : try_later(which);
  }
  // Others may have cosigned the newest meanwhile.
  const bool newest = latest_->checkpoint == offer.checkpoint;
  const NoteVerifier* const key = witness.key.get();
  auto note = add_cosignatures(newest ? latest_->note : offer.note, answer->body, {&key, 1});
  if (!note.ok()) {
    log::error("witness {} sent no cosignature of its own: {}", witness.key->name(), to_string(note.error()));
    return try_later(which);
  }
  witness.old_size = offer.checkpoint.size;
  if (newest) latest_->note = *note;
  parts_.cosigned(offer.checkpoint.size, *std::move(note));
  ask(which);
}

// The witness has cosigned another size than was thought: after a restart of ours, or because our store is an old one.
void WitnessClient::learn_size(std::size_t which, const Offer& offer, const std::string& body) {
  Asked& witness = witnesses_[which];
  const auto size = parse_tree_number(std::string_view(body).substr(0, body.find('\n')));
  if (!size.ok() || *size == witness.old_size) return try_later(which);
  if (*size > offer.checkpoint.size) return compare(which);
  witness.old_size = *size;
  ask(which);
}

// What the witness says it has cosigned counts only with our own signature on it.
void WitnessClient::compare(std::size_t which) {
  Asked& witness = witnesses_[which];
  witness.busy = true;
  const std::string url = witness.url + "/" + to_hex(sha256(parts_.log->name())) + "/checkpoint";
  parts_.http->send(call_of("GET", url, ""), then([which](WitnessClient& client, const Result<HttpAnswer>& answer) {
                      client.witnesses_[which].busy = false;
                      client.compared(which, answer);
                    }));
}

void WitnessClient::compared(std::size_t which, const Result<HttpAnswer>& answer) {
  if (answer.ok() && answer->status == 200) {
    const auto opened = open_checkpoint(answer->body, {parts_.log.get(), {}, 0});
    if (opened.ok()) {
      const Status extends = check_extends(parts_.reader, opened->checkpoint);
      if (!extends.ok()) return parts_.integrity_stop(extends.error());
    }
  }
  try_later(which);
}

void WitnessClient::try_later(std::size_t which) {
  Asked& witness = witnesses_[which];
  if (std::exchange(witness.waits, true)) return;
  parts_.alarms.after(kBeforeAnotherTry, [weak = weak_from_this(), which] {
    const auto client = weak.lock();
    if (!client) return;
    const std::lock_guard lock(client->mutex_);
    if (client->stopped_) return;
    client->witnesses_[which].waits = false;
    client->ask(which);
  });
}

}  // namespace baton
