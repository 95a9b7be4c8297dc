// Activities in tests: the case's mocks answer; where one is let run, its HTTP is answered by the case as well. Owned by
// one thread.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/instant.hpp"
#include "runtime/model/records.hpp"
#include "runtime/script/activity_run.hpp"
#include "runtime/script/test_run.hpp"

namespace baton::testing {

// What a mock said: {"value":..} or {"failed":{..}}.
[[nodiscard]] ActivityEnded read_mocked(const JsonText& answer);

// Runs an activity of the bundle to its end. `tests` answers its HTTP; pauses take no time.
[[nodiscard]] ActivityEnded run_activity(const std::shared_ptr<const Program>& program, const std::string& name,
                                         const JsonText& input, ActivityContext context, TestRun& tests);

// One attempt of a workflow's activity: by its mock; without one by itself, when the case answers HTTP, and otherwise it
// fails with unmocked_activity, for good.
[[nodiscard]] ActivityEnded work(const std::shared_ptr<const Program>& program, const PendingRecord& pending,
                                 Instant now, TestRun& tests);

}  // namespace baton::testing
