#include "persistence/keys/pseudonym.hpp"

#include <array>
#include <functional>

#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr std::size_t kBlock = 64;  // Of SHA-256.
constexpr std::size_t kShown = 16;

std::string padded(const SealKey& secret, char with) {
  std::string block(kBlock, with);
  for (std::size_t i = 0; i < secret.size(); ++i) block[i] = static_cast<char>(secret[i] ^ with);
  return block;
}

// Of the texts that a thread has asked for last. A turn asks for the same few again and again.
struct Remembered {
  std::string secret;  // Padded: of two stores in one process each has its own.
  Pseudonyms::Kind kind = Pseudonyms::Kind::patient;
  std::string text;
  std::string pseudonym;
};
constexpr std::size_t kRemembered = 16;

}  // namespace

Pseudonyms::Pseudonyms(const SealKey& secret)
    : keyed_(true), inner_(padded(secret, 0x36)), outer_(padded(secret, 0x5c)) {}

bool is_pseudonym(std::string_view text) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return text.size() == 1 + 2 * kShown && text.front() == '~' && text.find_first_not_of(kDigits, 1) == text.npos;
}

std::string Pseudonyms::of(Kind kind, std::string_view text) const {
  if (!keyed_ || text.empty() || is_pseudonym(text)) return std::string(text);
  thread_local std::array<Remembered, kRemembered> remembered;
  Remembered& place = remembered[(std::hash<std::string_view>{}(text) + static_cast<std::size_t>(kind)) % kRemembered];
  if (place.kind == kind && place.text == text && place.secret == inner_) return place.pseudonym;
  thread_local Sha256 hasher;  // Scratch only: nothing of a caller stays in it.
  const char number = static_cast<char>(kind);
  const Hash256 inner = hasher.digest({inner_, std::string_view(&number, 1), text});
  const Hash256 outer = hasher.digest({outer_, as_bytes(inner)});
  place = {inner_, kind, std::string(text), "~" + to_hex(as_bytes(outer).substr(0, kShown))};
  return place.pseudonym;
}

}  // namespace baton
