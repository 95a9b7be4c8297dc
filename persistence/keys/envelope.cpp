#include "persistence/keys/envelope.hpp"

#include "runtime/base/codec.hpp"

namespace baton {

void seal_value(Aead& aead, KeyNumber number, const SealKey& key, std::string_view bound, std::string_view plain,
                std::string& out) {
  out.push_back(kSealedMark);
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
  aead.seal(key, bound, plain, out);
}

std::optional<SealedValue> parse_sealed(std::string_view value) {
  Reader reader(value.substr(1));
  SealedValue sealed;
  sealed.number = reader.varint();
  sealed.hidden = reader.rest();
  if (!reader.ok() || sealed.number == 0 || sealed.hidden.size() < kSealOverhead) return std::nullopt;
  return sealed;
}

}  // namespace baton
