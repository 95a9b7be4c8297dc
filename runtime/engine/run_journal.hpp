// The journal of an instance's current run, as it lies in memory, and a view of entries wherever they lie. An entry
// stays where it is while others are added behind it, so that a turn and a replay may hold on to one by reference.
#pragma once

#include <iterator>
#include <memory>
#include <vector>

#include "runtime/model/entry.hpp"

namespace baton {

class RunJournal {
 public:
  RunJournal() = default;
  explicit RunJournal(std::vector<Entry> entries) {
    entries_.reserve(entries.size());
    for (Entry& entry : entries) add(entry.at, std::move(entry.body));
  }

  // Valid as long as the journal, or another that was moved from it, has the entry.
  const Entry& add(Instant at, EntryBody&& body) {
    return *entries_.emplace_back(std::make_unique<const Entry>(at, std::move(body)));
  }

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const Entry& operator[](std::size_t place) const { return *entries_[place]; }
  [[nodiscard]] const Entry& front() const { return *entries_.front(); }

 private:
  std::vector<std::unique_ptr<const Entry>> entries_;
};

// Entries in order: of a run in memory, or of a list. Borrowed.
class EntriesView {
 public:
  EntriesView(const RunJournal& run) : run_(&run) {}             // NOLINT(google-explicit-constructor)
  EntriesView(const std::vector<Entry>& list) : list_(&list) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::size_t size() const { return run_ != nullptr ? run_->size() : list_->size(); }
  [[nodiscard]] const Entry& operator[](std::size_t place) const {
    return run_ != nullptr ? (*run_)[place] : (*list_)[place];
  }

 private:
  const RunJournal* run_ = nullptr;
  const std::vector<Entry>* list_ = nullptr;
};

}  // namespace baton
