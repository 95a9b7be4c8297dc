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

Result<std::unique_ptr<Workplace>> Workplace::make(const std::string& data) {
  std::error_code error;
  std::string root = (fs::temp_directory_path(error) / "baton-bench-XXXXXX").string();
  if (error || ::mkdtemp(root.data()) == nullptr) {
    return Error{ErrorCode::io_failed, "no temporary folder can be made: " + root,
                 "name a folder that can be written in TMPDIR"};
  }
  auto workplace = std::unique_ptr<Workplace>(new Workplace(root, data));
  for (const auto& [path, content] : kBundle) {
    const fs::path file = fs::path(workplace->bundle()) / path;
    fs::create_directories(file.parent_path(), error);
    std::ofstream out(file);
    out << content;
    if (error || !out.flush()) {
      return Error{ErrorCode::io_failed, file.string() + " cannot be written", "make room on that disk"};
    }
  }
  const fs::path disk = data.empty() ? fs::path(root) : fs::absolute(data, error).parent_path();
  fs::create_directories(disk, error);
  if (error) {
    return Error{ErrorCode::io_failed, disk.string() + " cannot be made: " + error.message(),
                 "name another folder with --data"};
  }
  workplace->sync_ = probe_fdatasync(disk.string(), 1.0);
  workplace->group_commit_ = probe_group_commit(disk.string(), 1.5);
  return workplace;
}

Workplace::Workplace(std::string root, const std::string& data)
    : root_(std::move(root)), data_(data.empty() ? root_ + "/data" : data) {}

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
