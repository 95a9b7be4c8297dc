// libFuzzer target over everything that reads bytes from a clinical sender: frames, batches, messages, their JSON and
// their acknowledgements. The invariants are those of the tests: nothing crashes, and what is read is written back.
//
//   cmake -S . -B build/fuzz -DBATON_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ && cmake --build build/fuzz --target hl7_fuzz
//   build/fuzz/tests/fuzz/hl7_fuzz -max_total_time=600 CORPUS_FOLDER tests/data/hl7v2/rethinkhealth
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/base/assert.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/clinical/canonical_event.hpp"
#include "runtime/clinical/hl7_ack.hpp"
#include "runtime/clinical/hl7_batch.hpp"
#include "runtime/clinical/hl7_json.hpp"
#include "runtime/clinical/mllp_frame.hpp"

namespace {

using namespace baton;

void check_message(std::string_view bytes) {
  const auto message = Hl7Message::parse(std::string(bytes));
  const Error reason{ErrorCode::bad_hl7, "fuzzed", "none"};
  const std::string salvaged = build_ack_for_bytes(bytes, AckOutcome::error, reason, Instant{0}, "F1");
  BATON_ASSERT(Hl7Message::parse(salvaged).ok());
  if (!message) return;
  BATON_ASSERT(message->serialize() == bytes);
  const JsonText json = hl7_to_json(*message, 60);
  BATON_ASSERT(is_valid_utf8(json));
  const auto again = hl7_from_json(json);
  if (again) BATON_ASSERT(Hl7Message::parse(*again).ok());
  const auto ack = Hl7Message::parse(build_ack(*message, AckCode::ae, reason, Instant{0}, "F2"));
  BATON_ASSERT(ack.ok());
  static_cast<void>(read_ack(*message));
  static_cast<void>(read_ack(*ack));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_message(bytes);
  const auto batch = split_hl7_batch(bytes);
  if (batch) {
    for (const std::string_view message : batch->messages) check_message(message);
  }
  MllpDecoder decoder(4096);
  decoder.feed(bytes.substr(0, size / 2));
  decoder.feed(bytes.substr(size / 2));
  decoder.finish();
  while (decoder.next()) continue;
  const auto events = read_mapped_events(bytes, {}, Instant{0});
  if (events) {
    for (const ClinicalEvent& event : *events) BATON_ASSERT(read_clinical_event(to_json(event)).ok());
  }
  static_cast<void>(hl7_from_json(bytes));
  return 0;
}
