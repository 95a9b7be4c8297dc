#include "actors/bundle_registry.hpp"

#include <algorithm>
#include <utility>

#include "actors/cpu_clock.hpp"
#include "actors/log.hpp"
#include "runtime/base/codec.hpp"

namespace baton {

namespace {

constexpr std::size_t kRecent = 32;
constexpr std::string_view kLivePrefix = "live/";

std::string encode_bundle(const Program& program) {
  Writer writer;
  writer.u8(1);
  writer.bytes(program.name());
  writer.varint(program.files().size());
  for (const auto& [path, content] : program.files()) {
    writer.bytes(path);
    writer.bytes(content);
  }
  return std::move(writer).take();
}

Result<StoredBundle> decode_bundle(std::string_view bytes) {
  Reader reader(bytes);
  StoredBundle bundle;
  const std::uint8_t version = reader.u8();
  bundle.name = reader.bytes();
  const std::uint64_t count = reader.varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    std::string path(reader.bytes());
    bundle.files.emplace(std::move(path), reader.bytes());
  }
  if (!reader.ok() || version != 1) {
    return Error{ErrorCode::store_corrupt, "a bundle in the store cannot be read", "restore the store from a backup"};
  }
  return bundle;
}

}  // namespace

Result<std::optional<StoredBundle>> stored_bundle(const StoreReader& reader, std::string_view hash) {
  const auto row = reader.named("bundles", hash);
  if (!row) return row.error();
  if (!*row) return std::optional<StoredBundle>();
  auto bundle = decode_bundle(**row);
  if (!bundle) return std::move(bundle).error();
  return std::optional<StoredBundle>(*std::move(bundle));
}

BundleRegistry::BundleRegistry(StoreReader reader, std::vector<std::shared_ptr<const Program>> compiled)
    : reader_(std::move(reader)), compiled_(std::move(compiled)), live_(std::make_shared<const LiveBundles>()) {}

Status BundleRegistry::load() {
  auto rows = reader_.named_all("deployments", kLivePrefix);
  if (!rows.ok()) return rows.error();
  Programs programs;
  for (const auto& [key, hash] : *rows) {
    auto program = compile_stored(hash);
    if (!program.ok()) {
      // Its instances will say so one by one; the others have to go on.
      log::error("live bundle {} could not be compiled: {}", hash, to_string(program.error()));
      continue;
    }
    programs[key.substr(kLivePrefix.size())] = *std::move(program);
  }
  const std::lock_guard lock(mutex_);
  live_ = live_of(programs);
  planned_ = std::move(programs);
  return success();
}

std::shared_ptr<const LiveBundles> BundleRegistry::live() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

std::shared_ptr<const Program> BundleRegistry::find(std::string_view hash) const {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, program] : planned_) {
      if (program->hash() == hash) return program;
    }
    const auto found = std::find_if(recent_.begin(), recent_.end(), [&](const auto& p) { return p->hash() == hash; });
    if (found != recent_.end()) {
      recent_.splice(recent_.begin(), recent_, found);
      return recent_.front();
    }
    if (unusable_.contains(hash)) return nullptr;
  }
  auto program = compile_stored(hash);
  if (!program.ok()) {
    log::error("bundle {} could not be loaded: {}", hash, to_string(program.error()));
    const ErrorCode code = program.error().code;
    if (code == ErrorCode::bad_bundle || code == ErrorCode::script_syntax || code == ErrorCode::script_error) {
      const std::lock_guard lock(mutex_);
      unusable_.emplace(hash);
    }
    return nullptr;
  }
  remember(*program);
  return *program;
}

void BundleRegistry::remember(const std::shared_ptr<const Program>& program) const {
  const std::lock_guard lock(mutex_);
  keep_recent(program);
}

void BundleRegistry::keep_recent(const std::shared_ptr<const Program>& program) const {
  recent_.push_front(program);
  if (recent_.size() > kRecent) recent_.pop_back();
}

Result<std::shared_ptr<const Program>> BundleRegistry::compile(std::string name, BundleFiles files) const {
  for (const auto& known : compiled_) {
    if (known->name() == name && known->files() == files) return known;
  }
  return Program::compile(std::move(name), std::move(files), &thread_cpu_ns);
}

Result<std::shared_ptr<const Program>> BundleRegistry::compile_stored(std::string_view hash) const {
  auto bundle = stored_bundle(reader_, hash);
  if (!bundle.ok()) return bundle.error();
  if (!*bundle)
    return Error{ErrorCode::not_found, "bundle " + std::string(hash) + " was never deployed here", "deploy it first"};
  return compile(std::move((*bundle)->name), std::move((*bundle)->files));
}

Status BundleRegistry::check_names(const Program& program) const {
  for (const auto& [name, other] : planned_) {
    if (name == program.name()) continue;
    for (const WorkflowDefinition& workflow : program.workflows()) {
      if (other->find_workflow(workflow.name) == nullptr) continue;
      return Error{ErrorCode::bad_bundle,
                   "workflow " + workflow.name + " is defined by the live bundle " + name + " already",
                   "rename the workflow, or deploy under the name " + name};
    }
  }
  return success();
}

Result<BundleRegistry::Planned> BundleRegistry::plan(std::shared_ptr<const Program> compiled, JsonText history,
                                                     Instant now) {
  Planned planned{std::move(compiled), {}};
  const Program& program = *planned.program;
  const std::string& name = program.name();

  const std::lock_guard lock(mutex_);
  const Status unique = check_names(program);
  if (!unique.ok()) return unique.error();
  const auto before = planned_.find(name);
  if (before != planned_.end() && before->second->hash() == program.hash()) return planned;
  planned.changes.push_back(PutNamed{"bundles", program.hash(), encode_bundle(program)});
  planned.changes.push_back(PutNamed{"deployments", std::string(kLivePrefix) + name, program.hash()});
  planned.changes.push_back(PutNamed{"deployments", "at/" + format_instant(now) + "/" + name, std::move(history)});
  if (before != planned_.end()) keep_recent(before->second);
  planned_[name] = planned.program;
  return planned;
}

std::shared_ptr<const Program> BundleRegistry::latest(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = planned_.find(name);
  return found == planned_.end() ? nullptr : found->second;
}

bool BundleRegistry::was_deployed(std::string_view hash) const {
  const auto row = reader_.named("bundles", hash);
  return row.ok() && row->has_value();
}

void BundleRegistry::publish(const std::shared_ptr<const Program>& program) {
  const std::lock_guard lock(mutex_);
  Programs programs = live_->by_name;
  programs[program->name()] = program;
  live_ = live_of(programs);
}

std::shared_ptr<const LiveBundles> BundleRegistry::live_of(const Programs& programs) {
  auto live = std::make_shared<LiveBundles>();
  live->by_name = programs;
  for (const auto& [name, program] : programs) {
    for (const WorkflowDefinition& workflow : program->workflows()) {
      live->by_workflow[workflow.name] = program;
      live->subscriptions.push_back(Subscription{&workflow, program->hash()});
    }
  }
  return live;
}

}  // namespace baton
