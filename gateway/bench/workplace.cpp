#include "gateway/bench/workplace.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace baton {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string> kBundle = {
    {"workflows/ten.lua", R"(return require("workflow").define { name = "ten", run = function(ctx, input)
  local value = 0
  for i = 1, 10 do value = ctx:activity("bench.echo", value + 1) end
  return value
end })"},
    {"workflows/one.lua", R"(return require("workflow").define { name = "one", run = function(ctx, input)
  return ctx:activity("bench.echo", 1)
end })"},
    {"workflows/steps.lua", R"(return require("workflow").define { name = "steps", run = function(ctx, input)
  local sum = 0
  for i = 1, 100 do sum = sum + ctx:step("add", function() return i end) end
  return sum
end })"},
    {"workflows/wait.lua", R"(return require("workflow").define { name = "wait", run = function(ctx, input)
  local decision = ctx:task("review", { why = "The case waits for a person", outcomes = { "approve", "refuse" },
    candidates = { role = "nurse" }, timeout = "30d" })
  ctx:wait_signal("closed")
  return decision and decision.outcome
end })"},
    {"workflows/handoff.lua", R"(return require("workflow").define { name = "handoff",
  search = { ward = "keyword", stage = "keyword" }, run = function(ctx, input)
  ctx:set("ward", input.ward)
  ctx:set("stage", input.stage)
  local decision = ctx:task("review", { why = "The handoff waits for a person", outcomes = { "approve", "refuse" },
    candidates = { role = input.role, persons = { input.person } }, due = input.due, timeout = "30d" })
  ctx:wait_signal("closed")
  return decision and decision.outcome
end })"},
    {"activities/bench.lua", "return { echo = function(input) return input end }"}};

}  // namespace

Workplace::Workplace(const std::string& data) {
  char made[] = "/tmp/baton-bench-XXXXXX";
  root_ = ::mkdtemp(made) == nullptr ? "." : made;
  data_ = data.empty() ? root_ + "/data" : data;
  for (const auto& [path, content] : kBundle) {
    const fs::path file = fs::path(bundle()) / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  sync_ = probe_fdatasync(root_, 1.0);
  group_commit_ = probe_group_commit(root_, 1.5);
}

Workplace::~Workplace() {
  std::error_code error;
  fs::remove_all(root_, error);
}

std::uint64_t disk_bytes(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& each : fs::recursive_directory_iterator(folder, error)) {
    if (each.is_regular_file(error)) bytes += each.file_size(error);
  }
  return bytes;
}

}  // namespace baton
