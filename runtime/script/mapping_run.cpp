#include "runtime/script/mapping_run.hpp"

#include <map>
#include <optional>

#include "runtime/script/json_bridge.hpp"
#include "runtime/script/module_index.hpp"
#include "runtime/script/sandbox.hpp"
#include "runtime/script/workflow_module.hpp"

namespace baton {

class MappingRun::Body {
 public:
  explicit Body(std::shared_ptr<const Program> program) : program_(std::move(program)), modules_(*program_) {}

  Result<JsonText> map(const MappingDefinition& mapping, const JsonText& message) {
    if (sandbox_ == nullptr || sandbox_->poisoned()) {
      functions_.clear();
      sandbox_ = std::make_unique<script::Sandbox>(modules_.sandbox_options(script::workflow_builtins()));
    }
    sandbox_->begin_turn();
    if (const Status loaded = load(mapping); !loaded) return loaded.error();
    auto mapped = run(mapping, message);
    if (!sandbox_->poisoned()) sandbox_->rewind();  // Nothing of one message is there for the next.
    return mapped;
  }

 private:
  Result<JsonText> run(const MappingDefinition& mapping, const JsonText& message) {
    std::optional<Result<JsonText>> mapped;
    const Status called = sandbox_->protect([&](lua_State* state) {
      lua_rawgeti(state, LUA_REGISTRYINDEX, functions_.at(mapping.module));
      if (Status pushed = script::push_json(state, message); !pushed) {
        mapped = pushed.error();
        return;
      }
      lua_call(state, 1, 3);
      mapped = events_of(state, mapping);
    });
    if (!called) return called.error();
    return *mapped;
  }

  Status load(const MappingDefinition& mapping) {
    if (functions_.contains(mapping.module)) return success();
    int reference = LUA_NOREF;
    const Status loaded = sandbox_->protect([&](lua_State* state) {
      const std::string_view code = program_->bytecode(mapping.module);
      if (luaL_loadbufferx(state, code.data(), code.size(), ("@" + mapping.module).c_str(), "b") != LUA_OK)
        lua_error(state);
      lua_call(state, 0, 1);
      lua_getfield(state, -1, "map");
      reference = luaL_ref(state, LUA_REGISTRYINDEX);
    });
    if (!loaded) {
      sandbox_.reset();  // What it has left behind goes with it.
      return loaded;
    }
    if (!sandbox_->keep()) return *sandbox_->poison();
    functions_.emplace(mapping.module, reference);
    return success();
  }

  // One event or a list of them is on the stack, or nil, a reason and perhaps the field that is missing.
  static Result<JsonText> events_of(lua_State* state, const MappingDefinition& mapping) {
    if (lua_isnil(state, -3)) {
      const char* const reason = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "it gave no reason";
      const std::string detail = "mapping '" + mapping.name + "' does not take this message: " + reason;
      if (lua_type(state, -1) == LUA_TSTRING) {
        return Error{
            ErrorCode::bad_field, detail,
            std::string("fill ") + lua_tostring(state, -1) + " and send the message again, under a new control id"};
      }
      return Error{ErrorCode::unmapped_message, detail, "deploy a mapping that does, then replay the message"};
    }
    Result<JsonText> json = script::to_json(state, -3, "events");
    if (!json.ok()) return json;
    if (json->front() == '[') return json;
    if (*json == "{}") return JsonText("[]");
    return "[" + *json + "]";
  }

  std::shared_ptr<const Program> program_;
  script::ModuleIndex modules_;
  std::unique_ptr<script::Sandbox> sandbox_;
  std::map<std::string, int> functions_;
};

MappingRun::MappingRun(std::shared_ptr<const Program> program) : body_(std::make_unique<Body>(std::move(program))) {}
MappingRun::~MappingRun() = default;

Result<JsonText> MappingRun::map(const MappingDefinition& mapping, const JsonText& message) {
  return body_->map(mapping, message);
}

}  // namespace baton
