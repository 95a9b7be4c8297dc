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

}  // namespace baton
