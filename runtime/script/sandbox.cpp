#include "runtime/script/sandbox.hpp"

#include <algorithm>
#include <cstdlib>

#include "runtime/base/assert.hpp"
#include "runtime/script/safe_events.hpp"
#include "runtime/script/safe_library.hpp"
#include "runtime/script/script_error.hpp"

namespace baton::script {
namespace {

// A hook every 1,000 instructions costs nothing that can be measured; the first one in a coroutine comes sooner, and each
// resume is charged for it in advance, so that many short-lived coroutines cannot run uncounted.
constexpr int kHookInterval = 1000;
constexpr int kFirstInterval = 100;
// An error or a yield unwinds the stack as a C++ exception, which takes about as long as this many instructions.
constexpr std::uint64_t kUnwinding = 400;
// Copying this many bytes costs about one instruction.
constexpr std::size_t kBytesPerInstruction = 64;
// A block from here on makes a single instruction slow enough (concatenation, comparison) to look at the clock more often.
constexpr std::size_t kLargeBlock = 64u << 10;
// A full collection costs tens of milliseconds at the default cap. A turn that needs more than this has no room to work.
constexpr std::uint32_t kRefusalsPerTurn = 8;

constexpr std::uintptr_t kScriptCoroutine = 1;  // Low bit of the pointer in a thread's extra space.

std::uintptr_t& extra_space(lua_State* state) noexcept {
  return *static_cast<std::uintptr_t*>(lua_getextraspace(state));
}

int panic(lua_State*) {
  BATON_ASSERT(!"a Lua error left a place that is not protected");
  return 0;
}

// Message handler of call(): a raised string says where it comes from, other values do not.
int note_place(lua_State* state) {
  if (lua_type(state, 1) != LUA_TSTRING) Sandbox::of(state).note_place_of_error(place_of(state));
  return 1;
}

int append_bytecode(lua_State*, const void* bytes, std::size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return 0;
}

}  // namespace

Sandbox::Sandbox(const Options& options) : options_(options), arena_(options.for_picture) {
  BATON_ASSERT(options_.memory >= 64u << 10);
  budget_ = static_cast<std::int64_t>(options_.instructions_per_turn);
  state_ = lua_newstate(&Sandbox::allocate, this);
  BATON_ASSERT(state_ != nullptr);
  extra_space(state_) = reinterpret_cast<std::uintptr_t>(this);
  lua_atpanic(state_, &panic);
  const Status opened = protect([this](lua_State* state) {
    hidden_key_ = close_events(state);
    open_safe_library(state);
  });
  BATON_ASSERT(opened.ok());
  begin_turn();
}

Sandbox& Sandbox::of(lua_State* state) noexcept {
  return *reinterpret_cast<Sandbox*>(extra_space(state) & ~kScriptCoroutine);
}

bool Sandbox::is_script_coroutine(lua_State* state) noexcept { return (extra_space(state) & kScriptCoroutine) != 0; }

bool Sandbox::keep() {
  BATON_ASSERT(running_ == nullptr);
  static_cast<void>(protect([](lua_State* state) { lua_gc(state, LUA_GCCOLLECT); }));
  if (poisoned()) return false;
  remember();
  return true;
}

void Sandbox::remember() {
  arena_.keep();
  kept_used_ = used_;
  kept_large_ = large_;
}

// Without the collection that keep() begins with: what is remembered is put back once, and soon.
Status Sandbox::begin_undoable() {
  BATON_ASSERT(running_ == nullptr && !is_kept());
  if (const auto error = poison()) return *error;
  remember();
  begin_turn();
  return success();
}

void Sandbox::undo() noexcept {
  rewind();
  arena_.forget();
}

void Sandbox::rewind() noexcept {
  BATON_ASSERT(running_ == nullptr);
  arena_.rewind();
  used_ = kept_used_;
  large_ = kept_large_;
  refused_ = 0;
  poison_.reset();
  stopped_.reset();
  out_of_time_ = false;
  has_left_ = false;
  place_of_error_.clear();
  begin_turn();
}

void Sandbox::begin_turn() noexcept {
  budget_ = static_cast<std::int64_t>(options_.instructions_per_turn);
  refusals_ = 0;
  clock_runs_ = false;
}

std::uint64_t Sandbox::instructions_left() const noexcept {
  return budget_ > 0 && !poisoned() ? static_cast<std::uint64_t>(budget_) : 0;
}

std::optional<Error> Sandbox::poison() const {
  if (!poison_) return std::nullopt;
  if (stopped_) return stopped_;
  if (*poison_ == ErrorCode::script_memory) {
    return Error{*poison_, "the script needed more than " + std::to_string(options_.memory >> 10) + " KiB",
                 "keep less in memory: work in smaller parts, or store large values outside and keep their ids"};
  }
  const std::string bound = out_of_time_ ? std::to_string(options_.turn_ms) + " ms of processor time"
                                         : std::to_string(options_.instructions_per_turn) + " instructions";
  return Error{*poison_, "the script used more than " + bound + " without waiting",
               "look for a loop that does not end; move heavy work into an activity"};
}

// ---- memory -----------------------------------------------------------------------------------------------------------

void* Sandbox::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  Sandbox& sandbox = *static_cast<Sandbox*>(self);
  if (block == nullptr) old_size = 0;  // Lua passes the kind of the new object here.
  if (new_size > old_size && sandbox.used_ + (new_size - old_size) > sandbox.options_.memory) {
    sandbox.refuse(new_size);
    return nullptr;
  }
  if (new_size == 0) {
    sandbox.arena_.release(block, old_size);
    block = nullptr;
  } else {
    block = sandbox.arena_.resize(block, old_size, new_size);
    if (block == nullptr) return nullptr;
  }
  sandbox.used_ += new_size - old_size;
  if (old_size >= kLargeBlock || new_size >= kLargeBlock) sandbox.account_large(old_size, new_size);
  if (new_size > old_size) {
    if (new_size >= sandbox.refused_) sandbox.refused_ = 0;
    if (new_size >= 16 * kBytesPerInstruction) sandbox.spend(new_size / kBytesPerInstruction);
  }
  return block;
}

void Sandbox::account_large(std::size_t old_size, std::size_t new_size) noexcept {
  // What such blocks are filled with may take longer than the instructions up to the first hook.
  if (running_ != nullptr) begin_clock();
  const int before = interval();
  if (old_size >= kLargeBlock) large_ -= old_size;
  if (new_size >= kLargeBlock) large_ += new_size;
  if (running_ != nullptr && interval() < before) watch(running_, interval());
}

// Lua now collects everything and asks once more. If that is refused too it raises; must_rethrow() sees it.
void Sandbox::refuse(std::size_t size) noexcept {
  refused_ = size;
  if (++refusals_ > kRefusalsPerTurn) set_poison(ErrorCode::script_memory);
  if (running_ != nullptr) watch(running_, 1);  // A collection is slow: look at the clock at the next instruction.
}

// ---- instructions -----------------------------------------------------------------------------------------------------

void Sandbox::watch(lua_State* state, int interval) noexcept {
  lua_sethook(state, &Sandbox::on_count, LUA_MASKCOUNT, interval);
}

int Sandbox::interval() const noexcept {
  if (poisoned()) return 1;
  if (options_.cpu_clock_ns == nullptr || large_ < (256u << 10)) return kHookInterval;
  return large_ < (2u << 20) ? 64 : 16;
}

void Sandbox::spend(std::uint64_t instructions) noexcept {
  const bool had_some = budget_ >= 0;
  budget_ -= static_cast<std::int64_t>(instructions);
  // Safe in the middle of an allocation: lua_sethook is made to be called from signal handlers.
  if (had_some && budget_ < 0 && running_ != nullptr) watch(running_, 1);
}

void Sandbox::charge(lua_State* state, std::uint64_t instructions) {
  spend(instructions);
  if (budget_ < 0) set_poison(ErrorCode::script_instructions);
  if (poisoned()) raise_poison(state, 1);
}

void Sandbox::stop(lua_State* state, Error why) {
  if (!poisoned()) stopped_ = std::move(why);
  set_poison(stopped_ ? stopped_->code : *poison_);
  raise_poison(state, 1);
}

// From the first look at the clock on: a turn that neither runs long nor holds much does not ask for the time at all.
void Sandbox::begin_clock() noexcept {
  if (options_.cpu_clock_ns == nullptr || clock_runs_) return;
  clock_runs_ = true;
  turn_began_ns_ = options_.cpu_clock_ns();
}

bool Sandbox::out_of_time() noexcept {
  if (options_.cpu_clock_ns == nullptr) return false;
  if (!clock_runs_) {
    begin_clock();
    return false;
  }
  out_of_time_ = options_.cpu_clock_ns() - turn_began_ns_ > options_.turn_ms * 1'000'000;
  return out_of_time_;
}

void Sandbox::on_count(lua_State* state, lua_Debug*) {
  Sandbox& sandbox = of(state);
  const int interval = lua_gethookcount(state);
  sandbox.budget_ -= interval;
  if (sandbox.budget_ < 0 || sandbox.out_of_time()) sandbox.set_poison(ErrorCode::script_instructions);
  if (interval != sandbox.interval()) sandbox.watch(state, sandbox.interval());
  if (!sandbox.poisoned()) return;
  if (lua_isyieldable(state) == 0) sandbox.raise_poison(state, 0);
  sandbox.has_left_ = true;
  lua_yield(state, 0);  // Takes effect when the hook returns.
}

void Sandbox::set_poison(ErrorCode code) noexcept {
  if (!poison_) poison_ = code;
  if (running_ != nullptr) watch(running_, 1);
}

int Sandbox::rethrow(lua_State* state) {
  BATON_ASSERT(poisoned());
  if (lua_isyieldable(state) == 0) return lua_error(state);
  has_left_ = true;
  return lua_yield(state, 0);
}

void Sandbox::raise_poison(lua_State* state, int level) {
  if (lua_isyieldable(state) != 0) rethrow(state);
  luaL_where(state, level);
  const bool memory = *poison_ == ErrorCode::script_memory;
  lua_pushstring(state, stopped_ ? "stopped" : memory ? "out of memory" : "out of instructions");
  lua_concat(state, 2);
  lua_error(state);
  std::abort();  // Not reached: lua_error does not return.
}

bool Sandbox::must_rethrow(int status) noexcept {
  if (status == LUA_OK || status == LUA_YIELD) return false;
  spend(kUnwinding);
  // luaL_Buffer reports a refused allocation as an ordinary error: refused_ tells.
  // A status below zero is a C++ exception that is not Lua's: memory ran out on our side.
  if (status == LUA_ERRMEM || status < 0 || refused_ != 0) set_poison(ErrorCode::script_memory);
  return poisoned();
}

// ---- code -------------------------------------------------------------------------------------------------------------

Status Sandbox::load(std::string_view name, std::string_view code, bool allow_bytecode) {
  if (const auto error = poison()) return *error;
  const bool bytecode = allow_bytecode && code.starts_with(LUA_SIGNATURE[0]);
  const std::string chunk_name = "@" + std::string(name);
  const int status = luaL_loadbufferx(state_, code.data(), code.size(), chunk_name.c_str(), bytecode ? "b" : "t");
  if (status == LUA_OK) return success();
  const bool out_of_memory = must_rethrow(status);
  Error error{ErrorCode::script_syntax, describe(state_, -1), {}};
  lua_pop(state_, 1);
  return out_of_memory ? *poison() : error;
}

Result<std::string> Sandbox::compile(std::string_view name, std::string_view source) {
  constexpr std::string_view kByteOrderMark =
      "\xEF\xBB\xBF";  // As some editors write it; Lua reads files without it, too.
  if (source.starts_with(kByteOrderMark)) source.remove_prefix(kByteOrderMark.size());
  const Status loaded = load(name, source, false);
  if (!loaded) return loaded.error();
  std::string bytecode;
  const int status = lua_dump(state_, &append_bytecode, &bytecode, 0);
  BATON_ASSERT(status == 0);
  lua_pop(state_, 1);
  return bytecode;
}

Status Sandbox::call(lua_State* state, int arguments, int results) {
  if (const auto error = poison()) {
    lua_pop(state, arguments + 1);
    return *error;
  }
  if (lua_checkstack(state, 4) == 0) return Error{ErrorCode::script_memory, "no stack is left for a call", {}};
  lua_State* const outer = std::exchange(running_, state);
  watch(state, interval());
  const int handler = lua_gettop(state) - arguments;
  lua_pushcfunction(state, &note_place);
  lua_insert(state, handler);
  const int status = lua_pcall(state, arguments, results, handler);
  running_ = outer;
  lua_remove(state, handler);
  if (status == LUA_OK) return success();
  const bool poisonous = must_rethrow(status);
  Error error = poisonous ? *poison() : to_error(state, -1);
  const std::string place = std::exchange(place_of_error_, {});
  if (!place.empty() && lua_type(state, -1) != LUA_TSTRING) error.detail.insert(0, place + ": ");
  if (poisonous) error.detail += " (" + describe(state, -1) + ")";
  lua_pop(state, 1);
  return error;
}

Status Sandbox::protect_with(void (*body)(lua_State*, void*), void* data) {
  struct Job {
    void (*body)(lua_State*, void*);
    void* data;
  } job{body, data};
  if (lua_checkstack(state_, 4) == 0) return Error{ErrorCode::script_memory, "no stack is left for a call", {}};
  lua_pushcfunction(state_, [](lua_State* state) {
    const Job& asked = *static_cast<Job*>(lua_touserdata(state, 1));
    lua_settop(state, 0);
    asked.body(state, asked.data);
    return 0;
  });
  lua_pushlightuserdata(state_, &job);
  return call(state_, 1, 0);
}

// ---- coroutines -------------------------------------------------------------------------------------------------------

Result<lua_State*> Sandbox::new_coroutine() {
  lua_State* coroutine = nullptr;
  const Status made = protect([&](lua_State* state) {
    coroutine = lua_newthread(state);
    lua_rawsetp(state, LUA_REGISTRYINDEX, coroutine);
  });
  if (!made) return made.error();
  extra_space(coroutine) = reinterpret_cast<std::uintptr_t>(this);
  return coroutine;
}

void Sandbox::release_coroutine(lua_State* coroutine) noexcept {
  // The key exists, so that setting it to nil allocates nothing and cannot raise.
  lua_pushnil(state_);
  lua_rawsetp(state_, LUA_REGISTRYINDEX, coroutine);
}

lua_State* Sandbox::push_script_coroutine(lua_State* state) {
  lua_State* const coroutine = lua_newthread(state);
  extra_space(coroutine) = reinterpret_cast<std::uintptr_t>(this) | kScriptCoroutine;
  return coroutine;
}

int Sandbox::resume_thread(lua_State* coroutine, int arguments, int* results) {
  lua_State* const outer = std::exchange(running_, coroutine);
  spend(kFirstInterval);
  watch(coroutine, poisoned() || budget_ < 0 ? 1 : std::min(interval(), kFirstInterval));
  const int status = lua_resume(coroutine, outer, arguments, results);
  running_ = outer;
  if (status == LUA_YIELD && outer != nullptr) spend(kUnwinding);
  if (budget_ < 0 && outer != nullptr) watch(outer, 1);
  return status;
}

Outcome Sandbox::resume(lua_State* coroutine, int arguments) {
  if (const auto error = poison()) {
    lua_pop(coroutine, arguments);
    if (lua_checkstack(coroutine, 1) != 0) lua_pushnil(coroutine);
    return Failed{*error, {}};
  }
  int results = 0;
  const int status = resume_thread(coroutine, arguments, &results);
  const bool left = status == LUA_YIELD && has_left_;
  if (status == LUA_YIELD && !left) return Yielded{results};
  if (status == LUA_OK) return Returned{results};
  const bool poisonous = left || must_rethrow(status);
  Failed failed{poisonous ? *poison() : to_error(coroutine, -1), trace_of(coroutine)};
  const std::string_view where = std::string_view(failed.trace).substr(0, failed.trace.find('\n'));
  if (left && lua_checkstack(coroutine, 1) != 0) lua_pushnil(coroutine);  // In the place of what was raised.
  if (poisonous) {
    failed.error.detail += " (at " + std::string(where) + ")";
  } else if (lua_type(coroutine, -1) != LUA_TSTRING && !where.empty()) {
    failed.error.detail = std::string(where.substr(0, where.find(' '))) + ": " + failed.error.detail;
  }
  return failed;
}

}  // namespace baton::script
