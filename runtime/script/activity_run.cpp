#include "runtime/script/activity_run.hpp"

#include <list>
#include <map>

#include "runtime/script/activity_modules.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/module_index.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton {
namespace {

using script::ActivityExchange;
using script::Sandbox;

// One Sandbox with the modules of one bundle loaded as attempts ask for them. Invariant: between attempts it is as it was
// when its last module had been loaded, so that nothing of one attempt (and its patient) is there for another. Not
// thread-safe.
struct Workshop {
  explicit Workshop(std::shared_ptr<const Program> source)
      : program(std::move(source)), modules(*program), sandbox(modules.sandbox_options(script::activity_builtins())) {
    sandbox.set_context(&exchange);
  }

  std::shared_ptr<const Program> program;
  script::ModuleIndex modules;
  ActivityExchange exchange;
  Sandbox sandbox;
  std::map<std::string, int, std::less<>> tables;  // activities/x.lua -> registry reference of its table.
  int activity = LUA_NOREF;                        // Registry reference of the attempts' second argument.
  JsonText settings;                               // That are in it.
  lua_State* coroutine = nullptr;                  // In which attempts run; as good as new once it is rewound.

  // Precondition: no attempt has run in it since it was made or rewound.
  Status load(const std::string& path) {
    if (tables.contains(path)) return success();
    if (coroutine == nullptr) {
      const auto made = sandbox.new_coroutine();
      if (!made.ok()) return made.error();
      coroutine = *made;
      settings = exchange.context.settings;
    }
    int reference = LUA_NOREF;
    const Status loaded = sandbox.protect([&](lua_State* state) {
      if (activity == LUA_NOREF) {
        script::push_activity(state);
        script::fill_settings(state);
        activity = luaL_ref(state, LUA_REGISTRYINDEX);
      }
      const std::string_view code = program->bytecode(path);
      if (luaL_loadbufferx(state, code.data(), code.size(), ("@" + path).c_str(), "b") != LUA_OK) lua_error(state);
      lua_call(state, 0, 1);
      reference = luaL_ref(state, LUA_REGISTRYINDEX);
    });
    if (!loaded) return loaded;
    if (!sandbox.keep()) return *sandbox.poison();
    tables.emplace(path, reference);
    return success();
  }
};

ActivityEnded failed_with(const Error& error) {
  return {Outcome::failed({std::string(code_of(error.code)), error.detail, {}}), std::nullopt, false};
}

}  // namespace

class ActivityCache::Body {
 public:
  explicit Body(std::size_t capacity) : capacity_(capacity) {}

  std::unique_ptr<Workshop> take(const std::shared_ptr<const Program>& program) {
    for (auto it = idle_.begin(); it != idle_.end(); ++it) {
      if ((*it)->program == program) {
        std::unique_ptr<Workshop> found = std::move(*it);
        idle_.erase(it);
        return found;
      }
    }
    return std::make_unique<Workshop>(program);
  }

  void give_back(std::unique_ptr<Workshop> workshop) {
    idle_.push_front(std::move(workshop));
    if (idle_.size() > capacity_) idle_.pop_back();
  }

 private:
  std::size_t capacity_;
  std::list<std::unique_ptr<Workshop>> idle_;  // Most recently used first.
};

class ActivityRun::Body {
 public:
  Body(std::unique_ptr<Workshop> workshop, std::shared_ptr<ActivityCache::Body> home, std::string_view name,
       const JsonText& input, ActivityContext context)
      : workshop_(std::move(workshop)), home_(std::move(home)), name_(name), input_(input) {
    workshop_->exchange = {};
    workshop_->exchange.context = std::move(context);
  }

  ActivityStep step() {
    Sandbox& sandbox = workshop_->sandbox;
    sandbox.begin_turn();
    int arguments = 0;
    if (coroutine_ == nullptr) {
      if (std::optional<Error> refused = prepare()) return end(failed_with(*refused));
      arguments = 2;
    }
    const script::Outcome outcome = sandbox.resume(coroutine_, arguments);
    if (std::holds_alternative<script::Yielded>(outcome)) {
      if (workshop_->exchange.wanted) return *std::exchange(workshop_->exchange.wanted, std::nullopt);
      return end(failed_with({ErrorCode::script_error, name_ + " yielded outside of a module", {}}));
    }
    if (const auto* returned = std::get_if<script::Returned>(&outcome)) return end(value_of(returned->values));
    return end(failure_of());
  }

  void resume(Outcome answer) { workshop_->exchange.answer = std::move(answer); }

 private:
  std::optional<Error> prepare() {
    const std::size_t dot = name_.rfind('.');
    if (dot == std::string::npos || !workshop_->program->has_activity(name_)) {
      return Error{ErrorCode::unknown_activity, "the bundle has no activity '" + name_ + "'", {}};
    }
    const std::string path = "activities/" + name_.substr(0, dot) + ".lua";
    const std::string function = name_.substr(dot + 1);
    if (const Status loaded = workshop_->load(path); !loaded) return loaded.error();
    coroutine_ = workshop_->coroutine;
    const Status ready = workshop_->sandbox.protect([&](lua_State* state) {
      lua_rawgeti(state, LUA_REGISTRYINDEX, workshop_->tables.at(path));
      lua_getfield(state, -1, function.c_str());
      if (Status pushed = script::push_json(state, input_); !pushed) script::raise(state, pushed.error());
      lua_rawgeti(state, LUA_REGISTRYINDEX, workshop_->activity);
      script::fill_activity(state);
      if (workshop_->exchange.context.settings != workshop_->settings) script::fill_settings(state);
      lua_xmove(state, coroutine_, 3);
    });
    if (!ready) return ready.error();
    return std::nullopt;
  }

  ActivityEnded value_of(int values) {
    if (values == 0) return {Outcome::of({}), std::nullopt, true};
    if (values > 1) lua_pop(coroutine_, values - 1);
    Result<JsonText> json = script::to_json(coroutine_, -1, "result");
    if (!json.ok()) return failed_with(json.error());
    return {Outcome::of(std::move(*json)), std::nullopt, true};
  }

  // error{ code, message, details, retryable, retry_after }
  ActivityEnded failure_of() {
    if (const auto poison = workshop_->sandbox.poison()) return failed_with(*poison);
    ActivityEnded ended{Outcome::failed(script::read_failure(coroutine_, -1)), std::nullopt, true};
    if (!lua_istable(coroutine_, -1)) return ended;
    const Status read = workshop_->sandbox.protect([&](lua_State* state) {
      lua_pushvalue(coroutine_, -1);
      lua_xmove(coroutine_, state, 1);
      lua_pushliteral(state, "retryable");
      lua_rawget(state, 1);
      if (lua_isboolean(state, -1)) ended.retryable = lua_toboolean(state, -1) != 0;
      lua_pushliteral(state, "retry_after");
      lua_rawget(state, 1);
      if (lua_type(state, -1) == LUA_TSTRING) {
        if (const auto length = parse_duration(lua_tostring(state, -1)); length.ok()) ended.retry_after = *length;
      }
    });
    static_cast<void>(read);
    return ended;
  }

  ActivityEnded end(ActivityEnded ended) {
    Sandbox& sandbox = workshop_->sandbox;
    if (home_ != nullptr && sandbox.is_kept() && !sandbox.poisoned()) {
      sandbox.rewind();
      home_->give_back(std::move(workshop_));
    }
    return ended;
  }

  std::unique_ptr<Workshop> workshop_;
  std::shared_ptr<ActivityCache::Body> home_;
  std::string name_;
  JsonText input_;
  lua_State* coroutine_ = nullptr;
};

ActivityRun::ActivityRun(std::shared_ptr<const Program> program, std::string_view name, const JsonText& input,
                         ActivityContext context)
    : body_(std::make_unique<Body>(std::make_unique<Workshop>(std::move(program)), nullptr, name, input,
                                   std::move(context))) {}
ActivityRun::ActivityRun(std::unique_ptr<Body> body) : body_(std::move(body)) {}
ActivityRun::~ActivityRun() = default;
ActivityRun::ActivityRun(ActivityRun&&) noexcept = default;
ActivityRun& ActivityRun::operator=(ActivityRun&&) noexcept = default;

ActivityStep ActivityRun::step() { return body_->step(); }
void ActivityRun::resume(Outcome answer) { body_->resume(std::move(answer)); }

ActivityCache::ActivityCache(std::size_t capacity) : body_(std::make_shared<Body>(capacity)) {}
ActivityCache::~ActivityCache() = default;

ActivityRun ActivityCache::begin(const std::shared_ptr<const Program>& program, std::string_view name,
                                 const JsonText& input, ActivityContext context) {
  return ActivityRun(std::make_unique<ActivityRun::Body>(body_->take(program), body_, name, input, std::move(context)));
}

}  // namespace baton
