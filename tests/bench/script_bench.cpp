// What a script costs: making a Sandbox, resuming, values in and out. Build with -DBATON_BENCHMARKS=ON.
#include <benchmark/benchmark.h>

#include "runtime/script/json_bridge.hpp"
#include "runtime/script/sandbox.hpp"
#include "runtime/script/sandbox_image.hpp"

namespace baton::script {
namespace {

constexpr std::string_view kReview =
    R"({"candidates":["pharmacist","charge_nurse"],"due":1789000000000,"form":"med_review","open":true,"patient":"p-1842",)"
    R"("reason":"Two lists disagree on an anticoagulant","ward":"4B"})";

void make_sandbox(benchmark::State& bench) {
  std::size_t bytes = 0;
  for (auto _ : bench) {
    const Sandbox sandbox;
    bytes = sandbox.memory_used();
  }
  bench.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(make_sandbox);

void copy_sandbox(benchmark::State& bench) {
  Options options;
  options.for_picture = true;
  Sandbox pictured(options);
  const auto image = pictured.picture();
  for (auto _ : bench) benchmark::DoNotOptimize(Sandbox({}, *image).state());
  bench.counters["bytes"] = static_cast<double>(image->memory.size());
}
BENCHMARK(copy_sandbox);

void make_coroutine(benchmark::State& bench) {
  Sandbox sandbox;
  for (auto _ : bench) {
    lua_State* const coroutine = *sandbox.new_coroutine();
    sandbox.release_coroutine(coroutine);
  }
}
BENCHMARK(make_coroutine);

void resume_and_yield(benchmark::State& bench) {
  Sandbox sandbox;
  lua_pushcfunction(sandbox.state(), [](lua_State* state) { return lua_yield(state, 0); });
  lua_setglobal(sandbox.state(), "wait");
  if (!sandbox.load("flow.lua", "local wait = wait while true do wait() end", false)) return;
  lua_State* const flow = *sandbox.new_coroutine();
  lua_xmove(sandbox.state(), flow, 1);
  for (auto _ : bench) {
    sandbox.begin_turn();
    benchmark::DoNotOptimize(sandbox.resume(flow, 0));
  }
}
BENCHMARK(resume_and_yield);

void load_bytecode(benchmark::State& bench) {
  Sandbox sandbox;
  std::string source = "local m = {}\n";
  for (int i = 0; i < 20; ++i)
    source += "function m.step" + std::to_string(i) +
              "(ctx, input) if input.n > 3 then return ctx:step('a', input) end end\n";
  const std::string bytecode = *sandbox.compile("a.lua", source + "return m");
  for (auto _ : bench) {
    benchmark::DoNotOptimize(sandbox.load("a.lua", bytecode, true));
    lua_settop(sandbox.state(), 0);
  }
}
BENCHMARK(load_bytecode);

void table_to_json(benchmark::State& bench) {
  Sandbox sandbox;
  if (!push_json(sandbox.state(), kReview)) return;
  for (auto _ : bench) benchmark::DoNotOptimize(to_json(sandbox.state(), -1));
}
BENCHMARK(table_to_json);

void json_to_table(benchmark::State& bench) {
  Sandbox sandbox;
  for (auto _ : bench) {
    benchmark::DoNotOptimize(push_json(sandbox.state(), kReview));
    lua_settop(sandbox.state(), 0);
  }
}
BENCHMARK(json_to_table);

void run_code(benchmark::State& bench, const char* code) {
  Sandbox sandbox;
  for (auto _ : bench) {
    sandbox.begin_turn();
    if (!sandbox.load("a.lua", code, false)) return;
    if (!sandbox.call(sandbox.state(), 0, 0)) bench.SkipWithError("failed");
  }
}
BENCHMARK_CAPTURE(run_code, a_million_loop_rounds, "for i = 1, 1000000 do end");
BENCHMARK_CAPTURE(
    run_code, pairs_of_ten_fields,
    "local t = {a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10} for n = 1, 1000 do for k in pairs(t) do end end");
BENCHMARK_CAPTURE(run_code, sort_of_a_thousand,
                  "local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1009 end table.sort(t)");
BENCHMARK_CAPTURE(run_code, match_of_a_date,
                  "for i = 1, 1000 do local y, m, d = ('seen 2026-03-09'):match('(%d+)-(%d+)-(%d+)') end");

}  // namespace
}  // namespace baton::script

BENCHMARK_MAIN();
