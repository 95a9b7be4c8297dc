// What a turn costs without a store: the engine alone, with the script beside it.
#include <benchmark/benchmark.h>

#include <map>

#include "runtime/engine/instance.hpp"

namespace baton {
namespace {

class OneProgram : public ProgramSource {
 public:
  explicit OneProgram(const std::string& body) {
    program_ = *Program::compile(
        "bench",
        {{"workflows/test.lua",
          "return require('workflow').define { name = 'test', run = function(ctx, input)\n" + body + "\nend }"},
         {"activities/test.lua", "return { work = function(input) return input end }"}});
  }
  [[nodiscard]] std::shared_ptr<const Program> find(std::string_view) const override { return program_; }
  [[nodiscard]] const std::string& hash() const { return program_->hash(); }

 private:
  std::shared_ptr<const Program> program_;
};

void ten_activities(benchmark::State& state) {
  const OneProgram programs("for i = 1, 10 do ctx:activity('test.work', i) end return 'done'");
  for (auto _ : state) {
    Instance instance("i1", programs);
    Handled handled = instance.handle({StartInstance{"test", programs.hash(), "{}", "", "", 7, {}, 1}}, Instant{1000});
    for (OperationSeq seq = 1; seq <= 10; ++seq) {
      handled = instance.handle({FinishActivity{seq, 1, Outcome::of("1"), std::nullopt, true}}, Instant{1000});
    }
    benchmark::DoNotOptimize(handled);
  }
  state.SetItemsProcessed(state.iterations() * 10);
}
BENCHMARK(ten_activities);

// As a busy node has them: each turn finds its instance cold in the processor's caches.
void ten_activities_of_a_thousand(benchmark::State& state) {
  const OneProgram programs("for i = 1, 10 do ctx:activity('test.work', i) end return 'done'");
  constexpr std::size_t kInstances = 1024;
  for (auto _ : state) {
    std::vector<Instance> instances;
    for (std::size_t i = 0; i < kInstances; ++i) instances.emplace_back("i" + std::to_string(i), programs);
    for (Instance& instance : instances) {
      Handled handled =
          instance.handle({StartInstance{"test", programs.hash(), "{}", "", "", 7, {}, 1}}, Instant{1000});
      benchmark::DoNotOptimize(handled);
    }
    for (OperationSeq seq = 1; seq <= 10; ++seq) {
      for (Instance& instance : instances) {
        Handled handled =
            instance.handle({FinishActivity{seq, 1, Outcome::of("1"), std::nullopt, true}}, Instant{1000});
        benchmark::DoNotOptimize(handled);
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * 10 * kInstances);
}
BENCHMARK(ten_activities_of_a_thousand)->Unit(benchmark::kMillisecond);

void hundred_local_steps(benchmark::State& state) {
  const OneProgram programs("for i = 1, 100 do ctx:step('s', function() return i end) end return 'done'");
  for (auto _ : state) {
    Instance instance("i1", programs);
    Handled handled = instance.handle({StartInstance{"test", programs.hash(), "{}", "", "", 7, {}, 1}}, Instant{1000});
    benchmark::DoNotOptimize(handled);
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(hundred_local_steps);

void start_to_a_task(benchmark::State& state) {
  const OneProgram programs(
      "local d = ctx:task('review', { why = 'x', timeout = '30d', candidates = { role = 'nurse' } }) return d.outcome");
  for (auto _ : state) {
    Instance instance("i1", programs);
    Handled handled = instance.handle({StartInstance{"test", programs.hash(), "{}", "", "", 7, {}, 1}}, Instant{1000});
    benchmark::DoNotOptimize(handled);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(start_to_a_task);

}  // namespace
}  // namespace baton

BENCHMARK_MAIN();
