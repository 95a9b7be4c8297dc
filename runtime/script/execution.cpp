#include "runtime/script/execution.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/model/refused_call.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/run_start.hpp"
#include "runtime/script/sandbox_image.hpp"
#include "runtime/script/script_error.hpp"
#include "runtime/script/workflow_module.hpp"

namespace baton::script {
namespace {

// What is asked of the engine takes a few microseconds there, and a place in the journal. A loop that asks without end is
// stopped like any other.
constexpr std::uint64_t kInstructionsPerRequest = 300;

const Failure kContinues{"continued", "the workflow continues as new", {}};

// "discharge.lua:17 in function ..." -> "discharge.lua:17"
std::string first_line_of(std::string_view trace) {
  const std::string_view line = trace.substr(0, trace.find('\n'));
  return std::string(line.substr(0, line.find(' ')));
}

}  // namespace

Execution::Execution(std::shared_ptr<const Program> program, const WorkflowDefinition& definition, WorkflowHost& host)
    : program_(std::move(program)),
      definition_(definition),
      host_(host),
      modules_(*program_),
      sandbox_(definition.image ? Sandbox(modules_.sandbox_options(workflow_builtins()), *definition.image)
                                : Sandbox(modules_.sandbox_options(workflow_builtins()))) {
  sandbox_.set_context(this);
}

Execution::~Execution() = default;

RunState Execution::start(const JsonText& input) {
  const auto fail = [this](const Error& error) {
    stop_for_want(error);
    return RunState(*failure_);
  };
  if (definition_.image == nullptr) {
    if (Status loaded = load_definition(sandbox_, *program_, definition_); !loaded) return fail(loaded.error());
  }
  std::optional<Error> refused;
  Status made = sandbox_.protect([&](lua_State* L) {
    push_definition(L);
    lua_getfield(L, -1, "run");
    push_context(L);
    set_context_facts(L);
    if (Status pushed = push_json(L, input); !pushed) {
      refused = pushed.error();
      return;
    }
    branches_.push_back(std::make_unique<Branch>());
    Branch& main = *branches_.back();
    const auto coroutine = sandbox_.new_coroutine();
    if (!coroutine.ok()) {
      refused = coroutine.error();
      return;
    }
    main.coroutine = *coroutine;
    lua_xmove(L, main.coroutine, 3);
    main.first_arguments = 2;
    ready_.push_back(&main);
  });
  if (!made) return fail(made.error());
  if (refused) return fail(*refused);
  return run();
}

// Several branches can wait for one promise.
void Execution::wake(OperationSeq seq) {
  bool woken = false;
  for (const auto& branch : branches_) {
    if (branch->waits_for != seq || branch->cancel_pending) continue;
    if (woken && !host_.patch(kSharedPromises)) return;
    ready_.push_back(branch.get());
    woken = true;
  }
}

RunState Execution::resolved(OperationSeq seq) {
  wake(seq);
  return run();
}

RunState Execution::run() {
  while (!ready_.empty() && !failure_ && !(main_end_ && cleanups_ == 0)) {
    Branch* const branch = ready_.front();
    ready_.pop_front();
    resume(*branch);
  }
  if (failure_) return *failure_;
  if (main_end_ && cleanups_ == 0) return *main_end_;
  return RunWaits{};
}

void Execution::resume(Branch& branch) {
  Branch* const before = current_;
  current_ = &branch;
  const int arguments = std::exchange(branch.first_arguments, 0);
  const script::Outcome outcome = sandbox_.resume(branch.coroutine, arguments);
  current_ = before;
  if (std::holds_alternative<Yielded>(outcome)) {
    BATON_ASSERT(branch.waits_for.has_value() || branch.group != nullptr || branch.awaits_undo || branch.stopped);
    return;
  }
  if (const auto* failed = std::get_if<Failed>(&outcome)) {
    finished(branch, false, failed);
    return;
  }
  // The first returned value is the branch's; no value is nil.
  const int values = std::get<Returned>(outcome).values;
  if (values == 0) {
    lua_pushnil(branch.coroutine);
  } else {
    lua_pop(branch.coroutine, values - 1);
  }
  finished(branch, true, nullptr);
}

// The branch's value, or what it raised, is on top of its coroutine's stack.
void Execution::finished(Branch& branch, bool returned, const Failed* failed) {
  if (!returned && sandbox_.poisoned()) {
    const Error error = *sandbox_.poison();
    stop_with({{std::string(code_of(error.code)), error.detail, {}}, first_line_of(failed->trace)}, true);
    return forget(branch);
  }
  switch (branch.role) {
    case BranchRole::main: main_finished(branch, returned, failed); break;
    case BranchRole::member: member_finished(branch, returned); break;
    case BranchRole::update: update_finished(branch, returned); break;
    case BranchRole::cleanup: cleanup_finished(branch, returned, failed); break;
  }
  if (!(branch.role == BranchRole::main && main_failed_)) forget(branch);
}

void Execution::stop_with(RunFailed failed, bool lost) {
  lost_ = lost_ || lost || sandbox_.poisoned();
  if (!failure_) failure_ = std::move(failed);
}

void Execution::stop_for_want(const Error& error) {
  stop_with({{std::string(code_of(error.code)), error.detail, {}}, {}}, true);
}

void Execution::main_finished(Branch& branch, bool returned, const Failed* failed) {
  if (returned) {
    Result<JsonText> result = to_json(branch.coroutine, -1, "result");
    if (result.ok()) {
      stop_updates();
      main_end_ = RunState(RunCompleted{std::move(*result)});
    } else {
      main_failed_ = true;
      stop_with({{std::string(code_of(result.error().code)), result.error().detail, {}}, definition_.module});
    }
    return;
  }
  if (continue_input_) {
    main_end_ = RunState(RunContinued{*continue_input_});
    end_updates();
    return give_back_to_next_run();
  }
  Failure failure = read_failure(branch.coroutine, -1);
  if (author_failure_) {
    main_end_ = RunState(RunEndedFailed{*author_failure_});
    stop_updates();
    clean_up(branch);
  } else if (given_up_ || (cancel_requested_ && failure.code == "cancelled")) {
    main_end_ = RunState(RunCancelled{});
    stop_updates();
    clean_up(branch);
  } else {
    main_failed_ = true;
    stop_with({std::move(failure), first_line_of(failed->trace)});
  }
}

void Execution::cleanup_finished(Branch& branch, bool returned, const Failed* failed) {
  if (!returned) {
    Failure failure = read_failure(branch.coroutine, -1);
    const bool is_verdict = author_failure_ && failure.code == author_failure_->code;
    const bool was_given_up = cancel_requested_ && failure.code == "cancelled";
    if (!is_verdict && !was_given_up) stop_with({std::move(failure), first_line_of(failed->trace)});
  }
  if (branch.undo != nullptr) {
    undo_done(*branch.undo);
  } else {
    hand_to_instance(branch);
    --cleanups_;
  }
  const bool may_fail = !main_end_ || std::holds_alternative<RunContinued>(*main_end_);
  if (author_failure_ && may_fail) end_main_as_failed();
}

void Execution::end_main_as_failed() {
  main_end_ = RunState(RunEndedFailed{*author_failure_});
  stop_updates();
  if (Branch* const main = main_branch()) kill(*main);
}

Branch* Execution::main_branch() const {
  const auto main = std::ranges::find(branches_, BranchRole::main, [](const auto& branch) { return branch->role; });
  return main == branches_.end() ? nullptr : main->get();
}

void Execution::update_finished(Branch& branch, bool returned) {
  if (author_failure_ && !main_end_) {
    host_.complete_update(branch.update_id, baton::Outcome::failed(*author_failure_));
    hand_to_instance(branch);
    end_main_as_failed();
    return;
  }
  if (!returned) {
    host_.complete_update(branch.update_id, baton::Outcome::failed(read_failure(branch.coroutine, -1)));
    if (!branch.compensations.empty() && undoes(branch)) clean_up(branch);
    return;
  }
  hand_to_instance(branch);
  Result<JsonText> result = to_json(branch.coroutine, -1, "result");
  host_.complete_update(
      branch.update_id,
      result.ok() ? baton::Outcome::of(std::move(*result))
                  : baton::Outcome::failed({std::string(code_of(result.error().code)), result.error().detail, {}}));
}

void Execution::forget(Branch& branch) {
  hand_over_undos(branch, nullptr, branch.parent);
  sandbox_.release_coroutine(branch.coroutine);
  std::erase(ready_, &branch);
  std::erase_if(branches_, [&branch](const auto& each) { return each.get() == &branch; });
}

Branch& Execution::spawn(lua_State* from, int arguments, Branch& parent, std::string path) {
  auto coroutine = sandbox_.new_coroutine();
  if (!coroutine.ok()) raise(from, coroutine.error());
  branches_.push_back(std::make_unique<Branch>());
  Branch& branch = *branches_.back();
  branch.role = BranchRole::member;
  branch.coroutine = *coroutine;
  branch.path = std::move(path);
  branch.parent = &parent;
  branch.shield = parent.shield;
  branch.undoing = parent.undoing;
  branch.first_arguments = arguments;
  if (lua_checkstack(branch.coroutine, arguments + 2) == 0) raise(from, "too many arguments");
  lua_xmove(from, branch.coroutine, arguments + 1);
  ready_.push_back(&branch);
  return branch;
}

void Execution::member_finished(Branch& branch, bool returned) {
  Group& group = *branch.member_of;
  GroupMember& member = group.members[static_cast<std::size_t>(branch.slot)];
  member.branch = nullptr;
  --group.unfinished;
  const bool keeps_value = returned && !(group.mode == GroupMode::any && group.winner >= 0);
  // A cancel reaches each branch by itself, at its next wait: none stops another then, which may be shielded.
  const bool by_cancel = !returned && cancel_requested_ && cancel_at_waits_ && group.owner->shield == 0;
  const bool is_cancel = by_cancel && read_failure(branch.coroutine, -1).code == "cancelled";
  const bool keeps_failure = !by_cancel || group.failure == LUA_NOREF || (group.failure_is_cancel && !is_cancel);
  group.stops = group.stops || by_cancel;
  const Status kept = sandbox_.protect([&](lua_State* L) {
    lua_pushvalue(branch.coroutine, -1);
    lua_xmove(branch.coroutine, L, 1);
    if (!returned) {
      if (!keeps_failure) return;
      luaL_unref(L, LUA_REGISTRYINDEX, group.failure);
      group.failure = luaL_ref(L, LUA_REGISTRYINDEX);
      group.failure_is_cancel = is_cancel;
      return;
    }
    if (!keeps_value) return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, group.results);
    if (!push_json(L, member.name)) return;
    lua_pushvalue(L, -3);
    lua_settable(L, -3);
  });
  if (!kept) return stop_for_want(kept.error());
  auto& promises = group.owner->promises;
  promises.insert(promises.end(), branch.promises.begin(), branch.promises.end());
  if (returned && !branch.compensations.empty()) {
    // What a finished branch would undo is its parent's to undo from now on.
    auto& inherited = group.owner->compensations;
    inherited.insert(inherited.end(), branch.compensations.begin(), branch.compensations.end());
    branch.compensations.clear();
  } else if (!returned) {
    clean_up(branch);
  }
  const bool ends_run = !returned && (author_failure_ || continues(branch)) && group.owner->undoing == 0;
  const bool decides = ends_run || (returned ? group.mode == GroupMode::race || group.mode == GroupMode::any
                                             : group.mode != GroupMode::any && !by_cancel);
  if (decides) {
    group.winner = branch.slot;
    if (returned) {
      const Status cleared = sandbox_.protect([&](lua_State* L) { luaL_unref(L, LUA_REGISTRYINDEX, group.failure); });
      static_cast<void>(cleared);
      group.failure = LUA_NOREF;
    }
    settle(group);
  } else if (group.unfinished == 0 && (group.stops || group.next_item >= group.item_count)) {
    settle(group);
  } else if (group.mode == GroupMode::map && !group.stops && group.next_item < group.item_count) {
    const Status begun = sandbox_.protect([&](lua_State* L) { begin_item(L, group); });
    if (!begun) stop_for_want(begun.error());
  }
}

// The losers stop, and the owner goes on.
void Execution::settle(Group& group) {
  group.settled = true;
  for (GroupMember& member : group.members) {
    if (Branch* const loser = std::exchange(member.branch, nullptr)) kill(*loser);
  }
  ready_.push_back(group.owner);
}

std::vector<std::string> Execution::waiting_lines() const {
  std::vector<std::string> lines;
  for (const auto& branch : branches_) {
    if (branch->waits_for) lines.push_back(branch->line);
  }
  return lines;
}

// ---- for the functions of ctx ----------------------------------------------------------------------------------------

namespace {

std::string counted(const std::string& id, std::uint32_t occurrence) {
  return occurrence == 1 ? id : id + "#" + std::to_string(occurrence);
}

// Whether a step of another name has this key: the second "call" is counted as "call#2", which may be a name as well.
bool is_taken(const Branch& branch, const std::string& id, std::uint32_t occurrence) {
  const std::string key = counted(id, occurrence);
  if (occurrence > 1) return branch.occurrences.contains(key);
  const std::size_t mark = key.rfind('#');
  if (mark == std::string::npos) return false;
  const auto other = branch.occurrences.find(key.substr(0, mark));
  if (other == branch.occurrences.end()) return false;
  std::uint32_t number = 0;
  std::from_chars(key.data() + mark + 1, key.data() + key.size(), number);
  return number >= 2 && number <= other->second && counted(other->first, number) == key;
}

}  // namespace

std::string Execution::next_key(std::string_view kind, std::string_view name) {
  Branch& branch = current();
  std::string id(kind);
  id.append(":").append(name);
  branch.has_marked_names = branch.has_marked_names || name.find('#') != std::string_view::npos;
  std::uint32_t& occurrence = branch.occurrences[id];
  ++occurrence;
  while (branch.has_marked_names && is_taken(branch, id, occurrence)) ++occurrence;
  return branch.path + counted(id, occurrence);
}

void Execution::check_may_change(lua_State* state) const {
  if (reading_only_) raise(state, "a query or a validator only reads; it cannot change the workflow");
}

void Execution::check_outside_step(lua_State* state, const char* method) {
  if (!in_step_) return;
  step_misused_ = true;
  raise(state, std::string("ctx:") + method +
                   " cannot be used in the function of a step, which does not run again on a replay; take it out of "
                   "the step, and give the step its value as an argument");
}

void Execution::check_may_continue(lua_State* state) {
  sandbox_.charge(state, kInstructionsPerRequest);
  check_may_change(state);
  const bool ended = author_failure_ || continues(current());
  if (ended && current().undoing == 0) {
    push_failure(state, author_failure_ ? *author_failure_ : kContinues);
    lua_error(state);
  }
  if (!cancel_at_waits_) check_may_wait(state);
}

void Execution::check_may_wait(lua_State* state) {
  if (!cancel_requested_ || current().shield > 0) return;
  push_failure(state, {"cancelled", "the workflow was cancelled", {}});
  lua_error(state);
}

void Execution::ask_for(lua_State* state, Operation operation) {
  if (Sandbox::is_script_coroutine(state)) {
    raise(state, "an operation cannot wait inside a coroutine of your own; use ctx:all, ctx:race or ctx:map");
  }
  if (lua_isyieldable(state) == 0) {
    raise(state, "an operation cannot wait here, inside a function that Lua itself calls (sort, gsub, require)");
  }
  check_may_wait(state);
  Branch& branch = current();
  branch.line = operation.line;
  branch.waits_kind = operation.kind;
  branch.waits_for = host_.ask(std::move(operation));
}

int Execution::await(lua_State* state) {
  const Execution& execution = of(state);
  if (execution.host_.outcome_of(*execution.current_->waits_for) != nullptr) return after_wait(state, LUA_OK, 0);
  return lua_yieldk(state, 0, 0, &Execution::after_wait);
}

int Execution::after_wait(lua_State* state, int, lua_KContext) {
  Execution& execution = of(state);
  Branch& branch = execution.current();
  const OperationSeq seq = *std::exchange(branch.waits_for, std::nullopt);
  if (std::exchange(branch.cancel_pending, false)) {
    push_failure(state, {"cancelled", "the workflow was cancelled", {}});
    return lua_error(state);
  }
  const baton::Outcome* const outcome = execution.host_.outcome_of(seq);
  BATON_ASSERT(outcome != nullptr);
  const OperationKind kind = branch.waits_kind;
  switch (outcome->kind) {
    case OutcomeKind::value: {
      // A signal that carries nothing is still no time-out, which is nil.
      const bool bare_signal = kind == OperationKind::signal_wait && outcome->value.empty();
      if (Status pushed = push_json(state, bare_signal ? "{}" : outcome->value); !pushed) raise(state, pushed.error());
      return 1;
    }
    case OutcomeKind::failed: push_failure(state, outcome->failure); return lua_error(state);
    case OutcomeKind::cancelled:
      push_failure(state, {"cancelled", "the operation was cancelled", {}});
      return lua_error(state);
    case OutcomeKind::timed_out:
      if (kind == OperationKind::activity || kind == OperationKind::child) {
        push_failure(state, {"timeout", "it ran out of time", {}});
        return lua_error(state);
      }
      lua_pushnil(state);
      return 1;
  }
  return 0;
}

int Execution::wait_for_group(lua_State* state) {
  if (Sandbox::is_script_coroutine(state)) raise(state, "branches cannot be awaited inside a coroutine of your own");
  return lua_yieldk(state, 0, 0, &Execution::after_group);
}

int Execution::after_group(lua_State* state, int, lua_KContext) {
  Execution& execution = of(state);
  const std::unique_ptr<Group> group = std::move(execution.current().group);
  BATON_ASSERT(group->settled);
  lua_rawgeti(state, LUA_REGISTRYINDEX, group->results);
  lua_rawgeti(state, LUA_REGISTRYINDEX, group->failure);
  for (const int reference : {group->results, group->failure, group->items, group->function}) {
    luaL_unref(state, LUA_REGISTRYINDEX, reference);
  }
  if (group->failure != LUA_NOREF) return lua_error(state);
  lua_pop(state, 1);
  if (group->mode == GroupMode::all || group->mode == GroupMode::map) return 1;
  const JsonText& name = group->members[static_cast<std::size_t>(group->winner)].name;
  if (Status pushed = push_json(state, name); !pushed) raise(state, pushed.error());
  lua_pushvalue(state, -1);
  lua_gettable(state, -3);
  return 2;
}

void Execution::end_failed(lua_State* state, Failure failure) {
  author_failure_ = failure;
  push_failure(state, failure);
  lua_error(state);
  std::abort();  // lua_error does not return.
}

void Execution::end_continued(lua_State* state, JsonText input) {
  check_may_wait(state);  // Or what the cancel has to undo would be dropped.
  continue_input_ = std::move(input);
  push_failure(state, kContinues);
  lua_error(state);
  std::abort();  // lua_error does not return.
}

// splitmix64 over the instance's seed: the same numbers on every replay.
std::uint64_t Execution::next_random() {
  std::uint64_t z = host_.info().seed + (++random_counter_) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace baton::script
