#include "actors/time_attributes.hpp"

namespace baton {

bool is_time_attribute(const std::vector<std::shared_ptr<const Program>>& live, const std::string& workflow,
                       const std::string& attribute) {
  for (const auto& program : live) {
    for (const WorkflowDefinition& definition : program->workflows()) {
      if (!workflow.empty() && definition.name != workflow) continue;
      const auto declared = definition.search.find(attribute);
      if (declared != definition.search.end() && declared->second == "time") return true;
    }
  }
  return false;
}

JsonText ways_to_set(const std::string& text, Instant at) {
  const std::string exact = format_instant(at);
  JsonWriter writer;
  writer.begin_array().integer(at.ms).string(text).string(exact);
  if (constexpr std::string_view kNoPart = ".000Z"; exact.ends_with(kNoPart)) {
    writer.string(exact.substr(0, exact.size() - kNoPart.size()) + "Z");
  }
  writer.end_array();
  return std::move(writer).take();
}

}  // namespace baton
