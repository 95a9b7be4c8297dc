// Activities in tests: the case's mocks answer; where one is let run, the pool runs it by the node's clock, and its HTTP is
// answered by the case as well. Owned by one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/node.hpp"
#include "runtime/model/records.hpp"
#include "runtime/script/activity_run.hpp"
#include "runtime/script/test_run.hpp"

namespace baton::testing {

// What a mock said: {"value":..} or {"failed":{..}}.
[[nodiscard]] ActivityEnded read_mocked(const JsonText& answer);

// What the case's t:http says to a call; where it says a failure, or nothing, there is no answer: unreachable.
[[nodiscard]] Result<HttpAnswer> answer_http(const HttpCall& call, TestRun& tests);

// Runs an activity of the bundle to its end, for t:activity. `tests` answers its HTTP; pauses take no time.
[[nodiscard]] ActivityEnded run_activity(const std::shared_ptr<const Program>& program, const std::string& name,
                                         const JsonText& input, ActivityContext context, TestRun& tests);

// One attempt of a workflow's activity, by its mock. Without one it fails with unmocked_activity, for good, but where the case
// answers HTTP: then nothing, and the pool runs the activity as a server does.
[[nodiscard]] std::optional<ActivityEnded> mocked_work(const PendingRecord& pending, TestRun& tests);

}  // namespace baton::testing
