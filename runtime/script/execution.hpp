// The inside of a WorkflowRun: branches, groups and the queue of those that are ready. Only runtime/script/ sees it.
//
// A branch is a coroutine with a place in the tree of the script's concurrency. Invariant: one that is neither ready nor
// running waits for exactly one of these: an operation, a group of child branches, compensations of branches within a scope
// that it rolls back, or an operator, because a compensation raised.
//
// What has to be undone stands with the branch that did it. A branch that ends well hands it to the branch around it; one that
// fails or is stopped leaves an Undo, which begins when those of all branches within it are done.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <lua.hpp>

#include "runtime/script/module_index.hpp"
#include "runtime/script/sandbox.hpp"
#include "runtime/script/standing.hpp"
#include "runtime/script/workflow_run.hpp"

namespace baton::script {

struct Group;
struct Undo;

enum class BranchRole { main, member, update, cleanup };

struct Compensation {
  int function = LUA_NOREF;  // In the registry.
  std::uint64_t order = 0;   // How many the run had registered before.
};

struct Branch {
  BranchRole role = BranchRole::main;
  lua_State* coroutine = nullptr;
  std::string path;  // Prefix of the keys asked for here: "" for main, "all.home/" and the like.
  std::unordered_map<std::string, std::uint32_t> occurrences;  // By "kind:name".
  bool has_marked_names = false;                               // Some with a '#', as counted keys have.

  std::optional<OperationSeq> waits_for;
  OperationKind waits_kind = OperationKind::activity;  // Of what it waits for.
  std::unique_ptr<Group> group;
  std::vector<OperationSeq> promises;  // That were asked for here, or in branches that have ended.
  std::string line;                    // Where it waits.
  bool cancel_pending = false;         // The wait ends with "cancelled".

  Group* member_of = nullptr;
  Branch* parent = nullptr;
  int slot = 0;                             // Its place in the group's list.
  int shield = 0;                           // Above 0, a cancel request does not reach it.
  int undoing = 0;                          // Above 0, it runs compensations, also of a run that has ended.
  int scopes = 0;                           // How many ctx:scope it is in.
  bool awaits_undo = false;                 // It rolls a scope back once the branches within that are undone.
  bool stopped = false;                     // A compensation that it ran has raised; an operator decides.
  Undo* undo = nullptr;                     // Of one that was begun to run compensations: which.
  std::vector<Compensation> compensations;  // Oldest first.
  std::string update_id;
  int first_arguments = 0;  // Values on the coroutine's stack for its first resume.
};

enum class GroupMode { all, any, race, map };

struct GroupMember {
  JsonText name;  // Its key in the script's table, as JSON: "\"home\"" or "3".
  Branch* branch = nullptr;
};

struct Group {
  GroupMode mode = GroupMode::all;
  Branch* owner = nullptr;
  std::string path;  // Of the group: "all.", "map#2."
  std::vector<GroupMember> members;
  int results = LUA_NOREF;  // Registry: table of results by key.
  int items = LUA_NOREF;    // map: the list, and the function.
  int function = LUA_NOREF;
  std::size_t next_item = 0;  // map: how many have begun.
  std::size_t item_count = 0;
  std::size_t unfinished = 0;
  bool settled = false;
  int failure = LUA_NOREF;  // Registry: the raised value that settled it.
  bool failure_is_cancel = false;
  bool stops = false;  // A cancel has reached a branch of it: no more are begun.
  int winner = -1;     // any, race: the slot that settled it.
};

// The compensations of a branch that has failed or was stopped, as far as they are not done.
struct Undo {
  std::vector<Compensation> functions;  // Oldest first.
  std::string path;                     // Of that branch.
  Branch* inside =
      nullptr;            // The branch around it, while that lives: none of its scopes around this rolls back before.
  int depth = 0;          // How many scopes of `inside` are around it.
  Undo* outer = nullptr;  // What waits for it, once the branch around it is undone as well.
  Branch* runner = nullptr;  // Null while it waits for what was within it.
};

class Execution {
 public:
  Execution(std::shared_ptr<const Program> program, const WorkflowDefinition& definition, WorkflowHost& host);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  void begin_turn() { sandbox_.begin_turn(); }
  [[nodiscard]] RunState start(const JsonText& input);
  [[nodiscard]] RunState resolved(OperationSeq seq);
  [[nodiscard]] RunState cancel(bool at_waits_only);
  [[nodiscard]] RunState give_up();
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] RunState apply_update(const std::string& update_id, const std::string& name, const JsonText& arguments);
  [[nodiscard]] RunState overridden(const std::string& name, const JsonText& override);
  [[nodiscard]] Result<JsonText> query(std::string_view name, const JsonText& arguments);
  [[nodiscard]] Status validate_update(std::string_view name, const JsonText& arguments);
  [[nodiscard]] Status ask_hook(std::string_view name, const JsonText& task, const JsonText& act);
  [[nodiscard]] bool undo_waits() const;
  [[nodiscard]] std::vector<std::string> waiting_lines() const;
  [[nodiscard]] std::vector<StandingBranch> standing() const;
  [[nodiscard]] std::size_t memory() const { return sandbox_.memory_held(); }
  // The host's info() has changed: ctx.patient after a merge.
  void refresh_facts();

  // ---- for the functions of ctx --------------------------------------------------------------------------------------

  [[nodiscard]] static Execution& of(lua_State* state) { return Sandbox::of(state).context<Execution>(); }
  [[nodiscard]] WorkflowHost& host() { return host_; }
  [[nodiscard]] const WorkflowDefinition& definition() const { return definition_; }
  [[nodiscard]] const Program& program() const { return *program_; }
  [[nodiscard]] Branch& current() { return *current_; }
  // Whose the current branch is: run's, or that of an update, of a compensation, of an on_override.
  [[nodiscard]] BranchRole current_role() const { return outermost(*current_).role; }
  // Key of the next `kind:name` in the current branch.
  [[nodiscard]] std::string next_key(std::string_view kind, std::string_view name);
  // A name as a part of a path: the marks in it are escaped, where the journal goes by that rule.
  [[nodiscard]] std::string in_path(std::string name, std::string_view marks);
  [[nodiscard]] bool reading_only() const { return reading_only_; }  // The script is only asked something.
  // Raises then.
  void check_may_change(lua_State* state) const;
  // Raises the end that was asked for, where the script may not go on.
  void check_may_continue(lua_State* state);
  // Raises "cancelled" where a cancel request takes hold: at what waits.
  void check_may_wait(lua_State* state);
  // While the function of a step runs; nothing else of the script does meanwhile.
  void begin_step() {
    in_step_ = true;
    step_misused_ = false;
  }
  // True when ctx was called in it.
  [[nodiscard]] bool end_step() {
    in_step_ = false;
    return step_misused_;
  }
  // Raises in the function of a step.
  void check_outside_step(lua_State* state, const char* method);
  // Asks the host for the operation; the current branch waits for it from now on. Raises.
  void ask_for(lua_State* state, Operation operation);
  // Pushes the outcome of what was asked for, or waits for it; to be returned from a C function. A wait is a C++ exception,
  // and each clean-up in its way costs a microsecond: so nothing with a destructor is to be alive in the caller.
  static int await(lua_State* state);
  // The branches that wait for it go on, once it is their turn.
  void wake(OperationSeq seq);
  // Makes a branch whose coroutine gets the `arguments` + 1 values on top of `from` (function first). Raises.
  Branch& spawn(lua_State* from, int arguments, Branch& parent, std::string path);
  // Waits until the current branch's group is settled. To be returned from a C function.
  int wait_for_group(lua_State* state);
  void begin_item(lua_State* state, Group& group);
  [[noreturn]] void end_failed(lua_State* state, Failure failure);
  [[noreturn]] void end_continued(lua_State* state, JsonText input);

  // execution_undo.cpp. Registers the function with the current branch; a reference in the registry.
  void register_undo(int function);
  // Pushes the next compensation to run: of the current branch's Undo, or, with a mark, of its innermost
  // scope, which began when it had so many. False when none is left.
  [[nodiscard]] bool push_next_undo(lua_State* state, lua_KContext mark);
  // A compensation of the current branch has raised the value on top. True: the run stops here, until an operator has
  // decided. False: it was given up, or gave a verdict, and the others go on.
  [[nodiscard]] bool stops_at_raised(lua_State* state);
  // The same of a scope: true where the error is to leave the scope.
  [[nodiscard]] bool raises_as_before(lua_State* state);
  void note_place_of_undo(std::string place) { place_of_undo_ = std::move(place); }
  void enter_scope() { ++current().scopes; }
  void leave_scope();
  void leave_roll_back();
  static int roll_back(lua_State* state, lua_KContext mark);
  [[nodiscard]] std::uint64_t next_random();
  // `reference` is a function in the registry; it replaces what was declared for the target before.
  void declare_override(lua_State* state, const std::string& target, int reference);
  // Decisions and tasks that the script has come to: what it may override. By name and by key.
  void note_outcome(const std::string& name, const std::string& key) {
    outcomes_.insert(name);
    outcomes_.insert(key);
  }
  [[nodiscard]] const std::set<std::string>& outcomes() const { return outcomes_; }

 private:
  [[nodiscard]] RunState run();
  void resume(Branch& branch);
  void finished(Branch& branch, bool returned, const Failed* failed);
  void member_finished(Branch& branch, bool returned);
  void settle(Group& group);
  void kill(Branch& branch);
  void kill(Branch& branch, const Branch& outermost);
  void stop_waiting(Branch& branch);
  [[nodiscard]] bool withdraws_promise(const Branch& branch, const Branch& outermost) const;
  void give_back_to_next_run();
  // The run continues as new, once what it still undoes is done: updates end here.
  void end_updates();
  // Ends since the run continues as new: not what undoes, nor an on_override.
  [[nodiscard]] bool continues(const Branch& branch) const {
    return continue_input_ && outermost(branch).role != BranchRole::cleanup;
  }
  // The branch that `branch` is within, all branches within branches counted.
  [[nodiscard]] static const Branch& outermost(const Branch& branch);
  void clean_up(Branch& branch);
  // Null when it has ended.
  [[nodiscard]] Branch* main_branch() const;
  // What an update or an on_override has registered is the instance's from now on.
  void hand_to_instance(Branch& branch);
  // The run ends: what updates that wait have registered is undone first.
  void stop_updates();
  // False for a journal that an earlier version wrote, which undid nothing there.
  [[nodiscard]] bool undoes(const Branch& branch);
  void request_cancel(bool at_waits_only);
  // What was left by branches within this one is in the charge of `outer` from now on, or of the branch around it.
  void hand_over_undos(const Branch& branch, Undo* outer, Branch* around);
  void begin_undo(Undo& undo);
  void undo_done(Undo& undo);
  [[nodiscard]] bool is_held_back(const Undo& undo) const;
  // What branches within the branch's innermost scope have left to undo.
  [[nodiscard]] bool is_within_undone(const Branch& branch) const;
  void wake_after_undo(Branch& branch);
  void main_finished(Branch& branch, bool returned, const Failed* failed);
  void update_finished(Branch& branch, bool returned);
  void cleanup_finished(Branch& branch, bool returned, const Failed* failed);
  // ctx:fail beside the main branch, which goes with its compensations.
  void end_main_as_failed();
  void forget(Branch& branch);
  // `lost`: nothing of the script can go on.
  void stop_with(RunFailed failed, bool lost = false);
  void stop_for_want(const Error& error);
  static int after_wait(lua_State* state, int status, lua_KContext context);
  static int after_group(lua_State* state, int status, lua_KContext context);

  std::shared_ptr<const Program> program_;
  const WorkflowDefinition& definition_;
  WorkflowHost& host_;
  ModuleIndex modules_;
  Sandbox sandbox_;
  std::vector<std::unique_ptr<Branch>> branches_;
  std::list<Branch*> ready_;
  Branch* current_ = nullptr;
  std::optional<RunState> main_end_;
  std::optional<RunFailed> failure_;  // The run stands still until it is given up.
  bool lost_ = false;                 // That cannot be.
  bool main_failed_ = false;          // It is the main branch that has failed.
  bool given_up_ = false;
  std::string place_of_undo_;  // Where the compensation that runs has raised.
  std::vector<std::unique_ptr<Undo>> undos_;
  std::size_t cleanups_ = 0;                // Undos, and branches of overrides.
  std::uint64_t registered_ = 0;            // Compensations.
  std::vector<Compensation> handed_;        // Of updates and overrides that are done, oldest first.
  std::map<std::string, int> on_override_;  // By the target's name; registry references.
  std::map<std::string, std::uint32_t> overrides_seen_;
  std::set<std::string> outcomes_;
  bool cancel_requested_ = false;
  bool cancel_at_waits_ = true;  // False for a cancel that an earlier Baton has journaled: then at other calls, too.
  bool reading_only_ = false;
  bool in_step_ = false;
  bool step_misused_ = false;
  std::optional<Failure> author_failure_;
  std::optional<JsonText> continue_input_;
  std::uint64_t random_counter_ = 0;
};

// What becomes of an update whose run continues as new.
[[nodiscard]] baton::Outcome run_has_continued();

// ---- shared by the files of ctx ------------------------------------------------------------------------------------

// Pushes the ctx object; its methods are in ctx_*.cpp.
void push_context(lua_State* state);
// Sets its plain fields (instance, patient, ...) again, on the table on top of the stack.
void set_context_facts(lua_State* state);
void add_operations(
    lua_State* state);                // ctx_operations.cpp: activity sleep sleep_until wait_event wait_signal task ...
void add_records(lua_State* state);   // ctx_records.cpp: step decide override note set get patch ...
void add_branches(lua_State* state);  // ctx_branches.cpp: all any race map scope shield compensate on_rollback
void add_values(lua_State* state);    // ctx_values.cpp: now random uuid business business_days format_time log

// Pushes {code=, message=, details=} with a readable tostring. Raises for want of memory.
void push_failure(lua_State* state, const Failure& failure);
// Reads a raised value of any kind. Never raises.
[[nodiscard]] Failure read_failure(lua_State* state, int index);
// "discharge.lua:17" of the Lua code that called; empty when there is none.
[[nodiscard]] std::string caller_line(lua_State* state);
// Raise with the caller's line in front.
[[noreturn]] void raise(lua_State* state, const std::string& message);
[[noreturn]] void raise(lua_State* state, const Error& error);
// Checks that argument 1 is ctx: "call it with a colon" otherwise.
Execution& check_context(lua_State* state, const char* method);
[[nodiscard]] std::string check_name(lua_State* state, int argument, const char* what);
[[nodiscard]] JsonText check_json(lua_State* state, int index, const char* what);
// A time: milliseconds, RFC 3339 text, or a duration from now. Empty for nil.
[[nodiscard]] std::optional<Instant> check_time(lua_State* state, int index, const char* what, Instant now);
// Field `name` of the options table at `index`, as a time; empty when absent.
[[nodiscard]] std::optional<Instant> option_time(lua_State* state, int index, const char* name, Instant now);
// Checks that every key of the options table is one of `allowed` (space-separated); names the nearest otherwise.
void check_options(lua_State* state, int index, const char* method, std::string_view allowed);

}  // namespace baton::script
