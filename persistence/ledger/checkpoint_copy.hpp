// The copy of the last signed checkpoint that lies beside the store: it sees a store from yesterday that is whole in itself.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "persistence/ledger/checkpoint.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// The note that the copy holds; nothing where there is none. The copy is not synced, so that a power cut may leave its name and
// none of its bytes: that says as much as no file. Errors: of reading it; too_large.
[[nodiscard]] Result<std::optional<std::string>> read_checkpoint_copy(const std::filesystem::path& path);

// What the note says, for who has no key to check it with. Error bad_checkpoint, with the file and the cure; as above.
[[nodiscard]] Result<std::optional<Checkpoint>> checkpoint_in_copy(const std::filesystem::path& path);

}  // namespace baton
