// baton audit erase, and baton patient-keys: a person's data is erased by two people; the keys are renewed.
#include <boost/json.hpp>
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct EraseArguments {
  std::string patient, id, basis, reason;
};

int list(const Cli& cli) {
  const auto answer = call_api(cli, "GET", "/v1/erasures");
  if (!answer) return fail(cli, answer.error());
  const auto& items = answer->as_object().at("items").as_array();
  if (cli.json) {
    print_json(items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"ID", "STATE", "PATIENT", "BASIS", "REQUESTED", "BY", "DECIDED BY", "ERASED", "REASON"}};
  const auto subject = [](const boost::json::value& erasure, const char* name) {
    const auto* by = erasure.as_object().if_contains(name);
    return by == nullptr ? std::string() : field_text(*by, "subject");
  };
  for (const auto& item : items) {
    rows.push_back({field_text(item, "id"), field_text(item, "state"), field_text(item, "patient"),
                    field_text(item, "basis"), field_text(item, "requested_at"), subject(item, "requested_by"),
                    subject(item, "decided_by"), field_text(item, "erased_at"), field_text(item, "reason")});
  }
  print_table(rows);
  return 0;
}

int show(const Cli& cli, const EraseArguments& arguments) {
  const auto answer = call_api(cli, "GET", "/v1/erasures/" + segment(arguments.id));
  if (!answer) return fail(cli, answer.error());
  print_json(*answer);
  return 0;
}

int request(const Cli& cli, const EraseArguments& arguments) {
  JsonWriter body;
  body.begin_object().field("patient", arguments.patient).field("basis", arguments.basis);
  body.field("reason", arguments.reason).end_object();
  const auto answer = call_api(cli, "POST", "/v1/erasures", body.view());
  if (!answer) return fail(cli, answer.error());
  const std::string id = field_text(*answer, "id");
  return done(cli, *answer,
              id + " waits for somebody else's approval:\n  baton audit erase show " + id +
                  "\n  baton audit erase approve " + id + " --reason '...'");
}

int decide(const Cli& cli, const EraseArguments& arguments, const char* action) {
  JsonWriter body;
  body.begin_object().field("reason", arguments.reason).end_object();
  const auto answer = call_api(cli, "POST", "/v1/erasures/" + segment(arguments.id) + "/" + action, body.view());
  if (!answer) return fail(cli, answer.error());
  if (field_text(*answer, "state") != "erased") {
    return done(cli, *answer, arguments.id + " is " + field_text(*answer, "state"));
  }
  return done(
      cli, *answer,
      "erased: " + field_text(*answer, "keys") + " keys destroyed, " + field_text(*answer, "cases") + " cases, " +
          field_text(*answer, "events") + " events and " + field_text(*answer, "messages") +
          " messages are unreadable for good\n"
          "Copy the key store and the key-encryption key anew, and destroy their older copies: with both of these the "
          "data could be read again.");
}

int show_keys(const Cli& cli) {
  const auto answer = call_api(cli, "GET", "/v1/patient-keys");
  if (!answer) return fail(cli, answer.error());
  return done(
      cli, *answer,
      field_text(*answer, "keys") + " keys, generation " + field_text(*answer, "generation") + " of the key store");
}

int rotate(const Cli& cli, const EraseArguments& arguments) {
  JsonWriter body;
  body.begin_object().field("reason", arguments.reason).end_object();
  const auto answer = call_api(cli, "POST", "/v1/patient-keys/rotate", body.view());
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer,
              "the keys are renewed: generation " + field_text(*answer, "generation") +
                  " of the key store\nCopy it and the key-encryption key anew.");
}

}  // namespace

Verb audit_erase_verb(Cli& cli) {
  auto arguments = std::make_shared<EraseArguments>();
  const CliOption id{"id", "The erasure's id, as in the list", &arguments->id, true};
  const auto decision = [&](const char* name, const char* summary, const char* why, bool required) {
    return Verb{name,
                summary,
                "",
                {id, {"--reason", why, &arguments->reason, required}},
                [&cli, arguments, name] { return decide(cli, *arguments, name); },
                {},
                arguments};
  };
  return {
      "erase",
      "Erase a patient's data: one person asks, another approves",
      "  baton audit erase request p-1 --basis gdpr-17-1-b --reason 'consent withdrawn by letter of 3 May'\n"
      "  baton audit erase show ID\n  baton audit erase approve ID --reason 'checked with the records office'",
      {},
      nullptr,
      {{"list", "Erasures, and who decided them", "", {}, [&cli] { return list(cli); }, {}, arguments},
       {"show",
        "One erasure; before it is decided, what it would take",
        "",
        {id},
        [&cli, arguments] { return show(cli, *arguments); },
        {},
        arguments},
       {"request",
        "Ask that a patient's data be erased",
        "  baton audit erase request p-1 --basis gdpr-17-1-b --reason 'consent withdrawn by letter of 3 May'",
        {{"patient", "The patient's id", &arguments->patient, true},
         {"--basis", "The legal basis, as your house codes it; it is kept", &arguments->basis, true},
         {"--reason", "Why, without the person's name: it is kept", &arguments->reason, true}},
        [&cli, arguments] { return request(cli, *arguments); },
        {},
        arguments},
       decision("approve", "Erase; for somebody other than who asked. It cannot be undone", "Why; it is kept", true),
       decision("refuse", "Decide that the data stays", "Why; it is kept", true),
       decision("resume", "Go on with one that waits for a case", "Nothing is asked here", false)},
      arguments};
}

Verb patient_keys_verb(Cli& cli) {
  auto arguments = std::make_shared<EraseArguments>();
  return {"patient-keys",
          "The keys that seal patients' data: count them, renew what opens them",
          "  baton patient-keys rotate --reason 'yearly'",
          {},
          nullptr,
          {{"show", "How many there are", "", {}, [&cli] { return show_keys(cli); }, {}, arguments},
           {"rotate",
            "Renew the key-encryption key and the key store's main key; everything goes on meanwhile",
            "  baton patient-keys rotate --reason 'somebody left who had access'",
            {{"--reason", "Why; it is recorded", &arguments->reason, true}},
            [&cli, arguments] { return rotate(cli, *arguments); },
            {},
            arguments}},
          arguments};
}

}  // namespace baton
