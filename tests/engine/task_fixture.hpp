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
  void given_with(const std::string& body, BundleFiles more, const std::string& fields = "") {
    BundleFiles files = bundle_of(body, fields);
    files.merge(more);
    bundle_ = programs_.deploy(std::move(files));
    instance_ = std::make_unique<Instance>("i1", programs_);
  }

  static ActOnTask act(const std::string& action, const std::string& who, const std::string& role = "") {
    ActOnTask message;
    message.seq = 1;
    message.action = action;
    message.by.kind = PrincipalKind::person;
    message.by.subject = who;
    message.by.role = role;
    message.by.authentication = "password";
    message.reply_to = 9;
    return message;
  }
  static ActOnTask decide(const std::string& outcome, const std::string& who, JsonText value = "",
                          const std::string& role = "") {
    ActOnTask message = act("decide", who, role);
    message.outcome = outcome;
    message.value = std::move(value);
    return message;
  }
  // Acts; the error's code and words, or "" when it went through.
  std::string refused(ActOnTask message) {
    when(InstanceMessage(std::move(message)));
    return error();
  }
  [[nodiscard]] std::string error() const {
    if (replies_.empty()) return "no answer";
    const Result<JsonText>& answer = replies_.back().answer;
    return answer.ok() ? "" : std::string(code_of(answer.error().code)) + ": " + answer.error().detail;
  }
  [[nodiscard]] const TaskRecord& task(OperationSeq seq = 1) const { return tasks_.at(seq); }
  [[nodiscard]] static boost::json::value json_of(const JsonText& text) { return boost::json::parse(text); }
  // The last record of an action in the ledger.
  [[nodiscard]] boost::json::object record(std::string_view action) const {
    boost::json::object found;
    for (const std::string& leaf : leaves_) {
      auto parsed = boost::json::parse(leaf).as_object();
      if (parsed.at("action").as_string() == action) found = std::move(parsed);
    }
    return found;
  }
  [[nodiscard]] int count_of(const std::string& entry) const {
    int count = 0;
    for (const Entry& each : journal()) count += name_of(each.body) == entry ? 1 : 0;
    return count;
  }
  void pass(Duration time) { now_ = now_ + time; }
};

}  // namespace baton
