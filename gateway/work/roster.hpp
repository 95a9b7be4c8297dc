// Who is on duty when, and who stands in for whom: rotas by unit, with all their versions, and covers. In memory and in the
// store; a change is told to its caller once it is durable. Thread-safe.
//
//   named row "rotas": <unit> -> the rota in force, <unit>@<version> -> each as it was put
//   named row "covers": <id> -> a cover
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/node.hpp"

namespace baton {

struct Shift {
  std::string person;
  std::string role;
  std::string name;  // "day", "night"; what rates are counted by.
  Instant from;
  Instant to;  // Exclusive.
};

struct Rota {
  std::string unit;
  std::uint32_t version = 0;  // Counts what was put for the unit, from 1.
  std::string changed_by;
  std::vector<Shift> shifts;
};

struct Cover {
  std::string id;
  std::string person;  // Who is away.
  std::string by;      // Who stands in: has their units, and their tasks by name.
  Instant from;
  Instant to;
  std::string reason;
  std::string entered_by;
};

[[nodiscard]] JsonText to_json(const Rota& rota);
[[nodiscard]] JsonText to_json(const Cover& cover);
// As they are stored and as a client writes them. Error: bad_field with the field; store_corrupt is the caller's to say.
[[nodiscard]] Result<Rota> read_rota(const JsonText& text);
[[nodiscard]] Result<Cover> read_cover(const JsonText& text);

class Roster {
 public:
  using Written = std::function<void(Status)>;

  // Borrows the node.
  explicit Roster(Node& node) : node_(node) {}
  // Reads what is in force. A row that cannot be read is left out and named in the log: it must not keep the server from
  // its work. Errors: the reader's.
  [[nodiscard]] Status load();

  [[nodiscard]] std::vector<std::string> units() const;
  [[nodiscard]] std::optional<Rota> rota(const std::string& unit) const;
  [[nodiscard]] std::vector<Cover> covers() const;
  [[nodiscard]] std::optional<Cover> cover(const std::string& id) const;

  // `expected`: the version that the caller has seen, 0 for none; another one is a conflict. The version is set here; the rider
  // and `put` are given the rota with it, as JSON.
  void put_rota(Rota rota, std::optional<std::uint32_t> expected, AuditRecord record, Answer put,
                const Rider& rider = {});
  // The rider is given the cover as JSON.
  void put_cover(Cover cover, AuditRecord record, Written written, const Rider& rider = {});
  void end_cover(const std::string& id, AuditRecord record, Written written);

  // Shifts that run at this moment, of one unit and role; "" is any.
  [[nodiscard]] std::vector<Shift> on_duty(const std::string& unit, const std::string& role, Instant at) const;
  // The name of the shift in which somebody is on duty; empty when no rota says.
  [[nodiscard]] std::string shift_of(const std::string& person, Instant at) const;
  // Whom somebody stands in for, and who is away.
  [[nodiscard]] std::vector<std::string> covered_by(const std::string& person, Instant at) const;
  [[nodiscard]] bool is_away(const std::string& person, Instant at) const;

 private:
  void write(std::vector<PutNamed> changes, AuditRecord record, std::function<void()> undo, Written written,
             Rider rider = {});

  Node& node_;
  std::mutex order_;  // Held over a change and its submit, so that the store sees changes in the order of memory.
  mutable std::mutex mutex_;
  std::map<std::string, Rota> rotas_;
  std::map<std::string, Cover> covers_;
};

}  // namespace baton
