// Opens sealed values for readers. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "persistence/key_space.hpp"
#include "persistence/keys/envelope.hpp"
#include "runtime/base/result.hpp"

namespace baton {

class KeyStore;

// Opens a sealed value; `bound` as it was sealed. Errors: erased, its key was destroyed; seal_broken, it was changed or lies
// in another place than it was sealed for; keys_unusable, `keys` is null or does not know the key.
[[nodiscard]] Result<std::string> open_sealed(const KeyStore* keys, std::string_view bound, std::string_view sealed);

// The plain bytes of a row's value, which may lie in the clear: then they are the value itself. Otherwise they are in
// `opened`. Errors as above.
[[nodiscard]] Result<std::string_view> open_row(const KeyStore* keys, ColumnFamily family, std::string_view key,
                                                std::string_view value, std::string& opened);

}  // namespace baton
