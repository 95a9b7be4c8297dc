// baton test: a bundle's Lua tests, on the real engine with virtual time. Needs no server.
#include <iostream>

#include "actors/testing/lua_test.hpp"
#include "gateway/bundles/bundle_folder.hpp"
#include "gateway/cli/cli_support.hpp"

namespace baton {
namespace {

struct TestArguments {
  std::string folder, filter, seed;
  bool crash_everywhere = false;
};

int test(const Cli& cli, const TestArguments& arguments) {
  auto bundle = read_bundle_folder(arguments.folder);
  if (!bundle) return fail(cli, bundle.error());
  LuaTestOptions options;
  options.filter = arguments.filter;
  options.crash_everywhere = arguments.crash_everywhere;
  const auto seed = number_argument("--seed", arguments.seed.empty() ? "0" : arguments.seed);
  if (!seed) return usage_error(cli, seed.error());
  options.seed = *seed;
  if (!cli.json) {
    options.on_case = [](const LuaTestCase& result) { std::cout << lua_test_text(result) << std::endl; };
  }
  const auto report = run_lua_tests(std::move(bundle->files), options);
  if (!report) return fail(cli, report.error());
  if (report->cases.empty() && !arguments.filter.empty()) {
    return fail(cli, {ErrorCode::not_found, "no test's sentence contains '" + arguments.filter + "'",
                      "say a part of one as 'baton test' prints it, or leave --filter away"});
  }
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
