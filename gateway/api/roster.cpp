// /v1/rotas and /v1/covers: who is on duty when, and who stands in for whom.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "gateway/api/recorded_read.hpp"
#include "gateway/auth/caller.hpp"
#include "gateway/auth/secret.hpp"

namespace baton {
namespace {

using Shared = std::shared_ptr<Responder>;

AuditRecord record_of(const HttpRequest& request, std::string_view action, const std::string& object,
                      std::string outcome) {
  AuditRecord record;
  record.action = action;
  record.by = principal_of(request);
  record.object = object;
  record.outcome = std::move(outcome);
  return record;
}

template <int status>
void shown(const Shared& then, Result<JsonText> answer) {
  if (!answer) return send_error(*then, answer.error());
  send_json(*then, status, std::move(*answer));
}

void list_rotas(ApiContext& context, RoutedRequest, Responder responder) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const std::string& unit : context.roster.units()) {
    if (const auto rota = context.roster.rota(unit)) writer.value(to_json(*rota));
  }
  writer.end_array().end_object();
  send_json(responder, 200, std::move(writer).take());
}

void get_rota(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string unit = request.at("unit");
  const std::string version = text_of_query(request, "version");
  if (version.empty()) {
    const auto rota = context.roster.rota(unit);
    if (!rota) return send_error(responder, {ErrorCode::not_found, "unit '" + unit + "' has no rota", "put one"});
    return send_json(responder, 200, to_json(*rota));
  }
  read_and_send(context, std::move(responder), [unit, version](const StoreReader& reader) -> Result<JsonText> {
    const auto text = reader.named("rotas", unit + "@" + version);
    if (!text.ok()) return text.error();
    if (!*text)
      return Error{ErrorCode::not_found, "unit '" + unit + "' has no rota of version " + version,
                   "GET the rota in force"};
    return **text;
  });
}

// Whoever does not see every unit says who is on duty in their own alone.
Status check_own_unit(const HttpRequest& http, const std::string& unit) {
  if (http.caller == nullptr || http.caller->may("task.every_unit")) return success();
  if (std::ranges::find(http.caller->units, unit) != http.caller->units.end()) return success();
  return Error{ErrorCode::wrong_unit, "unit '" + unit + "' is another's", "have somebody of that unit enter it"};
}

// A cover opens the units of whom it is for: also of whoever gets an account of that name while it lasts. Of the provider's people
// no units are known here, and it opens none.
Status check_cover(const FrontDoor& door, const HttpRequest& http, const std::string& person) {
  const auto away = door.people.user(person);
  if (!away) {
    if (door.provider || http.caller == nullptr || http.caller->may("task.every_unit")) return success();
    return Error{ErrorCode::wrong_unit, "nobody here is called '" + person + "'", "see GET /v1/users"};
  }
  for (const std::string& unit : away->units) {
    if (Status own = check_own_unit(http, unit); !own) return own;
  }
  return success();
}

// Whoever was refused for who they are stands in the ledger.
void refuse(ApiContext& context, const char* operation, const RoutedRequest& request, Responder responder,
            const Error& error) {
  context.door.access.refuse(principal_of(request.http), operation, request, std::move(responder), error);
}

void put_rota(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string unit = request.at("unit");
  if (Status status = check_name("unit", unit); !status) return send_error(responder, status.error());
  if (Status own = check_own_unit(request.http, unit); !own) {
    return refuse(context, "putRota", request, std::move(responder), own.error());
  }
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  auto rota = read_rota(boost::json::serialize(*body));
  if (!rota) return send_error(responder, rota.error());
  const auto expected = body->contains("version") ? std::optional(rota->version) : std::nullopt;
  rota->unit = unit;
  rota->changed_by = principal_of(request.http).subject;
  AuditRecord record =
      record_of(request.http, action::kRotaChanged, unit, std::to_string(rota->shifts.size()) + " shifts");
  record.after = to_json(*rota);
  auto keyed = begin_keyed(context, request, std::move(responder), 200, &shown<200>);
  if (keyed) context.roster.put_rota(*rota, expected, std::move(record), std::move(keyed->answer), keyed->rider);
}

void on_duty(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto at = instant_of_query(request, "at");
  if (!at) return send_error(responder, at.error());
  Rota now;
  now.unit = text_of_query(request, "unit");
  now.shifts = context.roster.on_duty(now.unit, text_of_query(request, "role"), at->value_or(context.node.now()));
  send_json(responder, 200, to_json(now));
}

void list_covers(ApiContext& context, RoutedRequest, Responder responder) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const Cover& cover : context.roster.covers()) writer.value(to_json(cover));
  writer.end_array().end_object();
  send_json(responder, 200, std::move(writer).take());
}

void add_cover(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  auto cover = read_cover(boost::json::serialize(*body));
  if (!cover) return send_error(responder, cover.error());
  if (Status own = check_cover(context.door, request.http, cover->person); !own) {
    return refuse(context, "addCover", request, std::move(responder), own.error());
  }
  cover->id = random_token(9);
  cover->entered_by = principal_of(request.http).subject;
  AuditRecord record = record_of(request.http, action::kCoverChanged, cover->id, "begun");
  record.reason = cover->reason;
  record.after = to_json(*cover);
  auto keyed = begin_keyed(context, request, std::move(responder), 201, &shown<201>);
  if (!keyed) return;
  context.roster.put_cover(
      *cover, std::move(record),
      [json = to_json(*cover), answer = std::move(keyed->answer)](const Status& status) {
        answer(status.ok() ? Result<JsonText>(json) : Result<JsonText>(status.error()));
      },
      std::move(keyed->rider));
}

void end_cover(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string id = request.at("id");
  for (const Cover& cover : context.roster.covers()) {
    if (cover.id != id) continue;
    if (Status own = check_cover(context.door, request.http, cover.person); !own) {
      return refuse(context, "endCover", request, std::move(responder), own.error());
    }
  }
  context.roster.end_cover(id, record_of(request.http, action::kCoverChanged, id, "ended"),
                           [then = std::make_shared<Responder>(std::move(responder))](const Status& status) {
                             if (!status) return send_error(*then, status.error());
                             send_json(*then, 200, "{}");
                           });
}

}  // namespace

void add_roster_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET",
              "/v1/rotas",
              "listRotas",
              "The rotas in force, of all units.",
              {},
              "",
              "RotaList",
              200,
              bind(list_rotas)});
  router.add({"GET",
              "/v1/rotas/{unit}",
              "getRota",
              "A unit's rota: the one in force, or an earlier version.",
              {{"version", "Which; the one in force if absent."}},
              "",
              "Rota",
              200,
              bind(get_rota)});
  router.add({"PUT",
              "/v1/rotas/{unit}",
              "putRota",
              "Put a unit's rota, as a new version. With version, only over that one.",
              {},
              "Rota",
              "Rota",
              200,
              bind(put_rota)});
  router.add({"GET",
              "/v1/on-duty",
              "getOnDuty",
              "Who is on duty, now or at a time.",
              {{"unit", "Of this unit; of all if absent."}, {"role", "In this role."}, {"at", "At this time."}},
              "",
              "Rota",
              200,
              bind(on_duty)});
  router.add(
      {"GET", "/v1/covers", "listCovers", "Who stands in for whom.", {}, "", "CoverList", 200, bind(list_covers)});
  router.add(
      {"POST",
       "/v1/covers",
       "addCover",
       "Enter that somebody stands in for somebody else: they get their units and their tasks by name meanwhile.",
       {},
       "Cover",
       "Cover",
       201,
       bind(add_cover)});
  router.add({"DELETE",
              "/v1/covers/{id}",
              "endCover",
              "End a cover before its time.",
              {},
              "",
              "Nothing",
              200,
              bind(end_cover)});
}

}  // namespace baton
