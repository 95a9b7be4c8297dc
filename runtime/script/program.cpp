#include "runtime/script/program.hpp"

#include <optional>

#include "runtime/base/codec.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/script/definition_reader.hpp"
#include "runtime/script/module_index.hpp"
#include "runtime/script/run_start.hpp"
#include "runtime/script/sandbox.hpp"
#include "runtime/script/standard_library.hpp"

namespace baton {
namespace {

bool belongs_to_identity(std::string_view path) { return !path.starts_with("tests/"); }
bool is_lua(std::string_view path) { return path.ends_with(".lua"); }

// "activities/pharmacy.lua" -> "pharmacy"
std::string module_name_of(std::string_view path) {
  const std::size_t slash = path.find('/');
  return std::string(path.substr(slash + 1, path.size() - slash - 1 - 4));
}

Error in_file(Error error, const std::string& path) {
  if (error.detail.find(script::chunk_name_of(path)) == std::string::npos) error.detail = path + ": " + error.detail;
  return error;
}

}  // namespace

namespace script {

std::string chunk_name_of(std::string_view path) {
  constexpr std::string_view kWorkflows = "workflows/";
  return std::string(path.starts_with(kWorkflows) ? path.substr(kWorkflows.size()) : path);
}

Options ModuleIndex::sandbox_options(std::span<const BuiltinModule> builtins) const {
  Options options;
  options.modules = this;
  options.builtins = builtins;
  options.cpu_clock_ns = program_.cpu_clock();
  return options;
}

Result<Module> ModuleIndex::find(std::string_view name) const {
  const std::string path = "lib/" + std::string(name) + ".lua";
  const std::string_view code = program_.bytecode(path);
  if (code.empty()) return Error{ErrorCode::not_found, "no module " + std::string(name), {}};
  // The view of the path lives in the program's own map.
  return Module{program_.files().find(path)->first, code, true};
}

}  // namespace script

std::string bundle_hash(const BundleFiles& files) {
  Writer writer;
  for (const auto& [path, content] : files) {
    if (belongs_to_identity(path)) writer.bytes(path).bytes(content);
  }
  return to_hex(sha256(writer.view()));
}

Result<std::shared_ptr<const Program>> Program::compile(std::string name, BundleFiles files, CpuClock cpu_clock) {
  auto program = std::shared_ptr<Program>(new Program());
  program->name_ = std::move(name);
  program->cpu_clock_ = cpu_clock;
  program->files_ = complete_bundle(std::move(files));
  program->hash_ = bundle_hash(program->files_);
  using Stage = Status (Program::*)();
  for (const Stage stage : {&Program::compile_sources, &Program::read_calendars, &Program::read_forms,
                            &Program::examine_workflows, &Program::examine_mappings, &Program::examine_activities}) {
    if (Status done = (program.get()->*stage)(); !done) return done.error();
  }
  return std::shared_ptr<const Program>(std::move(program));
}

Status Program::compile_sources() {
  script::Sandbox compiler;
  for (const auto& [path, content] : files_) {
    if (!is_lua(path)) continue;
    Result<std::string> code = compiler.compile(script::chunk_name_of(path), content);
    if (!code.ok()) return in_file(code.error(), path);
    bytecode_.emplace(path, std::move(*code));
  }
  return success();
}

Status Program::read_calendars() {
  for (const auto& [path, content] : files_) {
    if (!path.starts_with("calendars/") || !path.ends_with(".json")) continue;
    Result<BusinessCalendar> calendar = parse_business_calendar(content);
    if (!calendar.ok()) return in_file(calendar.error(), path);
    const std::string calendar_name = calendar->name();
    if (!calendars_.emplace(calendar_name, std::move(*calendar)).second) {
      return Error{ErrorCode::bad_bundle, path + ": there is a calendar '" + calendar_name + "' already",
                   "give each calendar of a bundle its own name"};
    }
  }
  return success();
}

Status Program::read_forms() {
  constexpr std::string_view kFolder = "forms/";
  for (const auto& [path, content] : files_) {
    if (!path.starts_with(kFolder) || !path.ends_with(".json")) continue;
    auto schema = forms::JsonSchema::compile(content, {true, true});
    if (!schema.ok()) return in_file(schema.error(), path);
    const std::string form_name = path.substr(kFolder.size(), path.size() - kFolder.size() - 5);
    forms_.emplace(form_name, Form{form_name, to_hex(sha256(content)), content, std::move(*schema)});
  }
  return success();
}

Status Program::examine_workflows() {
  for (const auto& [path, content] : files_) {
    if (!path.starts_with("workflows/") || !is_lua(path)) continue;
    Result<WorkflowDefinition> definition = script::read_workflow_definition(*this, path);
    if (!definition.ok()) return in_file(definition.error(), path);
    for (const TimePromise& promise : definition->promises) {
      if (!promise.business || calendar(promise.calendar) != nullptr) continue;
      return Error{
          ErrorCode::bad_bundle,
          path + ": slo." + promise.name + " counts business time, and there is no calendar '" + promise.calendar + "'",
          "add calendars/*.json to the bundle, or name one of its calendars"};
    }
    if (find_workflow(definition->name) != nullptr) {
      return Error{ErrorCode::bad_bundle, path + ": there is a workflow '" + definition->name + "' already",
                   "give each workflow of a bundle its own name"};
    }
    definition->image = script::picture_of_start(*this, *definition);
    workflows_.push_back(std::move(*definition));
  }
  return success();
}

Status Program::examine_mappings() {
  for (const auto& [path, content] : files_) {
    if (!path.starts_with("mappings/") || !is_lua(path)) continue;
    Result<MappingDefinition> definition = script::read_mapping_definition(*this, path);
    if (!definition.ok()) return in_file(definition.error(), path);
    mappings_.push_back(std::move(*definition));
  }
  return success();
}

Status Program::examine_activities() {
  for (const auto& [path, content] : files_) {
    if (!path.starts_with("activities/") || !is_lua(path)) continue;
    Result<std::vector<std::string>> functions = script::read_activity_names(*this, path);
    if (!functions.ok()) return in_file(functions.error(), path);
    for (const std::string& function : *functions) activities_.insert(module_name_of(path) + "." + function);
  }
  return success();
}

const WorkflowDefinition* Program::find_workflow(std::string_view name) const {
  for (const WorkflowDefinition& each : workflows_) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

bool Program::has_activity(std::string_view name) const { return activities_.contains(name); }

std::string_view Program::bytecode(std::string_view path) const {
  const auto found = bytecode_.find(path);
  return found == bytecode_.end() ? std::string_view() : std::string_view(found->second);
}

const Form* Program::form(std::string_view form_name) const {
  const auto found = forms_.find(form_name);
  return found == forms_.end() ? nullptr : &found->second;
}

const BusinessCalendar* Program::calendar(std::string_view calendar_name) const {
  auto found = calendars_.find(calendar_name);
  if (calendar_name.empty()) found = calendars_.size() == 1 ? calendars_.begin() : calendars_.find("us_federal");
  return found == calendars_.end() ? nullptr : &found->second;
}

}  // namespace baton
