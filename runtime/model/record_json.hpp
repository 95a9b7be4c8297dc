// The records as the API shows them: JSON objects with snake_case names, absent fields left out, times as RFC 3339.
// Pure.
#pragma once

#include "runtime/base/json_text.hpp"
#include "runtime/model/records.hpp"

namespace baton {

// Each writes one object.
void write_json(JsonWriter& writer, const InstanceRecord& record);
void write_json(JsonWriter& writer, const PendingRecord& record);
// With "id", the task's id.
void write_json(JsonWriter& writer, const TaskRecord& record);
// With "id": "<instance>.<number>".
void write_json(JsonWriter& writer, const IncidentRecord& record);
void write_json(JsonWriter& writer, const AlertRecord& record);
void write_json(JsonWriter& writer, const PatientRecord& record);
void write_json(JsonWriter& writer, const EventRecord& record);
// The raw bytes are "raw" when they are UTF-8, else "raw_base64".
void write_json(JsonWriter& writer, const MessageRecord& record);
void write_json(JsonWriter& writer, const TimerRecord& record);

[[nodiscard]] std::string_view to_string(TimerPurpose purpose) noexcept;

template <typename Record>
[[nodiscard]] JsonText to_json(const Record& record) {
  JsonWriter writer;
  write_json(writer, record);
  return std::move(writer).take();
}

}  // namespace baton
