// What the tests came to, for people and for programs.
#include <algorithm>
#include <cstdio>

#include "actors/testing/lua_test.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {

namespace {

std::string milliseconds(double ms) {
  char text[32];
  std::snprintf(text, sizeof text, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
  return text;
}

// As people say it: days where there are any.
std::string in_days(Duration length) {
  if (length.ms < kDay.ms) return format_duration(length);
  return format_duration({length.ms - length.ms % kHour.ms});
}

std::string indented(const std::string& text, const char* indent) {
  std::string out = indent;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

}  // namespace

std::size_t LuaTestReport::failed() const {
  return static_cast<std::size_t>(
      std::count_if(cases.begin(), cases.end(), [](const auto& each) { return !each.passed; }));
}

std::string lua_test_text(const LuaTestCase& result) {
  std::string text = (result.passed ? "pass  " : "FAIL  ") + result.name + "  (";
  if (result.virtual_time.ms > 0) text += in_days(result.virtual_time) + " in ";
  text += milliseconds(result.real_ms);
  if (result.crashes > 0) text += ", " + std::to_string(result.crashes) + " crashes";
  text += ")";
  for (const std::string& line : result.log) text += "\n" + indented(line, "      log ");
  if (result.passed) return text;
  text += "\n" + indented(result.failure, "      ");
  if (!result.history.empty())
    text += "\n      history:\n" + indented(result.history.substr(0, result.history.size() - 1), "      ");
  return text;
}

std::string lua_test_summary(const LuaTestReport& report) {
  double real_ms = 0;
  for (const LuaTestCase& each : report.cases) real_ms += each.real_ms;
  const std::size_t failed = report.failed();
  return std::to_string(report.cases.size() - failed) + " passed, " + std::to_string(failed) + " failed in " +
         milliseconds(real_ms);
}

std::string lua_test_json(const LuaTestReport& report) {
  JsonWriter writer;
  const std::size_t failed = report.failed();
  writer.begin_object().field("passed", static_cast<std::int64_t>(report.cases.size() - failed));
  writer.field("failed", static_cast<std::int64_t>(failed)).key("cases").begin_array();
  for (const LuaTestCase& each : report.cases) {
    writer.begin_object().field("file", each.file).field("name", each.name).flag("passed", each.passed);
    writer.optional_field("failure", each.failure).optional_field("history", each.history);
    writer.key("log").begin_array();
    for (const std::string& line : each.log) writer.string(line);
    writer.end_array().key("virtual_seconds").number(static_cast<double>(each.virtual_time.ms) / 1000);
    writer.key("real_ms").number(each.real_ms);
    writer.field("crashes", static_cast<std::int64_t>(each.crashes)).end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

}  // namespace baton
