// Every bound in one place. Sizes are bytes, times are milliseconds, unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace baton::limits {

// Scripts.
constexpr std::size_t kScriptMemory = 32u << 20;                 // One lua_State: a workflow instance or an activity.
constexpr std::uint64_t kScriptInstructionsPerTurn = 5'000'000;  // About 50 ms.
constexpr std::uint64_t kScriptTurnMs = 150;                     // Processor time of one turn, where a clock is given.
constexpr std::uint64_t kPatternSteps = 1'000'000;               // Steps of one pattern-matching call.
constexpr std::size_t kScriptStringSize = 8u << 20;              // The longest string a library function may build.
constexpr std::size_t kJsonDepth = 64;
constexpr std::size_t kErrorCodeSize = 200;         // Of a raised table; beyond, it is cut.
constexpr std::size_t kErrorMessageSize = 2000;     // The same; also one line of ctx:log.
constexpr std::size_t kTurnJournalSize = 8u << 20;  // That a script adds to its journal between two waits.
constexpr std::size_t kTurnLogSize = 256u << 10;    // Lines of ctx:log between two waits; beyond, they are left out.

// Values.
constexpr std::size_t kPayloadSize = 1u << 20;  // One input, result, signal or event.
constexpr std::size_t kNameSize = 200;          // A workflow, step, signal or event name.
constexpr std::size_t kInstanceIdSize = 200;
constexpr std::size_t kMadeIdSize = 400;  // Of a child that is named after its parent, and so how deep children stand.
constexpr std::size_t kAddedKeys = 100;   // That one run of a case adds.

// Wire.
constexpr std::size_t kHttpBodySize = 4u << 20;
constexpr std::size_t kMllpMessageSize = 8u << 20;
constexpr std::size_t kHttpConnections = 12'000;
constexpr std::size_t kPageSize = 1000;

// Forms and tasks.
constexpr std::size_t kFormSize = 256u << 10;  // One form of a bundle.
constexpr std::size_t kFormNodes = 10'000;     // Schemas within it.
constexpr std::size_t kFormSteps = 200'000;    // Schemas that one validation looks at.
constexpr std::size_t kFormDepth = 300;        // Schemas within schemas, references followed.
constexpr std::size_t kFormErrors = 50;        // That one answer names.
constexpr std::size_t kTaskComments = 200;
constexpr std::size_t kTaskDrafts = 20;  // One a person.
constexpr std::size_t kDraftSize = 64u << 10;
constexpr std::size_t kTaskSteps = 20;      // Escalations, and reminders, of one task.
constexpr std::size_t kRotaShifts = 5'000;  // Of one version of one unit's rota.
constexpr std::size_t kBulkTasks = 10'000;  // That one request reassigns.
constexpr std::size_t kMailSize = 256u << 10;
constexpr std::size_t kMailRecipients = 50;

// Time.
constexpr int kCalendarYears = 400;                    // Valid years of one business calendar.
constexpr std::size_t kCalendarHolidays = 500;         // Entries, rules and dates together.
constexpr std::size_t kCalendarSpans = 48;             // Openings of one day.
constexpr std::size_t kScheduleTimesPerTurn = 10'000;  // Times that a schedule looks at after a long pause.
constexpr std::size_t kScheduleStartsPerTurn = 100;

// Clinical input.
constexpr std::size_t kHl7Segments = 100'000;   // Of one message.
constexpr std::size_t kHl7Fields = 2'000'000;   // Of all segments of one message together.
constexpr std::size_t kHl7EchoSize = 512;       // A header field of a sender that an ACK repeats.
constexpr std::size_t kEventsPerMessage = 100;  // Canonical events that one mapping call may return.
constexpr std::size_t kEventIdentifiers = 100;  // Identifiers of one patient in one event.
constexpr std::size_t kIdentifierSize = 200;    // One part of an identifier, and an encounter id.

// Engine.
constexpr std::size_t kCommitRoundTurns = 1024;  // Turns in one group commit: latency against throughput.
constexpr std::size_t kInFlightRequests = 8192;  // Admission: accepted and not yet committed.
constexpr std::size_t kMessagesUnderWay = 4096;  // From actor to actor; what is beyond waits in the store.

// Operators.
constexpr std::size_t kBatchItems = 1'000'000;      // Things that one batch acts on.
constexpr std::size_t kPreviewedItems = 2'000'000;  // That all previews together remember.

// Ledger.
constexpr std::size_t kLedgerLeafSize = 65'535;  // One record in the tree: what a C2SP entry bundle can hold.

}  // namespace baton::limits
