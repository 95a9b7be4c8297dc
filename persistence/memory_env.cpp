#include "persistence/memory_env.hpp"

#include <rocksdb/env.h>

#include <vector>

#include "runtime/base/assert.hpp"

namespace baton {

std::shared_ptr<rocksdb::Env> make_memory_env() {
  return std::shared_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()));
}

std::shared_ptr<rocksdb::Env> copy_memory_env(rocksdb::Env& from, const std::vector<std::string>& directories) {
  auto copy = make_memory_env();
  for (const std::string& directory : directories) {
    std::vector<std::string> names;
    BATON_ASSERT(from.GetChildren(directory, &names).ok());
    BATON_ASSERT(copy->CreateDirIfMissing(directory).ok());
    for (const std::string& name : names) {
      const std::string path = directory + "/" + name;
      std::string content;
      if (name == "." || name == ".." || !rocksdb::ReadFileToString(&from, path, &content).ok()) continue;
      BATON_ASSERT(rocksdb::WriteStringToFile(copy.get(), content, path).ok());
    }
  }
  return copy;
}

void make_folder(rocksdb::Env& env, const std::string& path) { (void)env.CreateDirIfMissing(path); }

}  // namespace baton
