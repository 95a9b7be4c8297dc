// Persons whose record is on its way to the disk. Messages name the numbers of one person in different orders; until there is a
// record under one of them, all mean the person whom the first message has chosen. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"

namespace baton {

class PersonsInFlight {
 public:
  // What one message has chosen. To be kept until the record can be read, or will never be written.
  class Hold {
   public:
    explicit Hold(PersonsInFlight& persons) : persons_(persons) {}
    ~Hold() { persons_.let_go(ids_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    friend class PersonsInFlight;
    PersonsInFlight& persons_;
    std::vector<std::string> ids_;
  };

  // Whom `stored` finds, which is called under a lock and gives "" for nobody; else who is on the way under one of these ids;
  // else the first of them. Errors: those of `stored`. Precondition: there is an id.
  [[nodiscard]] Result<std::string> choose(const std::vector<std::string>& ids,
                                           const std::function<Result<std::string>()>& stored, Hold& hold) {
    const std::lock_guard lock(mutex_);
    auto person = stored();
    if (!person.ok() || !person->empty()) return person;
    *person = ids.front();
    for (const std::string& id : ids) {
      const auto found = coming_.find(id);
      if (found == coming_.end()) continue;
      *person = found->second.person;
      break;
    }
    for (const std::string& id : ids) {
      ++coming_.try_emplace(id, Coming{*person, 0}).first->second.messages;
      hold.ids_.push_back(id);
    }
    return person;
  }

 private:
  void let_go(const std::vector<std::string>& ids) {
    const std::lock_guard lock(mutex_);
    for (const std::string& id : ids) {
      const auto found = coming_.find(id);
      if (--found->second.messages == 0) coming_.erase(found);
    }
  }

  struct Coming {
    std::string person;
    std::size_t messages = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Coming> coming_;
};

}  // namespace baton
