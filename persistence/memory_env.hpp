// A file system in memory, for tests and for nodes that keep nothing. What is written to it outlives the store that wrote
// it, as a disk does, for as long as somebody holds it. Thread-safe.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace baton {

[[nodiscard]] std::shared_ptr<rocksdb::Env> make_memory_env();

}  // namespace baton
