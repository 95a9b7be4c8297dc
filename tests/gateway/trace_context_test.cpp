// The header traceparent, as W3C Trace Context says that it is read.
#include "gateway/http/trace_context.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

TEST(TraceContext, is_read_from_a_header_of_version_00) {
  EXPECT_EQ(parse_traceparent("00-" + kTrace + "-" + kSpan + "-01"), (TraceContext{kTrace, kSpan}));
}

TEST(TraceContext, of_a_later_version_is_what_it_has_in_common_with_00) {
  EXPECT_EQ(parse_traceparent("cc-" + kTrace + "-" + kSpan + "-01"), (TraceContext{kTrace, kSpan}));
  EXPECT_EQ(parse_traceparent("cc-" + kTrace + "-" + kSpan + "-01-what-comes"), (TraceContext{kTrace, kSpan}));
}

TEST(TraceContext, that_is_malformed_is_ignored_as_a_whole) {
  for (const std::string& header :
       {std::string(), "00-" + kTrace + "-" + kSpan, "ff-" + kTrace + "-" + kSpan + "-01",
        "00-" + kTrace + "-" + kSpan + "-01-more", "cc-" + kTrace + "-" + kSpan + "-01more",
        "00-" + std::string(32, '0') + "-" + kSpan + "-01", "00-" + kTrace + "-" + std::string(16, '0') + "-01",
        "00-" + std::string("4BF92F3577B34DA6A3CE929D0E0E4736-") + kSpan + "-01", "00-" + kTrace + "-" + kSpan + "-0x",
        "00_" + kTrace + "-" + kSpan + "-01"}) {
    EXPECT_EQ(parse_traceparent(header), std::nullopt) << header;
  }
}

}  // namespace
}  // namespace baton
