// The behaviour that instance and patient actors share: CAF's side of the turn loop. Handlers are thin; an exception that
// leaves one is our own bug, and ends the process rather than one actor whose turn may be in flight.
#pragma once

#include <optional>
#include <utility>

#include "actors/alarms.hpp"
#include "actors/caf.hpp"
#include "actors/commit_path.hpp"
#include "actors/messages.hpp"
#include "actors/router.hpp"
#include "actors/turn_loop.hpp"

namespace baton {

// What a deciding actor borrows from its node; outlives all actors.
struct ActorParts {
  Router& router;
  CommitPath& path;
  Alarms& alarms;
  const Clock& clock;
};

template <typename Subject>
struct DecidingState {
  std::optional<TurnLoop<Subject>> loop;
  Address address;
  ActorParts* parts = nullptr;
  Duration pause = kSecond;  // Before a message that failed is tried again; doubles up to a minute.
  bool pausing = false;
};

namespace deciding {

template <typename Self>
caf::actor handle_of(Self* self) {
  return caf::actor_cast<caf::actor>(caf::strong_actor_ptr{self->ctrl()});
}

template <typename Self>
void try_to_leave(Self* self) {
  auto& state = self->state;
  if (state.parts->router.try_leave(state.address, state.loop->taken())) self->quit();
}

template <typename Self>
void advance(Self* self) {
  auto& state = self->state;
  auto& loop = *state.loop;
  ActorParts& parts = *state.parts;
  auto prepared = loop.next(parts.clock.now(), parts.path);
  parts.router.report(state.address, loop.subject().memory());
  if (prepared) {
    parts.path.commit(std::move(prepared->turn), std::move(prepared->consumed),
                      [me = handle_of(self)] { caf::anon_send(me, TurnCommitted{}); });
    return;
  }
  if (loop.blocked() && !state.pausing) {
    state.pausing = true;
    parts.alarms.after(state.pause, [me = handle_of(self)] { caf::anon_send(me, TryAgain{}); });
    state.pause = std::min(Duration{state.pause.ms * 2}, kMinute);
  }
  if (!loop.busy() && loop.subject().over()) try_to_leave(self);
}

template <typename Self>
void make_room(Self* self, bool leave) {
  auto& state = self->state;
  if (state.loop->busy()) return;
  if (leave) return try_to_leave(self);
  state.loop->subject().cool_down();
  state.parts->router.report(state.address, state.loop->subject().memory());
}

}  // namespace deciding

// The behaviour of `Interface`, whose counted message is `Counted`.
template <typename Interface, typename Counted, typename Subject>
typename Interface::behavior_type deciding_behavior(
    typename Interface::template stateful_pointer<DecidingState<Subject>> self, Subject subject, ActorKind kind,
    std::string id, ActorParts* parts) {
  self->set_exception_handler([](std::exception_ptr&) -> caf::error {
    log::error("an actor's handler threw; the process ends and recovers");
    std::terminate();
  });
  self->state.loop.emplace(std::move(subject));
  self->state.address = Address{kind, std::move(id)};
  self->state.parts = parts;
  return {
      [self](Counted& counted) {
        self->state.loop->take(std::move(counted.message));
        deciding::advance(self);
      },
      [self](TurnCommitted&) {
        self->state.loop->committed();
        self->state.pause = kSecond;
        deciding::advance(self);
      },
      [self](MakeRoom& request) { deciding::make_room(self, request.leave); },
      [self](TryAgain&) {
        self->state.pausing = false;
        self->state.loop->try_again();
        deciding::advance(self);
      },
  };
}

}  // namespace baton
