// Which events a wait takes.
#include "runtime/engine/event_match.hpp"

#include <gtest/gtest.h>

#include "runtime/base/limits.hpp"

namespace baton {
namespace {

// Lists in one another; with the event around them as deep as a value may be.
std::string nested(std::size_t around) {
  const std::size_t depth = limits::kJsonDepth - around;
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(EventMatch, looks_into_events_and_for_values_that_are_nested_as_deep_as_they_may_be) {
  const JsonText event = R"({"type":"lab.result","encounter":"E1","data":)" + nested(1) + "}";
  const auto wanted = [](const JsonText& where) { return R"({"types":["lab.*"],"where":{)" + where + "}}"; };
  EXPECT_TRUE(event_satisfies(wanted(R"("encounter":"E1")"), "lab.result", event));
  EXPECT_FALSE(event_satisfies(wanted(R"("encounter":"E2")"), "lab.result", event));
  EXPECT_FALSE(event_satisfies(wanted(R"("encounter":"E1")"), "order.placed", event)) << "the type is another";
  // A list of wanted values is any of them.
  EXPECT_TRUE(event_satisfies(wanted(R"("data":[)" + nested(1) + "]"), "lab.result", event));
  EXPECT_FALSE(event_satisfies(wanted(R"("data":[)" + nested(2) + "]"), "lab.result", event));
}

}  // namespace
}  // namespace baton
