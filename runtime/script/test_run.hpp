// One test file of a bundle in a Sandbox of its own, with the module `test` (docs/LUA_TESTING.md). It asks its host for all
// that happens outside of Lua; the host settles everything before it answers. Owned by one thread. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/script/program.hpp"

namespace baton {

// What a test can ask for, as one question: a verb and a JSON object of arguments. workflows-lua/testing/test.lua asks them all.
class TestHost {
 public:
  virtual ~TestHost() = default;
  // The answer is any JSON value. An error is raised in the test, with the line of the test that asked.
  [[nodiscard]] virtual Result<JsonText> ask(std::string_view verb, const JsonText& arguments) = 0;
};

class TestRun {
 public:
  // Both are borrowed and outlive the run.
  TestRun(const Program& program, TestHost& host);
  ~TestRun();
  TestRun(const TestRun&) = delete;
  TestRun& operator=(const TestRun&) = delete;

  // Runs the file, which registers its cases; returns their sentences in order. Called once.
  // Errors: script_syntax, script_error, not_found.
  [[nodiscard]] Result<std::vector<std::string>> load(const std::string& path);
  // Runs one of them. The error's detail begins with the line of the test that failed.
  [[nodiscard]] Status run(std::size_t index);

  // For the host, while it answers: has the test's mocks answer. `request` is
  //   {"what":"activity","name","input","idempotency_key","attempt","instance","patient"}, or
  //   {"what":"http","method","url","headers","body"};
  // the answer is {"value":..}, {"failed":{code, message, details, retryable, retry_after}} or {"unmocked":true,"http":..}.
  [[nodiscard]] Result<JsonText> answer(const JsonText& request);

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace baton
