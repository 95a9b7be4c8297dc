#include "actors/testing/lua_test.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "actors/cpu_clock.hpp"
#include "actors/testing/test_world.hpp"
#include "runtime/script/declaration_check.hpp"
#include "runtime/script/test_run.hpp"

namespace baton {

namespace {

using testing::TestBundle;
using testing::TestWorld;

constexpr char kBundleName[] = "tested";
constexpr std::size_t kShownDifferences = 6;

// While a file registers its cases there is no world yet.
class NoWorld : public TestHost {
 public:
  Result<JsonText> ask(std::string_view verb, const JsonText&) override {
    return Error{ErrorCode::conflict, std::string(verb) + " can be asked for inside of test.case only", {}};
  }
};

// A node says that it opens and fails; in a test that is no news, and standard output belongs to the report.
class Quiet {
 public:
  Quiet() : level_(spdlog::get_level()) { spdlog::set_level(spdlog::level::off); }
  ~Quiet() { spdlog::set_level(level_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  spdlog::level::level_enum level_;
};

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_test_file(const std::string& path) { return path.starts_with("tests/") && path.ends_with(".lua"); }

// One run of one case, in a world and a Sandbox of its own.
struct CaseRun {
  Status outcome = success();
  std::string history;
  std::vector<std::string> log;
  std::set<std::string> facts;
  std::size_t moments = 0;
  bool crash_everywhere = false;
  Duration virtual_time;
};

CaseRun run_once(const TestBundle& bundle, const std::string& file, std::size_t index, std::uint64_t seed,
                 std::size_t crash_at) {
  CaseRun run;
  TestWorld world(bundle, seed, crash_at);
  TestRun tests(*bundle.program, world);
  world.answered_by(tests);
  if (const auto loaded = tests.load(file); !loaded.ok()) {
    run.outcome = loaded.error();
    return run;
  }
  run.outcome = tests.run(index);
  if (run.outcome) run.outcome = world.replay_all();
  if (!run.outcome) run.history = world.histories();
  run.log = world.node().log();
  run.facts = world.facts();
  run.moments = world.node().moments();
  run.crash_everywhere = world.crash_everywhere();
  run.virtual_time = world.node().now() - world.node().began();
  return run;
}

void add_missing(std::string& text, const char* title, const std::set<std::string>& in,
                 const std::set<std::string>& not_in) {
  std::size_t shown = 0;
  for (const std::string& fact : in) {
    if (not_in.contains(fact) || ++shown > kShownDifferences) continue;
    text += std::string("\n  ") + title + fact;
  }
}

// Why a run with a crash is not as good as the one without; empty when it is.
std::string crash_failure(const CaseRun& plain, const CaseRun& crashed, std::size_t moment) {
  const std::string when =
      "with a crash at moment " + std::to_string(moment) + " of " + std::to_string(plain.moments) + ": ";
  if (!crashed.outcome) return when + crashed.outcome.error().detail;
  if (crashed.facts == plain.facts) return {};
  std::string text = when + "it ends in another way";
  add_missing(text, "without the crash: ", plain.facts, crashed.facts);
  add_missing(text, "with the crash:    ", crashed.facts, plain.facts);
  return text;
}

void try_crashes(const TestBundle& bundle, std::size_t index, std::uint64_t seed, const CaseRun& plain,
                 LuaTestCase& result) {
  for (std::size_t moment = 1; moment <= plain.moments; ++moment) {
    const CaseRun crashed = run_once(bundle, result.file, index, seed, moment);
    ++result.crashes;
    result.failure = crash_failure(plain, crashed, moment);
    if (result.failure.empty()) continue;
    result.passed = false;
    result.history = crashed.history;
    return;
  }
}

LuaTestCase run_case(const TestBundle& bundle, const std::string& file, const std::string& name, std::size_t index,
                     const LuaTestOptions& options) {
  LuaTestCase result{file, name, true, {}, {}, {}, {}, 0, 0};
  const double began = now_ms();
  const CaseRun run = run_once(bundle, file, index, options.seed, 0);
  result.virtual_time = run.virtual_time;
  result.log = run.log;
  if (!run.outcome) {
    result.passed = false;
    result.failure = run.outcome.error().detail;
    result.history = run.history;
  } else if (run.crash_everywhere || options.crash_everywhere) {
    try_crashes(bundle, index, options.seed, run, result);
  }
  result.real_ms = now_ms() - began;
  return result;
}

}  // namespace

Result<LuaTestReport> run_lua_tests(BundleFiles files, const LuaTestOptions& options) {
  const Quiet quiet;
  const auto compiled = Program::compile(kBundleName, std::move(files), &thread_cpu_ns);
  if (!compiled.ok()) return compiled.error();
  const std::shared_ptr<const Program>& program = *compiled;
  if (Status declared = script::check_declarations(*program); !declared) return declared.error();
  const auto bundle = testing::deploy_for_tests(program);
  if (!bundle.ok()) return bundle.error();
  LuaTestReport report;
  const auto add = [&](LuaTestCase result) {
    if (options.on_case) options.on_case(result);
    report.cases.push_back(std::move(result));
  };
  bool any_file = false;
  for (const auto& [path, content] : program->files()) {
    if (!is_test_file(path)) continue;
    any_file = true;
    NoWorld no_world;
    const auto names = TestRun(*program, no_world).load(path);
    if (!names.ok()) {
      add(LuaTestCase{path, "(the file)", false, names.error().detail, {}, {}, {}, 0, 0});
      continue;
    }
    for (std::size_t i = 0; i < names->size(); ++i) {
      if ((*names)[i].find(options.filter) != std::string::npos) add(run_case(*bundle, path, (*names)[i], i, options));
    }
  }
  if (!any_file)
    return Error{ErrorCode::not_found, "the bundle has no tests",
                 "write them in tests/*.lua; docs/LUA_TESTING.md shows how"};
  return report;
}

}  // namespace baton
