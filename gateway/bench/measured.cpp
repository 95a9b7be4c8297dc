#include "gateway/bench/measured.hpp"

namespace baton {

JsonText to_json(const Measured& measured, const Workplace& workplace, bool details) {
  JsonWriter writer;
  const auto number = [&writer](std::string_view name, double value) { writer.key(name).number(value); };
  writer.begin_object().field("workload", measured.workload);
  writer.field("n", static_cast<std::int64_t>(measured.n));
  writer.field("concurrency", static_cast<std::int64_t>(measured.concurrency));
  number("seconds", measured.seconds);
  number("per_second", measured.per_second);
  number("p50_ms", measured.p50_ms);
  number("p99_ms", measured.p99_ms);
  number("rss_mib", measured.rss_mib);
  number("disk_bytes_per_instance", measured.disk_bytes_per_instance);
  number("fdatasync_p50_ms", workplace.sync().p50_ms);
  number("fdatasync_per_s", workplace.sync().per_second);
  number("group_commit_per_s", workplace.group_commit());
  if (details) {
    writer.key("details").begin_object();
    for (const auto& [name, value] : measured.details) number(name, value);
    writer.end_object();
  }
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace baton
