// A case that is ended early: what is told to its script, and in which order what it did is undone.
#pragma once

#include "tests/engine/engine_fixture.hpp"

namespace baton {

class UndoFixture : public InstanceFixture {
 protected:
  void cancel();
  void cancel_incident();
  void resolve(IncidentAction action);
  [[nodiscard]] std::size_t open_incidents() const;
  // What the script has noted, in order: "bed, room".
  [[nodiscard]] std::string notes() const;
  // The one activity that is open, as of any name.
  [[nodiscard]] OperationSeq open_activity() const;
  void finish_open();
  void fail_open();
  // What `baton test` holds each journal against at the end of a test.
  void agrees();
  // A process that has forgotten everything comes to the same.
  void replays();
};

}  // namespace baton
