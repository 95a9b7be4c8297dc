// Writes a store with today's formats, and with the keys of its patients beside it, for the golden store tests:
//
//   build/tests/write_golden tests/data/golden-store-v5
//
// A folder that is there already is never touched: golden stores are added, not edited.
#include <cstdio>

#include "tests/support/golden_store.hpp"

int main(int count, char** arguments) {
  using namespace baton;
  using namespace baton::test;
  if (count != 2) {
    std::fputs("usage: write_golden FOLDER\n", stderr);
    return 64;
  }
  const std::filesystem::path folder = arguments[1];
  if (std::filesystem::exists(folder)) {
    std::fprintf(stderr, "error: %s exists; golden stores are added, never edited\n", folder.c_str());
    return 73;
  }
  const auto files = std::make_shared<FaultyFileSystem>();
  std::string rows;
  with_store(
      files,
      [&](Store& store) {
        write_golden(store);
        rows = dump(store);
      },
      true);
  for (const auto& [path, content] : files->files()) {
    const std::filesystem::path file = folder / path.substr(1);
    const std::string name = file.filename().string();
    if (name.starts_with("LOG") || name.starts_with("OPTIONS")) continue;  // RocksDB's notes to people.
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  std::ofstream(folder / "rows.txt", std::ios::binary) << rows;
  std::printf("wrote %s\n", folder.c_str());
  return 0;
}
