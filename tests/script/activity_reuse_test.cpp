// Sandboxes of activities and mappings are used again; what runs in them never notices.
#include <gtest/gtest.h>

#include "runtime/script/activity_run.hpp"
#include "runtime/script/mapping_run.hpp"

namespace baton {
namespace {

std::shared_ptr<const Program> program_of(BundleFiles files) {
  auto compiled = Program::compile("test", std::move(files));
  EXPECT_TRUE(compiled.ok()) << (compiled.ok() ? "" : to_string(compiled.error()));
  return *compiled;
}

JsonText value_of(ActivityRun run) {
  const ActivityStep step = run.step();
  const auto* const ended = std::get_if<ActivityEnded>(&step);
  if (ended == nullptr) return "it waits";
  return ended->outcome.kind == OutcomeKind::value ? ended->outcome.value : ended->outcome.failure.message;
}

class ActivityReuse : public ::testing::Test {
 protected:
  // Runs the function twice in one cache; what the second attempt returns.
  JsonText second_of(const std::string& module, const std::string& library = "return {}") {
    const auto program = program_of({{"activities/a.lua", module}, {"lib/tool.lua", library}});
    ActivityCache cache;
    EXPECT_EQ(value_of(cache.begin(program, "a.work", "\"first\"", {})), "");
    return value_of(cache.begin(program, "a.work", "\"second\"", {}));
  }
};

TEST_F(ActivityReuse, a_global_does_not_survive_its_attempt) {
  EXPECT_EQ(second_of("return { work = function(input) local seen = found; found = input; return seen end }"), "");
}

TEST_F(ActivityReuse, a_variable_of_the_module_does_not_survive_its_attempt) {
  EXPECT_EQ(
      second_of("local cache; return { work = function(input) local seen = cache; cache = input; return seen end }"),
      "");
}

TEST_F(ActivityReuse, what_was_put_into_a_library_does_not_survive_its_attempt) {
  EXPECT_EQ(
      second_of("return { work = function(input) local seen = string.last; string.last = input; return seen end }"),
      "");
  EXPECT_EQ(second_of("local tool = require 'tool'\n"
                      "return { work = function(input) local seen = tool.last; tool.last = input; return seen end }"),
            "");
  EXPECT_EQ(second_of("return { work = function(input) local tool = require 'tool'\n"
                      "local seen = tool.last; tool.last = input; return seen end }"),
            "");
}

TEST_F(ActivityReuse, what_an_attempt_is_told_and_what_it_notes_there_is_its_own) {
  const auto program = program_of({{"activities/a.lua", R"(return { work = function(input, activity)
    local told = { activity.instance, tostring(activity.patient), activity.attempt, activity.now, activity.idempotency_key,
                   tostring(activity.settings.url), tostring(activity.last_heartbeat), tostring(activity.note),
                   type(activity.sleep), type(activity.heartbeat) }
    activity.note, activity.instance, activity.sleep = input, "another's", nil
    activity.settings.url = "another's"
    return table.concat(told, " ")
  end })"}});
  ActivityCache cache;
  ActivityContext first;
  first.instance = "i-1";
  first.patient = "p-1";
  first.idempotency_key = "i-1.1";
  first.attempt = 2;
  first.now = Instant{1000};
  first.settings = R"({"url":"u"})";
  first.heartbeat = "7";
  EXPECT_EQ(value_of(cache.begin(program, "a.work", "1", first)), "\"i-1 p-1 2 1000 i-1.1 u 7 nil function function\"");
  ActivityContext second;
  second.instance = "i-2";
  second.attempt = 1;
  EXPECT_EQ(value_of(cache.begin(program, "a.work", "1", second)), "\"i-2 nil 1 0  nil nil nil function function\"");
}

TEST_F(ActivityReuse, a_large_table_of_the_module_is_whole_again_after_an_attempt_that_changed_it) {
  const auto program = program_of({{"activities/a.lua", R"(
    local codes = {}
    for i = 1, 500 do codes[i] = "code " .. i end
    local many = string.rep("x", 5000)
    return { work = function(n)
      local found = codes[250] .. #codes .. #many
      for i = 1, n do codes[#codes + 1] = "more" end
      codes[250] = nil
      many = many .. many
      return found
    end })"}});
  ActivityCache cache;
  for (const char* n : {"1", "5000", "0", "400", "1"}) {
    EXPECT_EQ(value_of(cache.begin(program, "a.work", n, {})), "\"code 2505005000\"") << n;
  }
}

TEST_F(ActivityReuse, modules_that_are_loaded_one_after_the_other_stay_loaded) {
  const auto program =
      program_of({{"activities/a.lua", "return { work = function() return 'a' end }"},
                  {"activities/b.lua", "n = 7; return { work = function() n = n + 1; return n end }"}});
  ActivityCache cache;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(value_of(cache.begin(program, "a.work", "1", {})), "\"a\"");
    EXPECT_EQ(value_of(cache.begin(program, "b.work", "1", {})), "8");
  }
}

TEST_F(ActivityReuse, an_attempt_that_fails_leaves_nothing_either) {
  const auto program =
      program_of({{"activities/a.lua",
                   "return { work = function(input) if found then return found end found = input; error('no') end }"}});
  ActivityCache cache;
  for (int i = 0; i < 3; ++i) EXPECT_NE(value_of(cache.begin(program, "a.work", "1", {})).find("no"), JsonText::npos);
}

TEST(MappingReuse, nothing_of_one_message_is_there_for_the_next) {
  const auto program = program_of({{"mappings/m.lua", R"(local mapping = require "mapping"
    return mapping.define { name = "m", format = "hl7v2", map = function(message)
      local event = { type = last or "nothing.before" }
      last = message.type
      return event
    end })"}});
  MappingRun run(program);
  const MappingDefinition& mapping = program->mappings().front();
  for (int i = 0; i < 3; ++i) {
    const auto events = run.map(mapping, R"({"type":"adt.a"})");
    ASSERT_TRUE(events.ok()) << to_string(events.error());
    EXPECT_NE(events->find("nothing.before"), JsonText::npos) << *events;
  }
}

}  // namespace
}  // namespace baton
