#include "actors/replies.hpp"

#include <utility>

namespace baton {

std::optional<std::uint64_t> Replies::expect(Answer answer) {
  if (in_flight_.fetch_add(1) >= credit_) {
    in_flight_.fetch_sub(1);
    return std::nullopt;
  }
  const std::uint64_t token = next_token_.fetch_add(1);
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  shard.waiting.emplace(token, std::move(answer));
  return token;
}

void Replies::change(std::uint64_t token, std::function<Result<JsonText>(Result<JsonText>)> change) {
  Shard& shard = shard_of(token);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.waiting.find(token);
  if (found == shard.waiting.end()) return;
  found->second = [change = std::move(change), answer = std::move(found->second)](Result<JsonText> given) {
    answer(change(std::move(given)));
  };
}

void Replies::give(std::uint64_t token, Result<JsonText> answer) {
  if (token == 0) return;
  Answer waiting;
  {
    Shard& shard = shard_of(token);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.waiting.find(token);
    if (found == shard.waiting.end()) return;
    waiting = std::move(found->second);
    shard.waiting.erase(found);
  }
  in_flight_.fetch_sub(1);
  waiting(std::move(answer));
}

void Replies::give(std::vector<Reply> replies) {
  for (Reply& reply : replies) give(reply.reply_to, std::move(reply.answer));
}

void Replies::give_all(const Error& error) {
  for (Shard& shard : shards_) {
    std::unordered_map<std::uint64_t, Answer> waiting;
    {
      const std::lock_guard lock(shard.mutex);
      waiting.swap(shard.waiting);
    }
    in_flight_.fetch_sub(waiting.size());
    for (auto& [token, answer] : waiting) answer(error);
  }
}

}  // namespace baton
