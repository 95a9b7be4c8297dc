#include "persistence/keys/row_opener.hpp"

#include "persistence/keys/key_store.hpp"

namespace baton {
namespace {

Error broken() {
  return Error{ErrorCode::seal_broken, "a sealed value does not open under its key",
               "stop, keep the store as it is, and compare it with a backup or a standby"};
}

}  // namespace

Result<std::string> open_sealed(const KeyStore* keys, std::string_view bound, std::string_view sealed) {
  const auto parts = is_sealed(sealed) ? parse_sealed(sealed) : std::nullopt;
  if (!parts) return broken();
  if (keys == nullptr) {
    return Error{ErrorCode::keys_unusable, "the store has sealed rows and was opened without its keys",
                 "open it with the key store that belongs to it"};
  }
  SealKey key{};
  switch (keys->key(parts->number, key)) {
    case KeyStore::State::here: break;
    case KeyStore::State::destroyed:
      return Error{ErrorCode::erased, "the key of this data was destroyed",
                   "baton audit erase list says who decided so, and why"};
    case KeyStore::State::unknown:
      return Error{ErrorCode::keys_unusable,
                   "the key store has no key " + std::to_string(parts->number) + ", under which a row is sealed",
                   "put the key store back that belongs to this store"};
  }
  thread_local Aead aead;  // Scratch only: nothing of a caller stays in it but in the cipher's state.
  std::string plain;
  const bool opened = aead.open(key, bound, parts->hidden, plain);
  wipe(key);
  if (!opened) return broken();
  return plain;
}

Result<std::string_view> open_row(const KeyStore* keys, ColumnFamily family, std::string_view key,
                                  std::string_view value, std::string& opened) {
  if (!is_sealed(value)) return value;
  std::string bound(1, static_cast<char>(family));
  bound.append(key);
  auto plain = open_sealed(keys, bound, value);
  if (!plain.ok()) return plain.error();
  opened = *std::move(plain);
  return std::string_view(opened);
}

}  // namespace baton
