// The file that holds the ledger's private key: one line of text, as NoteSigningKey::format() writes it, readable by its
// owner alone. Whoever has it can sign for this ledger; whoever loses it must begin a new one.
#pragma once

#include <filesystem>
#include <string>

#include "persistence/ledger/note_key.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// The key in the file; where there is none and `may_make`, a new one, which is on disk when this returns. `origin` is
// the name of a new key; where it is not empty, an existing key must have it. Errors: bad_config when the file is
// missing and may not be made, holds no key, has another name, or may be read by others; io_failed.
[[nodiscard]] Result<NoteSigningKey> open_ledger_key(const std::filesystem::path& path, const std::string& origin,
                                                     const std::string& default_origin, bool may_make);

}  // namespace baton
