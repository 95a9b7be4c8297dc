#include "persistence/memory_env.hpp"

#include <rocksdb/env.h>

namespace baton {

std::shared_ptr<rocksdb::Env> make_memory_env() {
  return std::shared_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()));
}

}  // namespace baton
