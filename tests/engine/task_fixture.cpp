#include "tests/engine/task_fixture.hpp"

namespace baton {

void TaskFixture::given_with(const std::string& body, BundleFiles more, const std::string& fields) {
  BundleFiles files = bundle_of(body, fields);
  files.merge(more);
  bundle_ = programs_.deploy(std::move(files));
  instance_ = std::make_unique<Instance>("i1", programs_);
}

ActOnTask TaskFixture::act(const std::string& action, const std::string& who, const std::string& role) {
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

ActOnTask TaskFixture::decide(const std::string& outcome, const std::string& who, JsonText value,
                              const std::string& role) {
  ActOnTask message = act("decide", who, role);
  message.outcome = outcome;
  message.value = std::move(value);
  return message;
}

std::string TaskFixture::refused(ActOnTask message) {
  when(InstanceMessage(std::move(message)));
  return error();
}

std::string TaskFixture::error() const {
  if (replies_.empty()) return "no answer";
  const Result<JsonText>& answer = replies_.back().answer;
  return answer.ok() ? "" : std::string(code_of(answer.error().code)) + ": " + answer.error().detail;
}

boost::json::object TaskFixture::record(std::string_view action) const {
  boost::json::object found;
  for (const std::string& leaf : leaves_) {
    auto parsed = boost::json::parse(leaf).as_object();
    if (parsed.at("action").as_string() == action) found = std::move(parsed);
  }
  return found;
}

int TaskFixture::count_of(const std::string& entry) const {
  int count = 0;
  for (const Entry& each : journal()) count += name_of(each.body) == entry ? 1 : 0;
  return count;
}

}  // namespace baton
