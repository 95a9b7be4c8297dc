#include "runtime/script/test_run.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "runtime/script/json_bridge.hpp"
#include "runtime/script/module_index.hpp"
#include "runtime/script/sandbox.hpp"
#include "runtime/script/standard_library.hpp"

namespace baton {
namespace {

using script::Sandbox;

// A case may take many steps between two questions to the host, each of which gives the budget back.
constexpr std::size_t kTestMemory = std::size_t{256} << 20;
constexpr std::uint64_t kTestInstructions = 50'000'000;

constexpr char kTestModule[] = "test";
constexpr char kTestSource[] = "testing/test.lua";  // In the standard library, where no bundle finds it.

// A test may use what the bundle's tests share, tests/NAME.lua, and the whole standard library; of a bundle only what it requires
// itself is in it.
class TestModules : public script::ModuleSource {
 public:
  explicit TestModules(const Program& program) : program_(program), bundle_(program) {}
  Result<script::Module> find(std::string_view name) const override {
    auto own = bundle_.find(name);
    if (own.ok()) return own;
    std::string path = "tests/" + std::string(name) + ".lua";
    std::replace(path.begin(), path.end() - 4, '.', '/');
    const auto shared = program_.files().find(path);
    if (shared != program_.files().end()) return script::Module{shared->first, shared->second, false};
    const auto found = standard_library().find("lib/" + std::string(name) + ".lua");
    if (found == standard_library().end()) return own;
    return script::Module{found->first, found->second, false};
  }

 private:
  const Program& program_;
  script::ModuleIndex bundle_;
};

}  // namespace

class TestRun::Body {
 public:
  Body(const Program& program, TestHost& host)
      : program_(program), host_(host), modules_(program), sandbox_(options_for(modules_)) {
    sandbox_.set_context(this);
  }

  Result<std::vector<std::string>> load(const std::string& path) {
    const auto source = program_.files().find(path);
    if (source == program_.files().end()) return Error{ErrorCode::not_found, "the bundle has no file " + path, {}};
    sandbox_.begin_turn();
    if (Status loaded = sandbox_.load(path, source->second, false); !loaded) return loaded.error();
    if (Status ran = sandbox_.call(sandbox_.state(), 0, 0); !ran) return ran.error();
    if (inside_ == LUA_NOREF) return std::vector<std::string>();  // It did not even require "test".
    const auto names = call_inside(sandbox_.state(), "names", "{}");
    if (!names.ok()) return names.error();
    return boost::json::value_to<std::vector<std::string>>(boost::json::parse(*names));
  }

  Status run(std::size_t index) {
    sandbox_.begin_turn();
    const auto ran = call_inside(sandbox_.state(), "run", "{\"index\":" + std::to_string(index + 1) + "}");
    return ran.ok() ? success() : Status(ran.error());
  }

  Result<JsonText> answer(const JsonText& request) {
    BATON_ASSERT(asking_ != nullptr);
    return call_inside(asking_, "answer", request);
  }

 private:
  static std::span<const script::BuiltinModule> builtins() {
    static constexpr std::array kModules = {script::BuiltinModule{kTestModule, &open_test},
                                            script::BuiltinModule{"json", &script::open_json}};
    return kModules;
  }

  static script::Options options_for(const TestModules& modules) {
    script::Options options;
    options.memory = kTestMemory;
    options.instructions_per_turn = kTestInstructions;
    options.modules = &modules;
    options.builtins = builtins();
    return options;
  }

  static Body& of(lua_State* state) { return Sandbox::of(state).context<Body>(); }

  // Calls a function of the module's inside with one JSON value. Never raises.
  Result<JsonText> call_inside(lua_State* state, const char* function, const JsonText& argument) {
    if (lua_checkstack(state, 6) == 0) return Error{ErrorCode::script_memory, "no stack is left for a call", {}};
    const int top = lua_gettop(state);
    lua_rawgeti(state, LUA_REGISTRYINDEX, inside_);
    lua_getfield(state, -1, function);
    lua_remove(state, -2);
    Status done = script::push_json(state, argument);
    if (done) done = sandbox_.call(state, 1, 1);
    Result<JsonText> result = done ? script::to_json(state, -1, function) : Result<JsonText>(done.error());
    lua_settop(state, top);
    return result;
  }

  // host.ask(verb, arguments) -> value
  static int host_ask(lua_State* state) {
    Body& self = of(state);
    std::optional<Error> error;
    {
      // Nothing in this block outlives a raise: it ends before one.
      const std::string verb = luaL_checkstring(state, 1);
      Result<JsonText> arguments = script::to_json(state, 2, verb);
      if (arguments.ok()) {
        lua_State* const outer = std::exchange(self.asking_, state);
        Result<JsonText> answer = self.host_.ask(verb, *arguments);
        self.asking_ = outer;
        self.sandbox_.begin_turn();
        if (answer.ok()) {
          const Status pushed = script::push_json(state, *answer, kTestMemory);
          if (pushed) return 1;
          error = pushed.error();
        } else {
          error = answer.error();
        }
      } else {
        error = arguments.error();
      }
    }
    push_check(state, error->cure.empty() ? error->detail : error->detail + "; " + error->cure);
    error.reset();
    return lua_error(state);
  }

  // host.fail(message)
  static int host_fail(lua_State* state) {
    push_check(state, luaL_checkstring(state, 1));
    return lua_error(state);
  }

  // host.is_check(err) -> whether it is what host.fail, or a question that was refused, raised last.
  static int host_is_check(lua_State* state) {
    const char* const text = lua_type(state, 1) == LUA_TSTRING ? lua_tostring(state, 1) : nullptr;
    lua_pushboolean(state, text != nullptr && of(state).last_check_ == text ? 1 : 0);
    return 1;
  }

  // The message behind the line of the innermost code that is the bundle's own.
  static void push_check(lua_State* state, std::string_view message) {
    std::string text;
    lua_Debug frame;
    for (int level = 0; lua_getstack(state, level, &frame) != 0; ++level) {
      lua_getinfo(state, "Sl", &frame);
      if (frame.currentline < 0 || std::string_view(frame.source) == std::string("@") + kTestModule) continue;
      text = std::string(frame.source + 1) + ":" + std::to_string(frame.currentline) + ": ";
      break;
    }
    text += message;
    lua_pushlstring(state, text.data(), text.size());
    of(state).last_check_ = std::move(text);
  }

  // The value of require "test".
  static int open_test(lua_State* state) {
    static constexpr luaL_Reg kHost[] = {
        {"ask", &host_ask}, {"fail", &host_fail}, {"is_check", &host_is_check}, {nullptr, nullptr}};
    const std::string& source = standard_library().at(kTestSource);
    if (luaL_loadbufferx(state, source.data(), source.size(), "@test", "t") != LUA_OK) return lua_error(state);
    luaL_newlib(state, kHost);
    lua_call(state, 1, 2);
    of(state).inside_ = luaL_ref(state, LUA_REGISTRYINDEX);
    return 1;
  }

  const Program& program_;
  TestHost& host_;
  TestModules modules_;
  std::string last_check_;
  lua_State* asking_ = nullptr;  // The coroutine whose question the host is answering.
  int inside_ = LUA_NOREF;       // Registry: what test_module.lua gives only to us.
  Sandbox sandbox_;
};

TestRun::TestRun(const Program& program, TestHost& host) : body_(std::make_unique<Body>(program, host)) {}
TestRun::~TestRun() = default;

Result<std::vector<std::string>> TestRun::load(const std::string& path) { return body_->load(path); }
Status TestRun::run(std::size_t index) { return body_->run(index); }
Result<JsonText> TestRun::answer(const JsonText& request) { return body_->answer(request); }

}  // namespace baton
