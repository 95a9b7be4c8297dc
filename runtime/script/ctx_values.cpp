// What ctx knows: the time, business time, chance that a replay repeats, and the log.
#include <cstdio>

#include "runtime/model/case_id.hpp"
#include "runtime/model/time/business_calendar.hpp"
#include "runtime/model/time/time_zone.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/refusal.hpp"
#include "runtime/script/script_error.hpp"

namespace baton::script {
namespace {

/// ctx:now() -> milliseconds since 1970, UTC
/// The journal's time: the same on every replay, and it never goes back.
int ctx_now(lua_State* state) {
  lua_pushinteger(state, check_context(state, "now").host().now().ms);
  return 1;
}

/// ctx:random() -> 0 <= x < 1;  ctx:random(n) -> 1..n;  ctx:random(m, n) -> m..n
int ctx_random(lua_State* state) {
  Execution& execution = check_context(state, "random");
  execution.check_may_continue(state);
  const std::uint64_t bits = execution.next_random();
  if (lua_isnoneornil(state, 2)) {
    lua_pushnumber(state, static_cast<double>(bits >> 11) * 0x1.0p-53);
    return 1;
  }
  const lua_Integer low = lua_isnoneornil(state, 3) ? 1 : luaL_checkinteger(state, 2);
  const lua_Integer high = luaL_checkinteger(state, lua_isnoneornil(state, 3) ? 2 : 3);
  if (low > high) raise(state, "ctx:random(m, n) needs m <= n");
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t offset = span == 0 ? bits : bits % span;
  lua_pushinteger(state, static_cast<lua_Integer>(static_cast<std::uint64_t>(low) + offset));
  return 1;
}

/// ctx:uuid() -> a version 4 UUID (RFC 9562) that a replay repeats
int ctx_uuid(lua_State* state) {
  Execution& execution = check_context(state, "uuid");
  execution.check_may_continue(state);
  const std::uint64_t a = (execution.next_random() & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t b = (execution.next_random() & ~(3ULL << 62)) | (2ULL << 62);
  char text[37];
  std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx", static_cast<unsigned long long>(a >> 32),
                static_cast<unsigned long long>((a >> 16) & 0xffff), static_cast<unsigned long long>(a & 0xffff),
                static_cast<unsigned long long>(b >> 48), static_cast<unsigned long long>(b & 0xffffffffffffULL));
  lua_pushstring(state, text);
  return 1;
}

/// ctx:case_id(workflow, key) -> what the case of this patient is called that an event with this key starts
int ctx_case_id(lua_State* state) {
  Execution& execution = check_context(state, "case_id");
  const std::string workflow = check_name(state, 2, "the workflow's name");
  std::size_t size = 0;
  const char* const key = luaL_checklstring(state, 3, &size);  // However long: another system may have made it.
  Sandbox::of(state).charge(state, size / 16);
  const std::string& patient = execution.host().info().patient;
  if (patient.empty()) raise(state, "ctx:case_id needs a patient: this case is about nobody");
  const std::string id = case_id_of(workflow, patient, {key, size});
  lua_pushlstring(state, id.data(), id.size());
  return 1;
}

// Why there is no such calendar, and what to say instead.
std::string no_calendar(const Program& program, const std::string& name) {
  constexpr std::string_view kFolder = "calendars/";
  constexpr std::string_view kEnding = ".json";
  std::string names;
  for (const auto& [path, content] : program.files()) {
    if (!path.starts_with(kFolder) || !path.ends_with(kEnding)) continue;
    const std::string each = path.substr(kFolder.size(), path.size() - kFolder.size() - kEnding.size());
    names += (names.empty() ? "" : ", ") + each;
  }
  if (names.empty()) return "the bundle has no calendars/*.json";
  if (!name.empty()) return "the bundle has no calendar '" + name + "'; it has " + names;
  return "the bundle has several calendars (" + names + "): say which, { calendar = \"..\" }";
}

const BusinessCalendar& check_calendar(lua_State* state, Execution& execution, int options) {
  std::string name;
  if (lua_istable(state, options)) {
    const int type = lua_getfield(state, options, "calendar");
    if (type == LUA_TSTRING) name = lua_tostring(state, -1);
    if (type != LUA_TSTRING && type != LUA_TNIL) {
      refuse_anew(state, execution, "business", "calendar is the name of one, not " + describe(state, -1));
    }
    lua_pop(state, 1);
  }
  const BusinessCalendar* const calendar = execution.program().calendar(name);
  if (calendar == nullptr) raise(state, no_calendar(execution.program(), name));
  return *calendar;
}

/// ctx:business(duration, { calendar, from }) -> milliseconds
/// The end of a length of business time: "4h" of open hours, "2d" business days, from now or from a time.
int ctx_business(lua_State* state) {
  Execution& execution = check_context(state, "business");
  const std::string text = check_name(state, 2, "the duration");
  check_options(state, 3, "business", "calendar from");
  const auto length = parse_business_duration(text);
  if (!length.ok()) raise(state, length.error());
  const Instant now = execution.host().now();
  const Instant from = option_time(state, 3, "from", now).value_or(now);
  const auto end = check_calendar(state, execution, 3).add_business(from, *length);
  if (!end.ok()) raise(state, end.error());
  lua_pushinteger(state, end->ms);
  return 1;
}

/// ctx:is_business(time, { calendar }) -> true while the calendar's house is open
int ctx_is_business(lua_State* state) {
  Execution& execution = check_context(state, "is_business");
  check_options(state, 3, "is_business", "calendar");
  const Instant now = execution.host().now();
  const auto open =
      check_calendar(state, execution, 3).is_business(check_time(state, 2, "the time", now).value_or(now));
  if (!open.ok()) raise(state, open.error());
  lua_pushboolean(state, *open ? 1 : 0);
  return 1;
}

/// ctx:format_time(time, zone) -> text
/// RFC 3339 in UTC, or the wall clock's time in an IANA zone: "2026-03-02T09:00".
int ctx_format_time(lua_State* state) {
  Execution& execution = check_context(state, "format_time");
  const Instant now = execution.host().now();
  const Instant at = check_time(state, 2, "the time", now).value_or(now);
  std::string text;
  if (lua_isnoneornil(state, 3)) {
    text = format_instant(at);
  } else {
    const auto zone = find_time_zone(check_name(state, 3, "the time zone"));
    if (!zone.ok()) raise(state, zone.error());
    text = format_local_time(zone->to_local(at));
  }
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

/// ctx:parse_time(text) -> milliseconds
int ctx_parse_time(lua_State* state) {
  Execution& execution = check_context(state, "parse_time");
  const auto at = check_time(state, 2, "the time", execution.host().now());
  if (!at) raise(state, "ctx:parse_time needs a time");
  lua_pushinteger(state, at->ms);
  return 1;
}

/// ctx:log(level, text)
/// For operators; not repeated on a replay. Levels: debug, info, warn, error. Write no personal data.
int ctx_log(lua_State* state) {
  Execution& execution = check_context(state, "log");
  if (lua_type(state, 3) != LUA_TSTRING) raise(state, "ctx:log(level, text) needs a text");
  const std::string level = check_name(state, 2, "the level");
  if (level != "debug" && level != "info" && level != "warn" && level != "error") {
    refuse_anew(state, execution, "log", "ctx:log has the levels debug, info, warn and error, not '" + level + "'");
  }
  execution.host().log(level, describe(state, 3));
  return 0;
}

}  // namespace

void add_values(lua_State* state) {
  static constexpr luaL_Reg kMethods[] = {{"now", &ctx_now},
                                          {"random", &ctx_random},
                                          {"uuid", &ctx_uuid},
                                          {"case_id", &ctx_case_id},
                                          {"business", &ctx_business},
                                          {"is_business", &ctx_is_business},
                                          {"format_time", &ctx_format_time},
                                          {"parse_time", &ctx_parse_time},
                                          {"log", &ctx_log},
                                          {nullptr, nullptr}};
  luaL_setfuncs(state, kMethods, 0);
}

}  // namespace baton::script
