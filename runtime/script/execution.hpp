// The inside of a WorkflowRun: branches, groups and the queue of those that are ready. Only runtime/script/ sees it.
//
// A branch is a coroutine with a place in the tree of the script's concurrency. It waits for one operation or for one
// group of child branches. Invariant: a branch that is neither ready nor running waits for exactly one of the two.
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

enum class BranchRole { main, member, update, cleanup };

struct Branch {
  BranchRole role = BranchRole::main;
  lua_State* coroutine = nullptr;
  std::string path;  // Prefix of the keys asked for here: "" for main, "all.home/" and the like.
  std::unordered_map<std::string, std::uint32_t> occurrences;  // By "kind:name".
  bool has_marked_names = false;                               // Some with a '#', as counted keys have.

  std::optional<OperationSeq> waits_for;
  OperationKind waits_kind = OperationKind::activity;  // Of what it waits for.
  std::unique_ptr<Group> group;
  std::string line;             // Where it waits.
  bool cancel_pending = false;  // The wait ends with "cancelled".

  Group* member_of = nullptr;
  Branch* parent = nullptr;
  int slot = 0;                    // Its place in the group's list.
  int shield = 0;                  // Above 0, a cancel request does not reach it.
  int undoing = 0;                 // Above 0, it runs compensations, also of a run that has ended.
  std::vector<int> compensations;  // Registry references of functions, oldest first.
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
  int winner = -1;          // any, race: the slot that settled it.
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
  [[nodiscard]] RunState cancel();
  [[nodiscard]] RunState apply_update(const std::string& update_id, const std::string& name, const JsonText& arguments);
  [[nodiscard]] RunState overridden(const std::string& name, const JsonText& override);
  [[nodiscard]] Result<JsonText> query(std::string_view name, const JsonText& arguments);
  [[nodiscard]] Status validate_update(std::string_view name, const JsonText& arguments);
  [[nodiscard]] Status ask_hook(std::string_view name, const JsonText& task, const JsonText& act);
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
  // Key of the next `kind:name` in the current branch.
  [[nodiscard]] std::string next_key(std::string_view kind, std::string_view name);
  [[nodiscard]] bool reading_only() const { return reading_only_; }  // The script is only asked something.
  // Raises then.
  void check_may_change(lua_State* state) const;
  // Raises "cancelled" or the end that was asked for, where the script may not go on.
  void check_may_continue(lua_State* state);
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
  // Makes a branch whose coroutine gets the `arguments` + 1 values on top of `from` (function first). Raises.
  Branch& spawn(lua_State* from, int arguments, Branch& parent, std::string path);
  // Waits until the current branch's group is settled. To be returned from a C function.
  int wait_for_group(lua_State* state);
  void begin_item(lua_State* state, Group& group);
  [[noreturn]] void end_failed(lua_State* state, Failure failure);
  [[noreturn]] void end_continued(lua_State* state, JsonText input);
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
  void clean_up(Branch& branch);
  void main_finished(Branch& branch, bool returned, const Failed* failed);
  void update_finished(Branch& branch, bool returned);
  // ctx:fail beside the main branch, which goes with its compensations.
  void end_main_as_failed();
  void forget(Branch& branch);
  void end_with(RunFailed failed);
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
  std::size_t cleanups_ = 0;
  std::map<std::string, int> on_override_;  // By the target's name; registry references.
  std::map<std::string, std::uint32_t> overrides_seen_;
  std::set<std::string> outcomes_;
  bool cancel_requested_ = false;
  bool reading_only_ = false;
  bool in_step_ = false;
  bool step_misused_ = false;
  std::optional<Failure> author_failure_;
  std::optional<JsonText> continue_input_;
  std::uint64_t random_counter_ = 0;
};

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
