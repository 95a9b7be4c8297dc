// The HL7 messages under tests/data, read once for a test.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>

#include "tests/support/places.hpp"

namespace baton::test {

struct CorpusFile {
  std::string name;  // "rethinkhealth/adt-a01.hl7"
  std::string bytes;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<CorpusFile> hl7_corpus() {
  const std::filesystem::path root = test_data() / "hl7v2";
  std::vector<CorpusFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".hl7") continue;
    files.push_back({entry.path().lexically_relative(root).string(), read_file(entry.path())});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

// The messages of the shipped ADT stream, in arrival order.
inline std::vector<std::string> adt_stream() {
  std::ifstream in(test_data() / "streams" / "adt_stream.jsonl");
  std::vector<std::string> messages;
  for (std::string line; std::getline(in, line);) {
    messages.emplace_back(boost::json::parse(line).at("hl7").as_string());
  }
  return messages;
}

// MSH of a plain message with `rest` behind it.
inline std::string adt(const std::string& rest = {}) {
  return "MSH|^~\\&|SENDER|FAC|BATON|HUB|20260101120000+0100||ADT^A03^ADT_A03|MSG001|P|2.5.1\r" + rest;
}

}  // namespace baton::test
