// One Lua state in which code that we do not trust runs: capped memory, a budget of instructions for each turn, and only
// the allow-listed library (safe_library.hpp).
//
// Invariant: a script that goes over a budget never runs another instruction. Going over poisons the Sandbox; every
// protected call of ours (pcall, xpcall, coroutine.resume, call, resume) passes the error on, and the count hook fires at
// each instruction until the stack is empty. A poisoned Sandbox is of no further use: its owner throws it away.
//
// Lua errors are C++ exceptions here (liblua5.4-c++): they unwind C++ frames, and nobody may swallow them with catch(...).
// A function that can raise is called only from Lua or inside protect(). "Never raises" below means that it may be
// called from anywhere.
//
// Owned by one actor: no two threads at once. Pure: no IO, no clock but the one that is handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <lua.hpp>

#include "runtime/base/limits.hpp"
#include "runtime/base/result.hpp"
#include "runtime/script/arena.hpp"

namespace baton::script {

// What `require` finds in the bundle.
struct Module {
  std::string_view chunk_name;  // As errors show it: "discharge.lua".
  std::string_view code;        // Source text, or what Sandbox::compile made of it.
  bool bytecode = false;
};

// The only place where `require` looks: the modules of one bundle. Shared by its Sandboxes, so find() must be safe to
// call from several threads; the views live as long as the source does.
class ModuleSource {
 public:
  virtual ~ModuleSource() = default;
  // Error not_found when the bundle has no such module.
  [[nodiscard]] virtual Result<Module> find(std::string_view name) const = 0;
};

// A module written in C++. `open` is called on the first require and leaves the module's value on the stack.
struct BuiltinModule {
  const char* name;
  lua_CFunction open;
};

struct Options {
  std::size_t memory = limits::kScriptMemory;  // Bytes; at least 64 KiB.
  std::uint64_t instructions_per_turn = limits::kScriptInstructionsPerTurn;
  std::uint64_t pattern_steps = limits::kPatternSteps;
  std::size_t string_size = limits::kScriptStringSize;  // Bytes; the longest string that a library function builds.
  const ModuleSource* modules = nullptr;                // Borrowed; outlives the Sandbox. Null: nothing to require.
  std::span<const BuiltinModule> builtins;              // Borrowed, as well.
  // Time of the processor in nanoseconds, or null. A second line of defence for the few instructions whose cost grows
  // with their operands (comparing long strings): a turn that takes longer than turn_ms is stopped like one that ran
  // out of instructions. Never decides what a script that stays within its budget does.
  std::uint64_t (*cpu_clock_ns)() = nullptr;
  std::uint64_t turn_ms = limits::kScriptTurnMs;
  bool for_picture = false;  // So that picture() may be called. Memory is had at a higher price.
};

// How a coroutine came to rest. `values` are on top of its stack; whoever resumes it again pops them first.
struct Yielded {
  int values;
};
struct Returned {
  int values;
};
// The raised value is on top of the coroutine's stack (nil when the Sandbox was poisoned before). `trace` is one frame a line, innermost first, at most eight.
struct Failed {
  Error error;
  std::string trace;
};
using Outcome = std::variant<Yielded, Returned, Failed>;

struct SandboxImage;

class Sandbox {
 public:
  explicit Sandbox(const Options& options = {});
  // A copy of the one that the image shows: as if all that it had run had been run here, at no cost of the budget. The
  // options are its own; what was required before stays required.
  Sandbox(const Options& options, const SandboxImage& image);
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  // The state is not closed, only its memory given back: what lua_close does beside that is to run finalizers and to close
  // variables, and there are none (no __gc, no __close, no userdata with a destructor).
  ~Sandbox() = default;

  // The Sandbox that `state` (its main state or any of its coroutines) belongs to. Never raises.
  [[nodiscard]] static Sandbox& of(lua_State* state) noexcept;

  [[nodiscard]] lua_State* state() const noexcept { return state_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

  // The owner's binding: whatever its functions need. Borrowed.
  void set_context(void* context) noexcept { context_ = context; }
  template <typename T>
  [[nodiscard]] T& context() const noexcept {
    BATON_ASSERT(context_ != nullptr);
    return *static_cast<T*>(context_);
  }

  // Remembers the state as it is, in the place of what was remembered before; rewind() makes it that again, whatever ran
  // in between, also after it was poisoned: nothing of a run is left, no global, no upvalue, no coroutine. For owners that
  // run many scripts of strangers to each other in one Sandbox. Not while a script runs. keep() never raises; false when
  // the state is poisoned.
  [[nodiscard]] bool keep();
  void rewind() noexcept;
  [[nodiscard]] bool is_kept() const noexcept { return arena_.is_kept(); }

  // As protect(), with a whole budget of instructions; afterwards the state is what it was before, whatever ran and also where
  // that went over a budget: the one way to ask a script something without leaving a trace in it. It costs a copy of what
  // the script holds, there and back. Precondition: not kept, and no script runs.
  template <typename Body>
  [[nodiscard]] Status protect_and_undo(Body&& body) {
    if (Status begun = begin_undoable(); !begun) return begun;
    Status done = protect(std::forward<Body>(body));
    undo();
    return done;
  }

  // The state as it is, for copies. Null when it cannot be copied: a coroutine lives, or a table has a key that Lua finds by
  // its address (a table, a function); or it is poisoned. Not while a script runs. Never raises. Precondition:
  // Options::for_picture.
  [[nodiscard]] std::shared_ptr<const SandboxImage> picture();

  // Gives the whole budget of instructions back. Call it once a turn. Has no effect on a poisoned Sandbox.
  void begin_turn() noexcept;
  [[nodiscard]] std::uint64_t instructions_left() const noexcept;
  // What the script holds, as the cap counts it; and what the Sandbox holds of the process for it.
  [[nodiscard]] std::size_t memory_used() const noexcept { return used_; }
  [[nodiscard]] std::size_t memory_held() const noexcept { return arena_.held(); }

  // Set for good once a budget is exceeded: script_memory or script_instructions.
  [[nodiscard]] bool poisoned() const noexcept { return poison_.has_value(); }
  [[nodiscard]] std::optional<Error> poison() const;

  // Compiles and leaves the chunk's function on top of the stack of state(). `name` is what errors call it
  // ("discharge.lua"). Bytecode is taken only where it is ours. Never raises. Error: script_syntax.
  [[nodiscard]] Status load(std::string_view name, std::string_view code, bool allow_bytecode);
  // Source text to bytecode that keeps lines and names. Never raises. Error: script_syntax.
  [[nodiscard]] Result<std::string> compile(std::string_view name, std::string_view source);

  // lua_pcall on `state` under the budget, with the error as an Error ("discharge.lua:17: no such ward") and nothing left
  // on the stack after a failure. Never raises. Errors: script_error, or why the Sandbox is poisoned.
  [[nodiscard]] Status call(lua_State* state, int arguments, int results);

  // Runs `body(lua_State*)`, which may use the whole raising Lua API, and returns what it left on the stack there by
  // popping it: only side effects survive. Never raises.
  template <typename Body>
  [[nodiscard]] Status protect(Body&& body) {
    return protect_with(
        [](lua_State* state, void* data) { (*static_cast<std::remove_reference_t<Body>*>(data))(state); },
        std::addressof(body));
  }

  // A coroutine for the owner's use, kept alive until it is released. Never raises.
  [[nodiscard]] Result<lua_State*> new_coroutine();
  // Forgets it, whatever it was doing; runs no more of its code.
  void release_coroutine(lua_State* coroutine) noexcept;
  // Resumes with the `arguments` values on top of its stack (and below them the function, the first time). May be called
  // from a C function that runs in another coroutine. Never raises.
  [[nodiscard]] Outcome resume(lua_State* coroutine, int arguments);

  // True when `state` is a coroutine that a script made with coroutine.create or wrap. An operation of the owner that
  // has to wait refuses there: its yield would end in the script's hands.
  [[nodiscard]] static bool is_script_coroutine(lua_State* state) noexcept;

  // For library functions that work longer than an instruction: takes `instructions` from the budget. Raises when the
  // budget is spent.
  void charge(lua_State* state, std::uint64_t instructions);
  // Poisons the Sandbox for a reason of its owner's, as a budget that is spent does; poison() then says `why`. Raises.
  [[noreturn]] void stop(lua_State* state, Error why);
  // The same as charge() without raising: a budget that this spends raises at the next instruction. Never raises.
  void spend(std::uint64_t instructions) noexcept;

  // For the library's own protected calls.
  // lua_resume under the budget. Never raises.
  int resume_thread(lua_State* coroutine, int arguments, int* results);
  // Makes a coroutine of the script's on top of the stack of `state`. Raises.
  lua_State* push_script_coroutine(lua_State* state);
  // To be asked after each failure that was caught: notices a memory error and poisons. True: pass the error on.
  [[nodiscard]] bool must_rethrow(int status) noexcept;
  // Passes the error of a poisoned Sandbox on, from a function that is to return what this does. In a coroutine that goes
  // straight to who resumed it: a script may have made a hundred thousand protected calls around it, and Lua goes through its
  // whole stack at each of them that an error passes.
  int rethrow(lua_State* state);
  // Whether a coroutine that has yielded was left so.
  [[nodiscard]] bool has_left() const noexcept { return has_left_; }
  // True for the one string that pairs and next leave out (see safe_events.hpp).
  [[nodiscard]] bool is_hidden_key(const char* text) const noexcept { return text == hidden_key_; }
  // For a message handler: where the value was raised that call() is about to return as an Error.
  void note_place_of_error(std::string place) { place_of_error_ = std::move(place); }

 private:
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void on_count(lua_State* state, lua_Debug* record);
  void account_large(std::size_t old_size, std::size_t new_size) noexcept;
  void refuse(std::size_t size) noexcept;
  void watch(lua_State* state, int interval) noexcept;
  void set_poison(ErrorCode code) noexcept;
  [[noreturn]] void raise_poison(lua_State* state, int level);
  [[nodiscard]] int interval() const noexcept;
  void begin_clock() noexcept;
  [[nodiscard]] bool out_of_time() noexcept;
  void remember();
  [[nodiscard]] Status begin_undoable();
  void undo() noexcept;
  [[nodiscard]] Status protect_with(void (*body)(lua_State*, void*), void* data);

  Options options_;
  Arena arena_;
  lua_State* state_ = nullptr;
  lua_State* running_ = nullptr;  // Whose instructions run now; null between turns.
  void* context_ = nullptr;
  std::optional<ErrorCode> poison_;
  std::string place_of_error_;
  const char* hidden_key_ = nullptr;

  std::size_t used_ = 0;        // Bytes held.
  std::size_t large_ = 0;       // Bytes held in large blocks, which make single instructions slow.
  std::size_t refused_ = 0;     // Size of a refused allocation that has not been granted since; 0 if none.
  std::uint32_t refusals_ = 0;  // Refused allocations of this turn; each cost a full collection.
  std::int64_t budget_ = 0;     // Instructions left; below zero when spent.
  bool clock_runs_ = false;     // turn_began_ns_ is of this turn.
  std::uint64_t turn_began_ns_ = 0;
  bool has_left_ = false;         // Poisoned, it has left a coroutine by a yield.
  std::optional<Error> stopped_;  // Why it is poisoned, when its owner stopped it.
  bool out_of_time_ = false;      // Why it is poisoned, when it is by script_instructions.
  std::size_t kept_used_ = 0;     // used_ and large_ at keep().
  std::size_t kept_large_ = 0;
};

}  // namespace baton::script
