#include "runtime/script/refusal.hpp"

#include "runtime/model/call_shape.hpp"
#include "runtime/model/refused_call.hpp"

namespace baton::script {

void refuse_anew(lua_State* state, Execution& execution, const char* method, const std::string& message) {
  if (execution.reading_only()) raise(state, message);  // No branch runs then that would count its calls.
  // By the place of the call: another one that was passed before stays passed.
  const std::string id = std::string(kRefusedCall) + execution.next_key("call", method);
  if (execution.host().patch(id)) raise(state, message);
}

void refuse_fault(lua_State* state, Execution& execution, const char* method, const std::optional<std::string>& fault) {
  if (fault) refuse_anew(state, execution, method, std::string("ctx:") + method + ": " + *fault);
}

void check_function(lua_State* state, int argument, const char* method, const char* what) {
  if (lua_isfunction(state, argument)) return;
  raise(state, std::string("ctx:") + method + " needs " + what + ", not " + luaL_typename(state, argument));
}

void refuse_small_time(lua_State* state, Execution& execution, int index, const char* method) {
  if (lua_isinteger(state, index) == 0) return;
  const lua_Integer number = lua_tointeger(state, index);
  if (number < 0 || number >= kFirstTimeMs) return;
  refuse_anew(state, execution, method,
              std::string("ctx:") + method + " got the number " + std::to_string(number) +
                  ", which as a time is before 1980; a length of time is a text such as \"1h\"");
}

void refuse_bad_end(lua_State* state, Execution& execution, int options, const char* method) {
  if (!lua_istable(state, options)) return;
  const int top = lua_gettop(state);
  const bool timeout = lua_getfield(state, options, "timeout") != LUA_TNIL;
  const bool until = lua_getfield(state, options, "until_") != LUA_TNIL;
  if (timeout && until) {
    refuse_anew(state, execution, method, std::string("ctx:") + method + " takes timeout or until_, not both");
  }
  refuse_small_time(state, execution, top + 1, method);
  lua_settop(state, top);
}

}  // namespace baton::script
