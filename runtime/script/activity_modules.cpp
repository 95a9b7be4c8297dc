#include "runtime/script/activity_modules.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "runtime/base/base64.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"

namespace baton::script {
namespace {

ActivityExchange& exchange_of(lua_State* state) { return Sandbox::of(state).context<ActivityExchange>(); }

// The driver has answered: the value, or the failure raised.
int take_answer(lua_State* state, int, lua_KContext) {
  const baton::Outcome answer = std::move(exchange_of(state).answer);
  if (answer.kind != OutcomeKind::value) {
    push_failure(state,
                 answer.kind == OutcomeKind::failed ? answer.failure : Failure{"timeout", "it ran out of time", {}});
    return lua_error(state);
  }
  if (Status pushed = push_json(state, answer.value); !pushed) raise(state, pushed.error());
  return 1;
}

int want(lua_State* state, ActivityStep step, lua_KFunction then = &take_answer) {
  if (Sandbox::is_script_coroutine(state))
    raise(state, "this waits, and cannot be called inside a coroutine of your own");
  if (lua_isyieldable(state) == 0)
    raise(state, "this waits, and cannot be called inside sort, gsub or while a module is loaded");
  exchange_of(state).wanted = std::move(step);
  return lua_yieldk(state, 0, 0, then);
}

std::string text_field(lua_State* state, int table, const char* name) {
  lua_getfield(state, table, name);
  std::size_t size = 0;
  const char* const text = lua_isstring(state, -1) ? lua_tolstring(state, -1, &size) : nullptr;
  std::string value = text == nullptr ? std::string() : std::string(text, size);
  lua_pop(state, 1);
  return value;
}

void read_headers(lua_State* state, int table, WantsHttp& call) {
  if (lua_getfield(state, table, "headers") == LUA_TTABLE) {
    lua_pushnil(state);
    while (lua_next(state, -2) != 0) {
      if (lua_type(state, -2) != LUA_TSTRING || !lua_isstring(state, -1))
        raise(state, "headers must be name = \"value\"");
      std::string name = lua_tostring(state, -2);
      std::string value = lua_tostring(state, -1);
      if ((name + value).find_first_of("\r\n") != std::string::npos)
        raise(state, "a header must not contain a line break");
      call.headers.emplace_back(std::move(name), std::move(value));
      lua_pop(state, 1);
    }
  }
  lua_pop(state, 1);
}

WantsHttp read_call(lua_State* state, int table) {
  WantsHttp call;
  call.method = text_field(state, table, "method");
  if (call.method.empty()) call.method = "GET";
  call.url = text_field(state, table, "url");
  if (call.url.empty()) raise(state, "http.request needs a url");
  call.body = text_field(state, table, "body");
  read_headers(state, table, call);
  if (const std::string timeout = text_field(state, table, "timeout"); !timeout.empty()) {
    const auto length = parse_duration(timeout);
    if (!length.ok()) raise(state, length.error());
    call.timeout = *length;
  }
  return call;
}

// http.request{ method, url, headers, body, timeout } -> { status, headers, body }
// Raises {code = "BT703"} when no answer came, or none in time; a status of 400 or more is an answer like any other.
int http_request(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  return want(state, read_call(state, 1));
}

int call_with(lua_State* state, const char* method, bool has_body) {
  const int options = has_body ? 3 : 2;
  WantsHttp call;
  if (lua_istable(state, options)) {
    lua_pushvalue(state, 1);
    lua_setfield(state, options, "url");
    call = read_call(state, options);
  } else {
    call.url = luaL_checkstring(state, 1);
  }
  call.method = method;
  if (has_body) {
    if (lua_istable(state, 2)) {
      call.body = check_json(state, 2, "body");
      call.headers.emplace_back("content-type", "application/json");
    } else {
      std::size_t size = 0;
      const char* const body = luaL_checklstring(state, 2, &size);
      call.body.assign(body, size);
    }
  }
  return want(state, std::move(call));
}

// http.get(url, options), http.post(url, body, options), http.put(url, body, options): a table as body is sent as JSON.
int http_get(lua_State* state) { return call_with(state, "GET", false); }
int http_post(lua_State* state) { return call_with(state, "POST", true); }
int http_put(lua_State* state) { return call_with(state, "PUT", true); }

int open_http(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {
      {"request", &http_request}, {"get", &http_get}, {"post", &http_post}, {"put", &http_put}, {nullptr, nullptr}};
  luaL_newlib(state, kFunctions);
  return 1;
}

// ---- mail ----------------------------------------------------------------------------------------------------------------

// The server has taken the mail, or why not: what it refuses for good is not tried again.
int take_mail_answer(lua_State* state, int status, lua_KContext context) {
  const int values = take_answer(state, status, context);
  lua_getfield(state, -1, "status");
  const lua_Integer code = lua_tointeger(state, -1);
  lua_getfield(state, -2, "body");
  const std::string words = lua_isstring(state, -1) != 0 ? lua_tostring(state, -1) : "";
  lua_pop(state, 2);
  if (code < 400) return values;
  push_failure(state, {code < 500 ? "mail_deferred" : "mail_refused", words, {}});
  lua_pushboolean(state, code < 500 ? 1 : 0);
  lua_setfield(state, -2, "retryable");
  return lua_error(state);
}

// A header's text: as it is when it is ASCII, else in base64 words of RFC 2047, each of whole characters.
std::string header_text(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  if (plain && text.size() < 900) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t size = std::min<std::size_t>(45, text.size());
    while (size > 1 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + encode_base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return out;
}

// "Mon, 02 Mar 2026 09:00:00 +0000" (RFC 5322).
std::string format_mail_date(Instant at) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
  const std::string text = format_instant(at);  // 2026-03-02T09:00:00Z
  const auto month = static_cast<std::size_t>((text[5] - '0') * 10 + text[6] - '0' - 1) % kMonths.size();
  const auto day = static_cast<std::size_t>((at.ms / kDayMs + 4) % 7);  // 1970-01-01 was a Thursday.
  return std::string(kDays[day]) + ", " + text.substr(8, 2) + " " + kMonths[month] + " " + text.substr(0, 4) + " " +
         text.substr(11, 8) + " +0000";
}

std::string base64_lines(std::string_view text) {
  const std::string coded = encode_base64(text);
  std::string out;
  for (std::size_t at = 0; at < coded.size(); at += 76) out += coded.substr(at, 76) + "\r\n";
  return out;
}

void check_line(lua_State* state, const std::string& text, const char* field) {
  if (text.empty()) raise(state, std::string("smtp.send needs ") + field);
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    raise(state, std::string(field) + " must not contain a line break");
  }
}

std::vector<std::string> read_recipients(lua_State* state) {
  std::vector<std::string> to;
  if (lua_getfield(state, 1, "to") == LUA_TTABLE) {
    for (lua_Unsigned i = 1; i <= lua_rawlen(state, -1); ++i) {
      lua_rawgeti(state, -1, static_cast<lua_Integer>(i));
      to.emplace_back(lua_isstring(state, -1) != 0 ? lua_tostring(state, -1) : "");
      lua_pop(state, 1);
    }
  } else if (lua_isstring(state, -1) != 0) {
    to.emplace_back(lua_tostring(state, -1));
  }
  lua_pop(state, 1);
  if (to.empty()) raise(state, "smtp.send needs to: an address, or a list of them");
  for (const std::string& each : to) check_line(state, each, "to");
  return to;
}

// smtp.send{ server, from, to, subject, text, user, password, timeout } -> { status, body }
// One mail, as text. Its Message-ID is made from the idempotency key, so that a mail that was sent twice can be told from two.
// Raises {code = "mail_deferred" | "mail_refused" | "BT703"}.
int smtp_send(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  WantsHttp call;
  call.method = "MAIL";
  call.url = text_field(state, 1, "server");
  const bool known =
      call.url.starts_with("smtp://") || call.url.starts_with("smtps://") || call.url.starts_with("smtp+starttls://");
  if (!known) {
    raise(state,
          "smtp.send needs server = \"smtps://host:port\", \"smtp+starttls://host:port\" or \"smtp://host:port\"");
  }
  const std::string from = text_field(state, 1, "from");
  const std::string subject = text_field(state, 1, "subject");
  check_line(state, from, "from");
  check_line(state, subject, "subject");
  const std::vector<std::string> to = read_recipients(state);
  call.headers.emplace_back("X-Mail-From", from);
  std::string all;
  for (const std::string& each : to) {
    call.headers.emplace_back("X-Mail-To", each);
    all += (all.empty() ? "" : ", ") + each;
  }
  if (const std::string user = text_field(state, 1, "user"); !user.empty()) {
    call.headers.emplace_back("X-Mail-User", user);
    call.headers.emplace_back("X-Mail-Password", text_field(state, 1, "password"));
  }
  if (const std::string timeout = text_field(state, 1, "timeout"); !timeout.empty()) {
    const auto length = parse_duration(timeout);
    if (!length.ok()) raise(state, length.error());
    call.timeout = *length;
  }
  const ActivityContext& context = exchange_of(state).context;
  const std::string id = to_hex(sha256(context.idempotency_key)).substr(0, 32);
  const std::size_t at = from.find('@');
  call.body = "From: " + from + "\r\nTo: " + all + "\r\nSubject: " + header_text(subject) +
              "\r\nDate: " + format_mail_date(context.now) + "\r\nMessage-ID: <" + id +
              (at == std::string::npos ? "@baton" : from.substr(at)) +
              ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: base64\r\n\r\n" +
              base64_lines(text_field(state, 1, "text"));
  return want(state, std::move(call), &take_mail_answer);
}

int open_smtp(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {{"send", &smtp_send}, {nullptr, nullptr}};
  luaL_newlib(state, kFunctions);
  return 1;
}

// Hashing and coding take their time for long texts: it is charged.
std::string_view check_bytes(lua_State* state, int index) {
  std::size_t size = 0;
  const char* const bytes = luaL_checklstring(state, index, &size);
  Sandbox::of(state).charge(state, size / 8);
  return {bytes, size};
}

int base64_encode(lua_State* state) {
  const std::string_view bytes = check_bytes(state, 1);
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  lua_pushlstring(state, text.data(), static_cast<std::size_t>(size));
  return 1;
}

int base64_decode(lua_State* state) {
  const std::string_view text = check_bytes(state, 1);
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0 || text.size() % 4 != 0) return luaL_error(state, "this is not base64");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  lua_pushlstring(state, bytes.data(), static_cast<std::size_t>(size) - padding);
  return 1;
}

int open_base64(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {{"encode", &base64_encode}, {"decode", &base64_decode}, {nullptr, nullptr}};
  luaL_newlib(state, kFunctions);
  return 1;
}

int hash_sha256(lua_State* state) {
  const std::string hex = to_hex(sha256(check_bytes(state, 1)));
  lua_pushlstring(state, hex.data(), hex.size());
  return 1;
}

// hash.hmac_sha256(key, text) -> hex, for webhooks that are signed.
int hash_hmac(lua_State* state) {
  const std::string_view key = check_bytes(state, 1);
  const std::string_view text = check_bytes(state, 2);
  Hash256 mac;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), mac.data(), &size);
  const std::string hex = to_hex(mac);
  lua_pushlstring(state, hex.data(), hex.size());
  return 1;
}

int open_hash(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {{"sha256", &hash_sha256}, {"hmac_sha256", &hash_hmac}, {nullptr, nullptr}};
  luaL_newlib(state, kFunctions);
  return 1;
}

// activity:heartbeat(details)
int activity_heartbeat(lua_State* state) {
  return want(state, WantsHeartbeat{lua_isnoneornil(state, 2) ? JsonText() : check_json(state, 2, "details")});
}

// activity:sleep("5s"): inside this attempt; a restart begins the attempt again.
int activity_sleep(lua_State* state) {
  const auto length = parse_duration(luaL_checkstring(state, 2));
  if (!length.ok()) raise(state, length.error());
  return want(state, WantsSleep{*length});
}

}  // namespace

std::span<const BuiltinModule> activity_builtins() {
  static constexpr std::array kModules = {BuiltinModule{"http", &open_http}, BuiltinModule{"smtp", &open_smtp},
                                          BuiltinModule{"base64", &open_base64}, BuiltinModule{"hash", &open_hash},
                                          BuiltinModule{"json", &open_json}};
  return kModules;
}

void push_activity(lua_State* state) {
  static constexpr luaL_Reg kMethods[] = {
      {"heartbeat", &activity_heartbeat}, {"sleep", &activity_sleep}, {nullptr, nullptr}};
  lua_createtable(state, 0, 10);
  luaL_setfuncs(state, kMethods, 0);
  for (const char* const text : {"instance", "patient", "idempotency_key"}) {
    lua_pushliteral(state, "");
    lua_setfield(state, -2, text);
  }
  for (const char* const number : {"attempt", "now"}) {
    lua_pushinteger(state, 0);
    lua_setfield(state, -2, number);
  }
}

void fill_settings(lua_State* state) {
  const JsonText& settings = exchange_of(state).context.settings;
  if (settings.empty() || !push_json(state, settings)) lua_newtable(state);
  lua_setfield(state, -2, "settings");
}

void fill_activity(lua_State* state) {
  const ActivityContext& context = exchange_of(state).context;
  const auto set = [state](const char* name, const std::string& value) {
    lua_pushlstring(state, value.data(), value.size());
    lua_setfield(state, -2, name);
  };
  set("instance", context.instance);
  if (context.patient.empty()) {  // As ctx.patient: nil, so that a script can ask for it.
    lua_pushnil(state);
    lua_setfield(state, -2, "patient");
  } else {
    set("patient", context.patient);
  }
  set("idempotency_key", context.idempotency_key);
  lua_pushinteger(state, context.attempt);
  lua_setfield(state, -2, "attempt");
  lua_pushinteger(state, context.now.ms);
  lua_setfield(state, -2, "now");
  if (!context.heartbeat.empty() && push_json(state, context.heartbeat)) lua_setfield(state, -2, "last_heartbeat");
}

}  // namespace baton::script
