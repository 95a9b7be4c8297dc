// baton test: a bundle's Lua tests, on the real engine with virtual time. Needs no server.
#include <charconv>
#include <iostream>
#include <optional>

#include "actors/testing/lua_test.hpp"
#include "gateway/bundles/bundle_folder.hpp"
#include "gateway/cli/cli_support.hpp"

namespace baton {
namespace {

struct TestArguments {
  std::string folder, filter, seed;
  bool crash_everywhere = false;
};

std::optional<std::uint64_t> parse_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, seed);
  if (!text.empty() && (error != std::errc() || parsed != end)) return std::nullopt;
  return seed;
}

int test(const Cli& cli, const TestArguments& arguments) {
  auto bundle = read_bundle_folder(arguments.folder);
  if (!bundle) return fail(cli, bundle.error());
  LuaTestOptions options;
  options.filter = arguments.filter;
  options.crash_everywhere = arguments.crash_everywhere;
  if (const auto seed = parse_seed(arguments.seed)) {
    options.seed = *seed;
  } else {
    return fail(cli, {ErrorCode::bad_config, "'" + arguments.seed + "' is no seed", "give a whole number from 0 on"});
  }
  if (!cli.json) {
    options.on_case = [](const LuaTestCase& result) { std::cout << lua_test_text(result) << std::endl; };
  }
  const auto report = run_lua_tests(std::move(bundle->files), options);
  if (!report) return fail(cli, report.error());
  std::cout << (cli.json ? lua_test_json(*report) : lua_test_summary(*report)) << "\n";
  return report->failed() == 0 ? 0 : static_cast<int>(Exit::failed);
}

}  // namespace

Verb test_verb(Cli& cli) {
  auto arguments = std::make_shared<TestArguments>();
  return {"test",
          "Run a bundle's tests on the real engine with virtual time",
          "  baton test ./my-bundle\n  baton test ./my-bundle --filter 'after a day' --crash-everywhere",
          {{"folder", "The bundle's folder", &arguments->folder, true},
           {"--filter", "Only cases whose sentence contains this", &arguments->filter},
           {"--seed", "Another order in which actors, commits and activities take turns: a number", &arguments->seed},
           {"--crash-everywhere", "Run each case again with a crash after every commit", &arguments->crash_everywhere}},
          [&cli, arguments] { return test(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
