#include "gateway/config/config.hpp"
#include "gateway/config/client_variables.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

namespace baton {
namespace {

using testing::HasSubstr;

std::string written(const std::string& text) {
  // Tests run beside each other, each in a process of its own.
  const std::string path = testing::TempDir() + "baton_config_test_" + std::to_string(::getpid()) + ".toml";
  std::ofstream(path) << text;
  return path;
}

TEST(Config, prefers_flags_to_the_environment_to_the_file_to_the_default) {
  const std::string file = written("data = \"from-file\"\n[engine]\nworkers = 5\nmemory_budget = \"64MiB\"\n");
  const auto config =
      load_config(file, {{"BATON_DATA", "from-env"}, {"BATON_ENGINE_WORKERS", "6"}}, {{"data", "from-flag"}});
  ASSERT_TRUE(config.ok()) << to_string(config.error());
  EXPECT_EQ(config->data, "from-flag");
  EXPECT_EQ(config->engine_workers, 6u);
  EXPECT_EQ(config->engine_memory_budget, 64u << 20);
  EXPECT_EQ(config->http_listen.port, 7070);
}

TEST(Config, names_the_nearest_key_for_one_that_it_does_not_know) {
  const auto in_file = load_config(written("[http]\nlisten_on = \"x\"\n"), {}, {});
  ASSERT_FALSE(in_file.ok());
  EXPECT_THAT(in_file.error().detail, HasSubstr(":2:"));
  EXPECT_THAT(in_file.error().cure, HasSubstr("http.listen"));
  const auto in_environment = load_config(written(""), {{"BATON_DATTA", "x"}}, {});
  ASSERT_FALSE(in_environment.ok());
  EXPECT_THAT(in_environment.error().cure, HasSubstr("BATON_DATA"));
}

TEST(Config, refuses_values_that_a_key_cannot_have) {
  for (const auto& [key, value] : {std::pair{"http.listen", "nowhere"},
                                   {"http.listen", "127.0.0.1:99999"},
                                   {"engine.workers", "0"},
                                   {"engine.workers", "many"},
                                   {"engine.workers", "2KiB"},
                                   {"data", ""},
                                   {"virtual_clock", ""},
                                   {"bundles.shipped", "perhaps"},
                                   {"stop.patience", "soon"},
                                   {"downtime.every", "0s"},
                                   {"audit.witnesses", "witness.example:80 witness.example+0+AA"},
                                   {"virtual_clock", "yesterday"}}) {
    EXPECT_FALSE(load_config(written(""), {}, {{key, value}}).ok()) << key << "=" << value;
  }
  EXPECT_FALSE(load_config(written("data = \n"), {}, {}).ok());
  EXPECT_FALSE(load_config(written("[bundles]\nfolders = [\"a\", 1]\n"), {}, {}).ok());
  EXPECT_FALSE(load_config(written(""), {}, {{"http.certificate", "only.pem"}}).ok());
}

TEST(Config, is_not_taken_from_a_folder) {
  const auto config = load_config(testing::TempDir(), {}, {});
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, ErrorCode::bad_config);
  EXPECT_THAT(config.error().detail, HasSubstr("is a folder"));
}

TEST(Config, says_which_numbers_a_key_takes_and_which_file_it_cannot_read) {
  for (const auto key : {"engine.workers", "http.connections", "mllp.connections", "mllp.unanswered"}) {
    for (const auto value : {"many", "4KiB", "-1", ""}) {
      const auto refused = load_config(written(""), {}, {{key, value}});
      ASSERT_FALSE(refused.ok()) << key << "=" << value;
      EXPECT_THAT(refused.error().cure, HasSubstr("write a whole number, from 1 to ")) << key << "=" << value;
    }
  }
  const auto unread = load_config(testing::TempDir() + "no_such.toml", {}, {});
  ASSERT_FALSE(unread.ok());
  EXPECT_THAT(unread.error().detail, HasSubstr("no_such.toml' cannot be read"));
  EXPECT_THAT(unread.error().cure, HasSubstr("a file that is there"));
}

TEST(Config, takes_the_time_zone_of_each_source_and_refuses_one_that_is_none) {
  const auto config = load_config(
      written(
          "[ingest]\ntime_zone = \"Europe/Berlin\"\n[sources.\"EPIC|GENHOSP\"]\ntime_zone = \"America/New_York\"\n"),
      {}, {});
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(config->ingest_time_zone, "Europe/Berlin");
  EXPECT_EQ(config->source_time_zones.at("EPIC|GENHOSP"), "America/New_York");
  EXPECT_THAT(configuration_json(*config), HasSubstr("\"EPIC|GENHOSP\":\"America/New_York\""));
  const auto wrong = load_config(written("[sources.LAB]\ntime_zone = \"America/New_Yrok\"\n"), {}, {});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::bad_config);
  EXPECT_THAT(to_string(wrong.error()), HasSubstr("America/New_York"));
  EXPECT_FALSE(load_config(written("[sources.LAB]\nzone = \"UTC\"\n"), {}, {}));
}

TEST(Config, hands_settings_on_as_json) {
  const auto config = load_config(written("[settings.hospital]\nendpoint = \"http://x\"\n"), {}, {});
  ASSERT_TRUE(config.ok());
  EXPECT_THAT(config->settings, HasSubstr("\"endpoint\" : \"http://x\""));
}

TEST(Config, takes_settings_from_the_command_line_over_those_of_the_file) {
  const std::string file = written("[settings.hospital]\nendpoint = \"http://x\"\nward = \"4W\"\n");
  const auto config = load_config(file, {},
                                  {{"settings.hospital.endpoint", "http://y:1/z"},
                                   {"settings.retries", "3"},
                                   {"settings.strict", "true"},
                                   {"settings.note", "a \"b\""}});
  ASSERT_TRUE(config.ok()) << to_string(config.error());
  EXPECT_EQ(boost::json::parse(config->settings),
            boost::json::parse(R"({"hospital":{"endpoint":"http://y:1/z","ward":"4W"},"note":"a \"b\"",)"
                               R"("retries":3,"strict":true})"));
  for (const char* wrong :
       {"settings.", "settings.hospital", "settings.hospital.ward.name", "settings.a..b", "setting.a"}) {
    const auto refused = load_config(file, {}, {{wrong, "1"}});
    ASSERT_FALSE(refused.ok()) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::bad_config) << wrong;
  }
}

TEST(Config, has_every_key_in_its_document) {
  std::ifstream file(source_dir() / "docs" / "CONFIGURATION.md");
  std::ostringstream text;
  text << file.rdbuf();
  for (const ConfigKey& key : config_keys()) {
    EXPECT_THAT(text.str(), HasSubstr("| `" + key.name + "` | `" + variable_of(key) + "` |"));
  }
  for (const std::string variable : client_variables::kAll) EXPECT_THAT(text.str(), HasSubstr("`" + variable + "`"));
}

TEST(Config, leaves_the_variables_of_the_command_line_alone) {
  for (const char* variable :
       {"BATON_CLIENT", "BATON_URL", "BATON_AUTHORITY", "BATON_KEY", "BATON_SUBJECT", "BATON_ROLE", "BATON_UNIT"}) {
    EXPECT_TRUE(load_config(written(""), {{variable, "x"}}, {}).ok()) << variable;
  }
}

}  // namespace
}  // namespace baton
