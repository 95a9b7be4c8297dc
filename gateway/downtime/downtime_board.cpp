#include "gateway/downtime/downtime_board.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "actors/log.hpp"
#include "actors/stored_instance.hpp"
#include "persistence/tallies.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/engine/why.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/task_definition.hpp"
#include "runtime/model/unit.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTasks = 500;    // On one page.
constexpr std::size_t kCases = 2'000;  // Looked at for one page.
constexpr std::size_t kSlice = 256;
constexpr std::string_view kPrefix = "baton-downtime-";
constexpr std::string_view kIndex = "index.html";

Error failed(const std::string& path) {
  return {ErrorCode::io_failed, "the downtime page " + path + " cannot be written",
          "let this user write to downtime.folder, and make room on its disk"};
}

// A name as demographics have it: a text, or {"family","given"}.
std::string name_of(const JsonText& demographics) {
  const auto parsed = parse_json_document(demographics);
  if (!parsed.ok() || !parsed->is_object()) return {};
  const auto* name = parsed->get_object().if_contains("name");
  if (name == nullptr) return {};
  if (name->is_string()) return std::string(name->get_string());
  if (!name->is_object()) return {};
  std::string text;
  for (const char* part : {"family", "given"}) {
    const auto* value = name->get_object().if_contains(part);
    if (value != nullptr && value->is_string()) text += (text.empty() ? "" : ", ") + std::string(value->get_string());
  }
  return text;
}

}  // namespace

DowntimeBoard::DowntimeBoard(Node& node, IoLoop& loop, DowntimeOptions options, TimeZone zone)
    : node_(node), loop_(loop), options_(std::move(options)), zone_(std::move(zone)) {}

Result<std::unique_ptr<DowntimeBoard>> DowntimeBoard::open(Node& node, IoLoop& loop, DowntimeOptions options) {
  auto zone = find_time_zone(options.time_zone);
  if (!zone) return Error{ErrorCode::bad_config, "downtime.time_zone: " + zone.error().detail, zone.error().cure};
  std::error_code wrong;
  fs::create_directories(options.folder, wrong);
  if (wrong || ::access(options.folder.c_str(), W_OK) != 0) {
    return Error{ErrorCode::bad_config, "downtime.folder: '" + options.folder + "' cannot be written to",
                 "name a folder that this user may write to, on another machine if you can"};
  }
  return std::unique_ptr<DowntimeBoard>(new DowntimeBoard(node, loop, std::move(options), *zone));
}

// Those of all open cases; "" among them where a case has none.
Result<std::set<std::string>> DowntimeBoard::units() const {
  const auto rows = tallies_of(node_.reader(), Tally::open_cases);
  if (!rows) return rows.error();
  std::set<std::string> units;
  for (const auto& [key, count] : *rows) {
    if (count > 0) units.insert(key.c);
  }
  return units;
}

Status DowntimeBoard::read_case(const StoreReader& reader, const InstanceRecord& record, DowntimeUnit& into,
                                std::set<std::string>& patients) const {
  const auto tasks = reader.open_tasks_of(record.id);
  if (!tasks) return tasks.error();
  if (tasks->empty()) return success();
  auto stored = read_stored_instance(reader, record.id);
  if (!stored) return stored.error();
  if (!*stored) return success();
  const auto program = node_.program(record.bundle);
  const WorkflowDefinition* const definition = program == nullptr ? nullptr : program->find_workflow(record.workflow);
  std::string patient = record.patient;
  if (!record.patient.empty()) {
    const auto person = reader.patient(record.patient);
    if (!person) return person.error();
    const std::string name = *person ? name_of((*person)->demographics) : std::string();
    if (!name.empty()) patient = name + " (" + record.patient + ")";
  }
  for (const TaskRecord& task : *tasks) {
    const WhyTask why = why_task({**stored, definition, nullptr, {}, node_.now()}, task);
    DowntimeTask shown;
    shown.id = task_id_of(task.instance, task.seq);
    shown.instance = task.instance;
    shown.name = task.name;
    shown.title = definition == nullptr || definition->title.empty() ? record.workflow : definition->title;
    shown.patient = patient;
    shown.why = text_at(parse_object(task.request), "why");
    shown.owner = why.wait.owner.sentence;
    shown.due = task.due;
    shown.then = why.wait.deadline ? why.wait.deadline->sentence : std::string();
    for (const OutcomeRule& rule : outcomes_of(task))
      shown.outcomes.push_back(rule.title.empty() ? rule.name : rule.title);
    shown.on_hold = record.paused || task.hold.has_value();
    into.tasks.push_back(std::move(shown));
  }
  if (!record.patient.empty()) patients.insert(record.patient);
  return success();
}

Result<DowntimeUnit> DowntimeBoard::read_unit(const StoreReader& reader, const std::string& unit,
                                              std::set<std::string>& patients) const {
  DowntimeUnit found;
  found.unit = unit;
  InstanceFilter filter;
  filter.status = InstanceStatus::running;
  filter.oldest_first = true;
  filter.unit = unit;
  std::size_t looked = 0;
  std::string cursor;
  do {
    auto page = reader.list_instances(filter, cursor, kSlice);
    if (!page) return page.error();
    for (const InstanceRecord& record : page->items) {
      if (unit_of(record.attributes) != unit) continue;  // Where those of no unit are asked for.
      ++found.open_cases;
      if (Status read = read_case(reader, record, found, patients); !read) return read.error();
    }
    looked += page->items.size();
    cursor = page->cursor;
  } while (!cursor.empty() && looked < kCases);
  found.more = found.more || !cursor.empty();
  std::ranges::stable_sort(found.tasks, [](const DowntimeTask& a, const DowntimeTask& b) {
    return a.due.value_or(Instant{INT64_MAX}) < b.due.value_or(Instant{INT64_MAX});
  });
  if (found.tasks.size() > kTasks) {
    found.tasks.resize(kTasks);
    found.more = true;
  }
  return found;
}

// Before the page is there: whose data it shows, where that is not what the ledger says already.
Status DowntimeBoard::record(const std::string& file, const std::string& page, const std::set<std::string>& patients) {
  if (patients.empty()) return success();
  {
    const std::lock_guard lock(mutex_);
    const auto known = recorded_.find(file);
    if (known != recorded_.end() && known->second == patients) return success();
  }
  AuditRecord record;
  record.action = action::kPatientDisclosed;
  record.object = "downtime board: " + file;
  record.patients.assign(patients.begin(), patients.end());
  JsonWriter writer;
  writer.begin_object().field("page", to_hex(sha256(page))).end_object();
  record.evidence = std::move(writer).take();
  if (auto recorded = node_.submit_and_wait(RecordAccess{{}, std::move(record)}); !recorded) return recorded.error();
  const std::lock_guard lock(mutex_);
  recorded_[file] = patients;
  return success();
}

// Beside, synced, renamed: a reader sees the old page or the new one.
Status DowntimeBoard::write(const std::string& file, const std::string& text) const {
  const std::string path = options_.folder + "/" + file;
  const std::string fresh = path + ".new";
  const int handle = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (handle < 0) return failed(path);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(handle, text.data() + done, text.size() - done);
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  const bool synced = done == text.size() && ::fsync(handle) == 0;
  if (::close(handle) != 0 || !synced || ::rename(fresh.c_str(), path.c_str()) != 0) {
    ::unlink(fresh.c_str());
    return failed(path);
  }
  return success();
}

void DowntimeBoard::remove_others(const std::set<std::string>& files) const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && !files.contains(name)) fs::remove(entry.path(), ignored);
  }
}

Status DowntimeBoard::write_all() {
  const auto all = units();
  if (!all) return all.error();
  const StoreReader reader = node_.reader().snapshot();
  const Instant now = node_.now();
  std::vector<DowntimeLink> links;
  std::set<std::string> files;
  for (const std::string& unit : *all) {
    std::set<std::string> patients;
    const auto found = read_unit(reader, unit, patients);
    if (!found) return found.error();
    const std::string file = downtime_file(unit);
    const std::string page = downtime_page(*found, now, zone_);
    if (Status recorded = record(file, page, patients); !recorded) return recorded;
    if (Status written = write(file, page); !written) return written;
    files.insert(file);
    const auto late =
        std::ranges::count_if(found->tasks, [&](const auto& task) { return task.due && *task.due <= now; });
    links.push_back({unit, file, found->tasks.size(), static_cast<std::size_t>(late)});
  }
  if (Status written = write(std::string(kIndex), downtime_index(links, now, zone_)); !written) return written;
  remove_others(files);
  written_ms_ = system_clock()->now().ms;
  return success();
}

void DowntimeBoard::begin() { next(); }

void DowntimeBoard::next() {
  writer_.run([this](bool ok) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
    }
    const Status written = ok ? write_all() : success();
    if (!written) log::error("the downtime board could not be written: {}", to_string(written.error()));
    const std::lock_guard lock(mutex_);
    if (!stopped_) timer_ = loop_.after(options_.every, [this] { next(); });
  });
}

void DowntimeBoard::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    loop_.cancel(timer_);
  }
  writer_.stop();
}

std::optional<Instant> DowntimeBoard::written() const {
  const std::int64_t ms = written_ms_;
  return ms == 0 ? std::nullopt : std::optional(Instant{ms});
}

}  // namespace baton
