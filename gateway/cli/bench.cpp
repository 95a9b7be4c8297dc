// baton bench: the four workloads.
#include <iostream>

#include "gateway/bench/workloads.hpp"
#include "gateway/cli/cli_support.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

struct BenchArguments {
  std::string workload, n, concurrency, filled, data;
  bool details = false;
};

// 0, which stands for the workload's own number, when not given.
Result<std::uint64_t> number_or_own(const std::string& flag, const std::string& text, std::uint64_t least) {
  if (text.empty()) return std::uint64_t{0};
  return number_argument(flag, text, least);
}

void print_fields(const boost::json::object& object, std::vector<std::vector<std::string>>& rows) {
  for (const auto& [name, value] : object) {
    if (value.is_object()) {
      print_fields(value.get_object(), rows);
    } else {
      rows.push_back({std::string(name), field_text(object, name)});
    }
  }
}

int bench(const Cli& cli, const BenchArguments& arguments) {
  const auto n = number_or_own("--n", arguments.n, 1);
  if (!n) return usage_error(cli, n.error());
  const auto concurrency = number_or_own("--concurrency", arguments.concurrency, 1);
  if (!concurrency) return usage_error(cli, concurrency.error());
  const auto filled = number_or_own("--filled", arguments.filled, 0);
  if (!filled) return usage_error(cli, filled.error());
  const BenchOptions options{arguments.workload,
                             *n,
                             static_cast<std::size_t>(*concurrency),
                             *filled,
                             arguments.data,
                             arguments.details || !cli.json};
  const Status done = run_bench(options, [&cli](const JsonText& line) {
    if (cli.json) {
      std::cout << line << std::endl;
      return;
    }
    const auto object = parse_json_document(line);
    std::vector<std::vector<std::string>> rows;
    if (object.ok() && object->is_object()) print_fields(object->get_object(), rows);
    print_table(rows);
    std::cout << std::endl;
  });
  return done.ok() ? 0 : fail(cli, done.error());
}

}  // namespace

Verb bench_verb(Cli& cli) {
  auto arguments = std::make_shared<BenchArguments>();
  return {"bench",
          "Measure a workload on this machine, beside the raw disk",
          "  baton bench w2 --json\n  baton bench w4 --n 20000 --concurrency 64 --filled 1000000\n"
          "  baton bench growth --json > growth.jsonl",
          {{"workload", "w1, w2, w3, w4, growth or board; see docs/PERFORMANCE.md", &arguments->workload, true},
           {"--n", "Instances; the workload's own number if not given", &arguments->n},
           {"--concurrency", "In flight at once; the workload's own if not given", &arguments->concurrency},
           {"--filled", "Instances that wait in the store before w1, w2 or w4 is measured", &arguments->filled},
           {"--details", "With --json: an object with what only this workload measures", &arguments->details},
           {"--data", "Folder of the store; a temporary one if not given", &arguments->data}},
          [&cli, arguments] { return bench(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
