#include "runtime/script/workflow_run.hpp"

#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"

namespace baton {

class WorkflowRun::Body {
 public:
  Body(std::shared_ptr<const Program> program, const WorkflowDefinition& definition, WorkflowHost& host)
      : execution(std::move(program), definition, host) {}
  script::Execution execution;
};

WorkflowRun::WorkflowRun(std::shared_ptr<const Program> program, const WorkflowDefinition& definition,
                         WorkflowHost& host)
    : body_(std::make_unique<Body>(std::move(program), definition, host)) {}
WorkflowRun::~WorkflowRun() = default;

void WorkflowRun::begin_turn() { body_->execution.begin_turn(); }
RunState WorkflowRun::start(const JsonText& input) { return body_->execution.start(input); }
RunState WorkflowRun::resolved(OperationSeq seq) { return body_->execution.resolved(seq); }
RunState WorkflowRun::cancel(bool at_waits_only) { return body_->execution.cancel(at_waits_only); }
RunState WorkflowRun::give_up() { return body_->execution.give_up(); }
bool WorkflowRun::lost() const { return body_->execution.lost(); }
bool WorkflowRun::undo_waits() const { return body_->execution.undo_waits(); }
RunState WorkflowRun::apply_update(const std::string& update_id, const std::string& name, const JsonText& arguments) {
  return body_->execution.apply_update(update_id, name, arguments);
}
Result<JsonText> WorkflowRun::query(std::string_view name, const JsonText& arguments) {
  return body_->execution.query(name, arguments);
}
Status WorkflowRun::validate_update(std::string_view name, const JsonText& arguments) {
  return body_->execution.validate_update(name, arguments);
}
RunState WorkflowRun::overridden(const std::string& name, const JsonText& override) {
  return body_->execution.overridden(name, override);
}
Status WorkflowRun::ask_hook(std::string_view name, const JsonText& task, const JsonText& act) {
  return body_->execution.ask_hook(name, task, act);
}
void WorkflowRun::refresh_facts() { body_->execution.refresh_facts(); }
std::vector<std::string> WorkflowRun::waiting_lines() const { return body_->execution.waiting_lines(); }
std::vector<StandingBranch> WorkflowRun::standing() const { return body_->execution.standing(); }
std::size_t WorkflowRun::memory() const { return body_->execution.memory(); }

}  // namespace baton
