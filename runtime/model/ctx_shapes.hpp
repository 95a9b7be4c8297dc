// What ctx:task, ctx:alert, ctx:decide, ctx:override, ctx:activity and ctx:child take, in one place, and what is wrong with a table that
// was given to one of them. The journal's own reader (task_definition.hpp) takes what earlier versions let pass. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "runtime/model/forms/json_schema.hpp"

namespace baton {

// `form` is the schema of the form that the task names, or null where the bundle has none of that name: then nothing is said of its parts.
[[nodiscard]] std::optional<std::string> fault_in_task(const boost::json::object& task, const forms::JsonSchema* form);
[[nodiscard]] std::optional<std::string> fault_in_alert(const boost::json::object& alert);
[[nodiscard]] std::optional<std::string> fault_in_decision(const boost::json::object& decision);
[[nodiscard]] std::optional<std::string> fault_in_override(const boost::json::object& override);
[[nodiscard]] std::optional<std::string> fault_in_activity_options(const boost::json::object& options);
[[nodiscard]] std::optional<std::string> fault_in_child_options(const boost::json::object& options);

}  // namespace baton
