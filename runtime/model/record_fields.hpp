// How a record becomes bytes: its fields, listed once in RecordFields<Record>, written one after the other. For the
// codecs in this folder only. Pure.
//
//   record   = u8 version, fields          text, JSON  = bytes          integer, enum = varint
//   instant  = i64 milliseconds            optional    = u8(0) | u8(1) value
//   list     = varint count, values        map         = varint count, (key, value)s in the order of keys
//
// A later version of a record adds fields at the end; one of an earlier version is read with those fields left as they
// are in a new record. docs/formats/records.md lists the fields of each record.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "runtime/base/codec.hpp"
#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"
#include "runtime/model/operation.hpp"
#include "runtime/model/outcome.hpp"
#include "runtime/model/principal.hpp"

namespace baton::record_codec {

// Specialised for each record: `static auto of(auto& record) { return std::tie(record.id, ...); }`. The order is the
// order on disk. Where fields were added, `static constexpr std::size_t in_version(std::uint8_t version)` says how many
// of them a version has.
template <typename Record>
struct RecordFields;

// The greatest number of an enum whose numbers begin at 1; specialised beside RecordFields.
template <typename Enum>
constexpr std::uint8_t kGreatest = 0;

// All overloads stand before the first template body: that is how the templates find each other.
inline void put(Writer& writer, const std::string& value) { writer.bytes(value); }
inline void put(Writer& writer, std::uint32_t value) { writer.varint(value); }
inline void put(Writer& writer, std::uint64_t value) { writer.varint(value); }
inline void put(Writer& writer, bool value) { writer.boolean(value); }
inline void put(Writer& writer, Instant value) { writer.i64(value.ms); }
inline void put(Writer& writer, const Principal& value) { encode(writer, value); }
inline void put(Writer& writer, const Outcome& value) { encode(writer, value); }
inline void put(Writer& writer, const Failure& value) { encode(writer, value); }
inline void put(Writer& writer, const Operation& value) { encode(writer, value); }
template <typename T>
void put(Writer& writer, const std::optional<T>& value);
template <typename T>
void put(Writer& writer, const std::vector<T>& values);
template <typename T>
void put(Writer& writer, const std::map<std::string, T>& values);
template <typename T>
requires std::is_enum_v<T>
void put(Writer& writer, T value);
template <typename T>
requires requires(T& record) { RecordFields<T>::of(record); }
void put(Writer& writer, const T& record);

inline void get(Reader& reader, std::string& value) { value = reader.text(); }
inline void get(Reader& reader, std::uint32_t& value) {
  const std::uint64_t wide = reader.varint();
  value = static_cast<std::uint32_t>(wide);
  if (value != wide) reader.fail();
}
inline void get(Reader& reader, std::uint64_t& value) { value = reader.varint(); }
inline void get(Reader& reader, bool& value) { value = reader.boolean(); }
inline void get(Reader& reader, Instant& value) { value.ms = reader.i64(); }
inline void get(Reader& reader, Principal& value) { value = decode_principal(reader); }
inline void get(Reader& reader, Outcome& value) { value = decode_outcome(reader); }
inline void get(Reader& reader, Failure& value) { value = decode_failure(reader); }
inline void get(Reader& reader, Operation& value) { value = decode_operation(reader); }
template <typename T>
void get(Reader& reader, std::optional<T>& value);
template <typename T>
void get(Reader& reader, std::vector<T>& values);
template <typename T>
void get(Reader& reader, std::map<std::string, T>& values);
template <typename T>
requires std::is_enum_v<T>
void get(Reader& reader, T& value);
template <typename T>
requires requires(T& record) { RecordFields<T>::of(record); }
void get(Reader& reader, T& record);

template <typename T>
void put(Writer& writer, const std::optional<T>& value) {
  writer.boolean(value.has_value());
  if (value) put(writer, *value);
}
template <typename T>
void get(Reader& reader, std::optional<T>& value) {
  if (!reader.boolean()) return;
  get(reader, value.emplace());
}

template <typename T>
void put(Writer& writer, const std::vector<T>& values) {
  writer.list(values, [](Writer& w, const T& value) { put(w, value); });
}
template <typename T>
void get(Reader& reader, std::vector<T>& values) {
  reader.list([&values](Reader& r) { get(r, values.emplace_back()); });
}

template <typename T>
void put(Writer& writer, const std::map<std::string, T>& values) {
  writer.list(values, [](Writer& w, const auto& item) {
    put(w, item.first);
    put(w, item.second);
  });
}
template <typename T>
void get(Reader& reader, std::map<std::string, T>& values) {
  reader.list([&values](Reader& r) {
    std::string key = r.text();
    get(r, values[std::move(key)]);
  });
}

template <typename T>
requires std::is_enum_v<T>
void put(Writer& writer, T value) { writer.u8(static_cast<std::uint8_t>(value)); }
template <typename T>
requires std::is_enum_v<T>
void get(Reader& reader, T& value) {
  static_assert(kGreatest<T> > 0, "name the enum's greatest number");
  const std::uint8_t number = reader.u8();
  if (number < 1 || number > kGreatest<T>) reader.fail();
  value = static_cast<T>(number);
}

template <typename T>
requires requires(T& record) { RecordFields<T>::of(record); }
void put(Writer& writer, const T& record) {
  std::apply([&writer](const auto&... field) { (put(writer, field), ...); }, RecordFields<const T>::of(record));
}
template <typename T>
requires requires(T& record) { RecordFields<T>::of(record); }
void get(Reader& reader, T& record) {
  std::apply([&reader](auto&... field) { (get(reader, field), ...); }, RecordFields<T>::of(record));
}

// The first `count` fields.
template <typename T>
void get_first(Reader& reader, T& record, std::size_t count) {
  const auto read = [&](auto& field) {
    if (count == 0) return;
    --count;
    get(reader, field);
  };
  std::apply([&read](auto&... field) { (read(field), ...); }, RecordFields<T>::of(record));
}

// Fields are the same for const and not.
template <typename Record>
struct RecordFields<const Record> : RecordFields<Record> {};

template <typename Record>
[[nodiscard]] std::string encode_record(std::uint8_t version, const Record& record) {
  Writer writer;
  writer.reserve(384);
  writer.u8(version);
  put(writer, record);
  return std::move(writer).take();
}

// `what` names the record in the error: "an instance record".
template <typename Record>
[[nodiscard]] Result<Record> decode_record(std::uint8_t version, std::string_view bytes, const char* what) {
  Reader reader(bytes);
  const std::uint8_t found = reader.u8();
  if (reader.ok() && found > version) {
    return Error{ErrorCode::store_version, std::string(what) + " has version " + std::to_string(found),
                 "run the Baton that wrote it, or a newer one"};
  }
  Record record;
  if (found == 0) reader.fail();
  if constexpr (requires { RecordFields<Record>::in_version(found); }) {
    get_first(reader, record, RecordFields<Record>::in_version(found));
  } else {
    if (found != version) reader.fail();
    get(reader, record);
  }
  if (!reader.ok() || !reader.at_end()) {
    return Error{ErrorCode::store_corrupt, std::string(what) + " cannot be decoded", "restore the store from a backup"};
  }
  return record;
}

}  // namespace baton::record_codec
