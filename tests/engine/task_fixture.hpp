// People who act on tasks of an instance, for the tests of tasks and alerts.
#pragma once

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "tests/engine/engine_fixture.hpp"

namespace baton {

using ::testing::HasSubstr;

class TaskFixture : public InstanceFixture {
 protected:
  // A bundle with the workflow "test" and more files: forms.
  void given_with(const std::string& body, BundleFiles more, const std::string& fields = "");

  static ActOnTask act(const std::string& action, const std::string& who, const std::string& role = "");
  static ActOnTask decide(const std::string& outcome, const std::string& who, JsonText value = "",
                          const std::string& role = "");
  // Acts; the error's code and words, or "" when it went through.
  std::string refused(ActOnTask message);
  [[nodiscard]] std::string error() const;
  [[nodiscard]] const TaskRecord& task(OperationSeq seq = 1) const { return tasks_.at(seq); }
  [[nodiscard]] static boost::json::value json_of(const JsonText& text) { return boost::json::parse(text); }
  // The last record of an action in the ledger.
  [[nodiscard]] boost::json::object record(std::string_view action) const;
  [[nodiscard]] int count_of(const std::string& entry) const;
  void pass(Duration time) { now_ = now_ + time; }
};

}  // namespace baton
