// The behaviour that instance and patient actors share: CAF's side of the turn loop. Handlers are thin; an exception that
// leaves one is our own bug, and ends the process rather than one actor whose turn may be in flight.
#pragma once

#include <atomic>
#include <memory>
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

// Where an actor's turn is, as actor and committer tell each other. Most turns end while nothing waits for the actor:
// then no message need tell it so, and it sees for itself when the next one comes.
enum class Flight {
  landed,   // None is in flight: the last one is durable.
  aloft,    // On its way; nobody waits for the end.
  awaited,  // On its way; the actor wants TurnCommitted.
};

template <typename Subject>
struct DecidingState {
  std::optional<TurnLoop<Subject>> loop;
  Address address;
  ActorParts* parts = nullptr;
  Duration pause = kSecond;  // Before a message that failed is tried again; doubles up to a minute.
  bool pausing = false;
  std::size_t reported = 0;  // Bytes, as the router last heard.
  bool owes_report = false;  // It has asked, and waits for an answer.
  // Shared with the committer, which may come to it when the actor is gone.
  std::shared_ptr<std::atomic<Flight>> flight = std::make_shared<std::atomic<Flight>>(Flight::landed);
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

// True when no turn is in flight any more. Otherwise TurnCommitted will come.
template <typename Self>
bool landed(Self* self) {
  auto& state = self->state;
  if (!state.loop->in_flight()) return true;
  Flight seen = Flight::aloft;
  state.flight->compare_exchange_strong(seen, Flight::awaited, std::memory_order_acq_rel);
  if (seen != Flight::landed) return false;
  state.loop->committed();
  state.pause = kSecond;
  return true;
}

// Small changes of what the actor holds are not worth the router's lock.
template <typename Self>
void report(Self* self) {
  auto& state = self->state;
  const std::size_t memory = state.loop->subject().memory();
  const std::size_t change = memory > state.reported ? memory - state.reported : state.reported - memory;
  if (change <= state.reported / 8 && !state.owes_report) return;
  state.reported = memory;
  state.owes_report = false;
  state.parts->router.report(state.address, memory);
}

template <typename Self>
void commit(Self* self, PreparedTurn prepared) {
  auto& state = self->state;
  // One that is over leaves as soon as its last turn is durable.
  state.flight->store(state.loop->subject().over() ? Flight::awaited : Flight::aloft, std::memory_order_release);
  state.parts->path.commit(
      std::move(prepared.turn), std::move(prepared.consumed),
      [me = handle_of(self), flight = state.flight] {
        const Flight was = flight->exchange(Flight::landed, std::memory_order_acq_rel);
        if (was == Flight::awaited) caf::anon_send(me, TurnCommitted{});
      },
      Reached::durable);
}

template <typename Self>
void advance(Self* self) {
  if (!landed(self)) return;
  auto& state = self->state;
  auto& loop = *state.loop;
  ActorParts& parts = *state.parts;
  auto prepared = loop.next(parts.clock.now(), parts.path);
  report(self);
  if (prepared) return commit(self, std::move(*prepared));
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
  state.owes_report = true;
  if (!landed(self) || state.loop->busy()) return;
  if (leave) return try_to_leave(self);
  state.loop->subject().cool_down();
  report(self);
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
      [self](TurnCommitted&) { deciding::advance(self); },
      [self](MakeRoom& request) { deciding::make_room(self, request.leave); },
      [self](TryAgain&) {
        self->state.pausing = false;
        self->state.loop->try_again();
        deciding::advance(self);
      },
  };
}

}  // namespace baton
