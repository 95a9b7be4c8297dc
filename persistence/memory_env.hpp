// A file system in memory, for tests and for nodes that keep nothing. What is written to it outlives the store that wrote
// it, as a disk does, for as long as somebody holds it. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace rocksdb {
class Env;
}

namespace baton {

[[nodiscard]] std::shared_ptr<rocksdb::Env> make_memory_env();

// A new one with a copy of the files of the directories, as they are now. Precondition: no store has them open.
[[nodiscard]] std::shared_ptr<rocksdb::Env> copy_memory_env(rocksdb::Env& from,
                                                            const std::vector<std::string>& directories);

// Makes a folder there unless it is there already. A failure shows when something in it is opened.
void make_folder(rocksdb::Env& env, const std::string& path);

}  // namespace baton
