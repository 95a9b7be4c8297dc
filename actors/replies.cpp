#include "actors/replies.hpp"

#include <utility>

namespace baton {

std::optional<std::uint64_t> Replies::expect(Answer answer, Rider rider, Reached at) {
  if (in_flight_.fetch_add(1) >= credit_) {
    in_flight_.fetch_sub(1);
    return std::nullopt;
  }
  const std::uint64_t token = next_token_.fetch_add(1);
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  shard.waiting.emplace(token, Waiting{std::move(answer), at});
  if (rider) {
    shard.riders.emplace(token, std::move(rider));
    riders_.fetch_add(1, std::memory_order_relaxed);
  }
  return token;
}

std::vector<Change> Replies::rows_with(std::uint64_t token, const JsonText& answer) {
  if (token == 0 || !has_riders()) return {};
  Rider rider;
  {
    Shard& shard = shard_of(token);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.riders.find(token);
    if (found == shard.riders.end()) return {};
    rider = std::move(found->second);
    shard.riders.erase(found);
  }
  riders_.fetch_sub(1, std::memory_order_relaxed);
  return rider(answer);
}

void Replies::change(std::uint64_t token, std::function<Result<JsonText>(Result<JsonText>)> change) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.waiting.find(token);
  if (found == shard.waiting.end()) return;
  Answer& answer = found->second.answer;
  answer = [change = std::move(change), then = std::move(answer)](Result<JsonText> given) {
    then(change(std::move(given)));
  };
  found->second.at = Reached::seen;  // What is put in front may look into the store.
}

void Replies::give(std::uint64_t token, Result<JsonText> answer) {
  if (token == 0) return;
  Answer waiting;
  {
    Shard& shard = shard_of(token);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.waiting.find(token);
    if (found == shard.waiting.end()) return;
    waiting = std::move(found->second.answer);
    shard.waiting.erase(found);
    riders_.fetch_sub(shard.riders.erase(token), std::memory_order_relaxed);
  }
  in_flight_.fetch_sub(1);
  waiting(std::move(answer));
}

void Replies::give(std::vector<Reply> replies) {
  for (Reply& reply : replies) give(reply.reply_to, std::move(reply.answer));
}

bool Replies::comes_early(std::uint64_t token) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.waiting.find(token);
  return found != shard.waiting.end() && found->second.at == Reached::durable;
}

void Replies::give_early(std::vector<Reply>& replies) {
  std::erase_if(replies, [this](Reply& reply) {
    if (!reply.answer.ok() || !comes_early(reply.reply_to)) return false;
    give(reply.reply_to, std::move(reply.answer));
    return true;
  });
}

void Replies::give_all(const Error& error) {
  for (Shard& shard : shards_) {
    std::unordered_map<std::uint64_t, Waiting> waiting;
    {
      const std::lock_guard lock(shard.mutex);
      waiting.swap(shard.waiting);
      riders_.fetch_sub(shard.riders.size(), std::memory_order_relaxed);
      shard.riders.clear();
    }
    in_flight_.fetch_sub(waiting.size());
    for (auto& [token, each] : waiting) each.answer(error);
  }
}

}  // namespace baton
