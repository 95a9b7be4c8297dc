// How a run is ended early: a cancel request, compensations in their order, and what an operator gives up. The rules are in
// docs/LUA_API.md, "What is undone".
#include <algorithm>
#include <functional>

#include "runtime/model/refused_call.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/script_error.hpp"

namespace baton::script {
namespace {

constexpr lua_KContext kWholeUndo = -1;  // In the place of a scope's mark: the compensations of an Undo.
constexpr int kScopeStack = 2;  // What a scope keeps on its stack meanwhile: ctx, and the value that it raises.

// Message handler: notes where a compensation raised.
int note_place(lua_State* state) {
  Execution::of(state).note_place_of_undo(place_of(state));
  return 1;
}

// Runs compensations, newest first; protected, because one that raises keeps no other from running.
int undo_next(lua_State* state, int status, lua_KContext mark) {
  Execution& execution = Execution::of(state);
  const bool whole = mark == kWholeUndo;
  const int base = whole ? 0 : kScopeStack;
  while (true) {
    const bool raised = status != LUA_OK && status != LUA_YIELD;
    if (Sandbox::of(state).must_rethrow(status)) return Sandbox::of(state).rethrow(state);
    if (raised) {
      if (!whole && execution.raises_as_before(state)) return lua_error(state);
      const bool stops = execution.stops_at_raised(state);
      lua_settop(state, base);
      if (stops) return lua_yieldk(state, 0, mark, &undo_next);
    }
    lua_settop(state, base);
    lua_pushcfunction(state, &note_place);
    if (!execution.push_next_undo(state, mark)) break;
    status = lua_pcallk(state, 0, 0, base + 1, mark, &undo_next);
  }
  if (whole) return 0;
  lua_settop(state, base);
  execution.leave_roll_back();
  return lua_error(state);
}

int run_undo(lua_State* state) { return undo_next(state, LUA_OK, kWholeUndo); }

}  // namespace

// ---- a cancel request --------------------------------------------------------------------------------------------------

void Execution::request_cancel(bool at_waits_only) {
  if (!cancel_requested_) cancel_at_waits_ = at_waits_only;
  cancel_requested_ = true;
  for (const auto& branch : branches_) {
    if (!branch->waits_for || branch->shield > 0 || branch->cancel_pending) continue;
    branch->cancel_pending = true;
    if (branch->waits_kind != OperationKind::promise) stop_waiting(*branch);  // A compensation may wait for it.
    if (std::ranges::find(ready_, branch.get()) == ready_.end()) ready_.push_back(branch.get());
  }
}

RunState Execution::cancel(bool at_waits_only) {
  request_cancel(at_waits_only);
  return run();
}

RunState Execution::give_up() {
  BATON_ASSERT(failure_.has_value());
  if (lost_ || sandbox_.poisoned()) return *failure_;
  failure_.reset();
  given_up_ = true;
  request_cancel(true);
  for (const auto& branch : branches_) {
    if (std::exchange(branch->stopped, false)) ready_.push_back(branch.get());
  }
  if (std::exchange(main_failed_, false)) {
    main_end_ = RunState(RunCancelled{});
    stop_updates();
    kill(*main_branch());
  }
  return run();
}

// ---- branches that are stopped ---------------------------------------------------------------------------------------------

void Execution::stop_waiting(Branch& branch) {
  for (const OperationSeq seq : host_.abandon(*branch.waits_for)) wake(seq);
}

// Whether the promise that the branch waits for goes with what is stopped: it was asked for within that, and nobody else waits for it.
bool Execution::withdraws_promise(const Branch& branch, const Branch& outermost) const {
  const OperationSeq seq = *branch.waits_for;
  const Branch* around = &branch;
  while (std::ranges::find(around->promises, seq) == around->promises.end()) {
    if (around == &outermost) return false;
    around = around->parent;
  }
  return std::ranges::none_of(branches_, [&](const auto& each) {
    if (each->waits_for != seq) return false;
    const Branch* within = each.get();
    while (within != nullptr && within != &outermost) within = within->parent;
    return within == nullptr;
  });
}

// What has come for other branches and has not reached them.
void Execution::give_back_to_next_run() {
  const auto is_untold = [this](const auto& branch) {
    return branch->waits_for && host_.outcome_of(*branch->waits_for) != nullptr;
  };
  for (auto at = branches_.begin(); (at = std::ranges::find_if(branches_, is_untold)) != branches_.end();) {
    static_cast<void>(host_.abandon(*std::exchange((*at)->waits_for, std::nullopt)));
  }
}

baton::Outcome run_has_continued() {
  return baton::Outcome::failed({std::string(kRunEnded), std::string(kContinuedBeforeUpdate), {}});
}

void Execution::end_updates() {
  std::vector<Branch*> updates;
  for (const auto& branch : branches_) {
    if (branch->role == BranchRole::update) updates.push_back(branch.get());
  }
  if (cleanups_ == 0 || updates.empty() || !host_.patch(kUpdatesEndWithRun)) return;
  for (Branch* const update : updates) {
    host_.complete_update(update->update_id, run_has_continued());
    kill(*update);
  }
}

const Branch& Execution::outermost(const Branch& branch) {
  const Branch* around = &branch;
  while (around->role == BranchRole::member && around->parent != nullptr) around = around->parent;
  return *around;
}

void Execution::kill(Branch& branch) { kill(branch, branch); }

// A promise that was asked for outside of what is stopped is not withdrawn with it: its id was given out, and others may wait.
void Execution::kill(Branch& branch, const Branch& outermost) {
  const bool is_promise = branch.waits_kind == OperationKind::promise;
  if (branch.waits_for && (!is_promise || withdraws_promise(branch, outermost))) stop_waiting(branch);
  if (branch.group) {
    for (const GroupMember& member : branch.group->members) {
      if (member.branch != nullptr) kill(*member.branch, outermost);
    }
  }
  clean_up(branch);
  forget(branch);
}

// ---- compensations in their order --------------------------------------------------------------------------------------

// Of a branch that has failed or was stopped. What branches within it have left comes first. A run that continues as new
// takes nothing back.
void Execution::clean_up(Branch& branch) {
  if (branch.role == BranchRole::main) {
    auto& all = branch.compensations;
    for (const Compensation& each : std::exchange(handed_, {})) {
      all.insert(std::ranges::find_if(all, [&](const auto& own) { return own.order > each.order; }), each);
    }
  }
  if (continues(branch)) branch.compensations.clear();
  if (branch.compensations.empty()) return hand_over_undos(branch, nullptr, branch.parent);
  undos_.push_back(std::make_unique<Undo>());
  Undo& undo = *undos_.back();
  ++cleanups_;
  undo.functions = std::exchange(branch.compensations, {});
  undo.path = branch.path;
  hand_over_undos(branch, &undo, nullptr);
  undo.inside = branch.role == BranchRole::update ? main_branch() : branch.parent;
  undo.depth = branch.parent == nullptr ? 0 : branch.parent->scopes;
  if (!is_held_back(undo)) begin_undo(undo);
}

void Execution::hand_over_undos(const Branch& branch, Undo* outer, Branch* around) {
  for (const auto& undo : undos_) {
    if (undo->inside != &branch) continue;
    undo->inside = around;
    undo->depth = around == nullptr ? 0 : around->scopes;
    undo->outer = outer;
  }
}

bool Execution::is_held_back(const Undo& undo) const {
  return std::ranges::any_of(undos_, [&](const auto& other) { return other->outer == &undo; });
}

void Execution::begin_undo(Undo& undo) {
  const Status made = sandbox_.protect([&](lua_State* L) {
    lua_pushcfunction(L, &run_undo);
    Branch root;
    Branch& runner = spawn(L, 0, root, undo.path + "rollback.");
    runner.role = BranchRole::cleanup;
    runner.parent = nullptr;
    runner.shield = 1;
    runner.undoing = 1;
    runner.undo = &undo;
    undo.runner = &runner;
  });
  if (!made) stop_for_want(made.error());
}

void Execution::undo_done(Undo& undo) {
  Undo* const outer = undo.outer;
  Branch* const inside = undo.inside;
  for (const auto& within : undos_) {
    if (within->inside != undo.runner) continue;
    within->inside = inside;
    within->depth = undo.depth;
    within->outer = outer;
  }
  std::erase_if(undos_, [&](const auto& each) { return each.get() == &undo; });
  --cleanups_;
  if (outer != nullptr && !is_held_back(*outer)) begin_undo(*outer);
  if (inside != nullptr) wake_after_undo(*inside);
}

bool Execution::undo_waits() const {
  return std::ranges::any_of(undos_, [](const auto& undo) { return undo->runner == nullptr; }) ||
         std::ranges::any_of(branches_, [](const auto& branch) { return branch->awaits_undo; });
}

// ---- what updates and overrides have done ------------------------------------------------------------------------------

bool Execution::undoes(const Branch& branch) { return host_.patch(std::string(kUndoOfBranch) + branch.path); }

void Execution::hand_to_instance(Branch& branch) {
  if (branch.compensations.empty() || !undoes(branch)) return;
  if (main_branch() == nullptr) {
    if (!std::holds_alternative<RunCompleted>(*main_end_)) clean_up(branch);
    return;
  }
  for (const Compensation& each : std::exchange(branch.compensations, {})) handed_.push_back(each);
  std::ranges::sort(handed_, {}, &Compensation::order);
}

void Execution::stop_updates() {
  const std::function<bool(const Branch&)> has_registered = [&](const Branch& branch) {
    return !branch.compensations.empty() ||
           (branch.group && std::ranges::any_of(branch.group->members, [&](const GroupMember& member) {
              return member.branch != nullptr && has_registered(*member.branch);
            }));
  };
  std::vector<Branch*> updates;
  for (const auto& branch : branches_) {
    if (branch->role == BranchRole::update && has_registered(*branch)) updates.push_back(branch.get());
  }
  for (Branch* const update : updates) {
    if (undoes(*update)) kill(*update);
  }
}

// ---- scopes --------------------------------------------------------------------------------------------------------------

bool Execution::is_within_undone(const Branch& branch) const {
  return std::ranges::none_of(
      undos_, [&](const auto& undo) { return undo->inside == &branch && undo->depth >= branch.scopes; });
}

void Execution::wake_after_undo(Branch& branch) {
  if (!branch.awaits_undo || !is_within_undone(branch)) return;
  branch.awaits_undo = false;
  ready_.push_back(&branch);
}

void Execution::leave_scope() {
  Branch& branch = current();
  --branch.scopes;
  for (const auto& undo : undos_) {
    if (undo->inside == &branch) undo->depth = std::min(undo->depth, branch.scopes);
  }
}

void Execution::leave_roll_back() {
  --current().shield;
  --current().undoing;
  leave_scope();
}

// Stack: ctx, the raised value. To be returned from the function of ctx:scope.
int Execution::roll_back(lua_State* state, lua_KContext mark) {
  Execution& execution = of(state);
  Branch& branch = execution.current();
  if (execution.continues(branch)) {
    branch.compensations.resize(std::min(branch.compensations.size(), static_cast<std::size_t>(mark)));
    execution.leave_scope();
    return lua_error(state);
  }
  ++branch.shield;
  ++branch.undoing;
  const bool may_wait = lua_isyieldable(state) != 0 && !Sandbox::is_script_coroutine(state);
  if (!may_wait || execution.is_within_undone(branch)) return undo_next(state, LUA_OK, mark);
  branch.awaits_undo = true;
  return lua_yieldk(state, 0, mark, &undo_next);
}

// ---- one compensation ----------------------------------------------------------------------------------------------------

void Execution::register_undo(int function) { current().compensations.push_back({function, registered_++}); }

bool Execution::push_next_undo(lua_State* state, lua_KContext mark) {
  Branch& branch = current();
  const bool whole = mark == kWholeUndo;
  std::vector<Compensation>& due = whole ? branch.undo->functions : branch.compensations;
  if (due.size() <= (whole ? 0 : static_cast<std::size_t>(mark))) return false;
  place_of_undo_.clear();
  lua_rawgeti(state, LUA_REGISTRYINDEX, due.back().function);
  luaL_unref(state, LUA_REGISTRYINDEX, due.back().function);
  due.pop_back();
  return true;
}

// The value that it raised is on top. Raises for want of memory.
bool Execution::stops_at_raised(lua_State* state) {
  Failure failure = read_failure(state, -1);
  const bool is_verdict = author_failure_ && failure.code == author_failure_->code;
  const bool was_given_up = cancel_requested_ && failure.code == "cancelled";
  if (is_verdict || was_given_up) return false;
  current().stopped = true;
  stop_with({std::move(failure), std::move(place_of_undo_)});
  return true;
}

// Where the run cannot stop, and in a journal of before: there the error of a compensation went on in place of the scope's, and
// whatever is around took over what was left. So does one that continues as new.
bool Execution::raises_as_before(lua_State* state) {
  const bool may_stop = lua_isyieldable(state) != 0 && !Sandbox::is_script_coroutine(state) && !continues(current());
  if (may_stop && host_.patch(next_key("rule:undo", "scope"))) return false;
  leave_roll_back();
  return true;
}

}  // namespace baton::script
