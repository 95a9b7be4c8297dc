// baton bench: the four workloads.
#include <charconv>
#include <iostream>

#include "gateway/bench/workloads.hpp"
#include "gateway/cli/cli_support.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

struct BenchArguments {
  std::string workload, n = "0", concurrency = "0", data;
};

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int bench(const Cli& cli, const BenchArguments& arguments) {
  const auto n = number_of(arguments.n);
  const auto concurrency = number_of(arguments.concurrency);
  if (!n || !concurrency) return usage_error(cli, "--n and --concurrency are numbers", "such as --n 10000");
  BenchOptions options{arguments.workload, *n, static_cast<std::size_t>(*concurrency), arguments.data};
  const auto results = run_bench(options);
  if (!results) return fail(cli, results.error());
  for (const JsonText& result : *results) {
    if (cli.json) {
      std::cout << result << "\n";
      continue;
    }
    const auto object = parse_json_document(result);
    if (!object || !object->is_object()) continue;
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, value] : object->as_object()) {
      rows.push_back({std::string(name), field_text(*object, std::string(name))});
    }
    print_table(rows);
    std::cout << "\n";
  }
  return 0;
}

}  // namespace

Verb bench_verb(Cli& cli) {
  auto arguments = std::make_shared<BenchArguments>();
  return {"bench",
          "Measure a workload on this machine, beside the raw disk",
          "  baton bench w2 --json\n  baton bench w4 --n 20000 --concurrency 64",
          {{"workload", "w1, w2, w3 or w4; see docs/PERFORMANCE.md", &arguments->workload, true},
           {"--n", "Instances; the workload's own number if not given", &arguments->n},
           {"--concurrency", "In flight at once; the workload's own if not given", &arguments->concurrency},
           {"--data", "Folder of the store; a temporary one if not given", &arguments->data}},
          [&cli, arguments] { return bench(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
