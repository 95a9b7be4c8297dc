// baton messages, baton send: input from outside, and its quarantine.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "gateway/config/config.hpp"
#include "gateway/mllp/mllp_client.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/clinical/hl7_ack.hpp"
#include "runtime/clinical/hl7_batch.hpp"
#include "runtime/clinical/hl7_message.hpp"

namespace baton {
namespace {

struct MessageArguments {
  std::string state = "quarantined", source, id, edited, reason;
};

std::string path_of(const MessageArguments& arguments) {
  return "/v1/messages/" + segment(arguments.source) + "/" + segment(arguments.id);
}

int list(const Cli& cli, const MessageArguments& arguments) {
  const auto items = fetch_items(cli, "/v1/messages?state=" + segment(arguments.state), 1000);
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"SOURCE", "ID", "FORMAT", "RECEIVED", "CODE", "REASON"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "source"), field_text(item, "message_id"), field_text(item, "format"),
                    short_time(field_text(item, "received_at")), field_text(item, "reason_code"),
                    field_text(item, "reason")});
  }
  print_table(rows);
  return 0;
}

int show(const Cli& cli, const MessageArguments& arguments) {
  const auto message = call_api(cli, "GET", path_of(arguments));
  if (!message) return fail(cli, message.error());
  if (cli.json) {
    print_json(*message);
    return 0;
  }
  std::cout << field_text(*message, "state") << "  " << field_text(*message, "reason_code") << " "
            << field_text(*message, "reason") << "\n\n"
            << field_text(*message, "raw") << "\n";
  return 0;
}

int act(const Cli& cli, const std::string& action, const MessageArguments& arguments) {
  JsonWriter writer;
  writer.begin_object().optional_field("reason", arguments.reason);
  if (!arguments.edited.empty()) {
    const auto text = read_input(arguments.edited);
    if (!text) return fail(cli, text.error());
    writer.field("edited", *text);
  }
  writer.end_object();
  const auto answer = call_api(cli, "POST", path_of(arguments) + "/" + action, writer.view());
  if (!answer) return fail(cli, answer.error());
  const std::string state = field_text(*answer, "state");
  if (state != "quarantined") return done(cli, *answer, action + ": " + state);
  done(cli, *answer,
       action + ": still quarantined, " + field_text(*answer, "reason_code") + " " + field_text(*answer, "reason"));
  return static_cast<int>(Exit::failed);
}

struct SendArguments {
  std::string file, to;
};

// Editors end lines with LF; on the wire a segment ends with CR.
std::string with_segment_ends(std::string text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') {
      out.push_back(text[i]);
    } else if (i == 0 || text[i - 1] != '\r') {
      out.push_back('\r');
    }
  }
  return out;
}

// Every message of the file, one after the other, each after the answer to the one before.
int send_hl7(const Cli& cli, const SendArguments& arguments) {
  auto text = read_input(arguments.file);
  if (!text) return fail(cli, text.error());
  *text = with_segment_ends(std::move(*text));
  const auto batch = split_hl7_batch(*text);
  if (!batch) return fail(cli, batch.error());
  const auto endpoint = parse_endpoint(arguments.to.empty() ? "127.0.0.1:2575" : arguments.to);
  if (!endpoint) return usage_error(cli, endpoint.error().detail, endpoint.error().cure);
  IoLoop loop;
  auto client = MllpClient::connect(loop, endpoint->host, endpoint->port);
  if (!client) return fail(cli, client.error());
  std::size_t accepted = 0, refused = 0;
  for (const std::string_view message : batch->messages) {
    const auto answer = (*client)->send_and_wait(std::string(message));
    if (!answer) return fail(cli, answer.error());
    const auto parsed = Hl7Message::parse(*answer);
    const auto ack = parsed ? read_ack(*parsed) : Result<Hl7Ack>(parsed.error());
    const bool taken = ack.ok() && is_accept(ack->code);
    ++(taken ? accepted : refused);
    if (cli.json) {
      boost::json::object line{{"code", ack.ok() ? std::string(to_text(ack->code)) : ""}};
      if (is_valid_utf8(*answer)) {
        line["ack"] = *answer;
      } else {  // In the sender's bytes, which JSON cannot hold.
        line["ack_base64"] = encode_base64(*answer);
      }
      if (ack.ok()) line["control_id"] = ack->control_id;
      print_json(line);
    } else if (!taken) {
      std::cout << (ack.ok() ? std::string(to_text(ack->code)) + " " + ack->control_id + " " + ack->text : *answer)
                << "\n";
    }
  }
  if (!cli.json) std::cout << accepted << " accepted, " << refused << " refused\n";
  return refused == 0 ? 0 : static_cast<int>(Exit::failed);
}

}  // namespace

Verb messages_verb(Cli& cli) {
  auto arguments = std::make_shared<MessageArguments>();
  const CliOption source{"source", "The sender, as the list shows it", &arguments->source, true};
  const CliOption id{"id", "Its id there", &arguments->id, true};
  const CliOption reason{"--reason", "Why", &arguments->reason};
  return {"messages",
          "List what came in and could not be understood, and deal with it",
          "  baton messages\n  baton messages show ADT1 12345\n  baton messages replay ADT1 12345 --edited mended.hl7 "
          "--reason 'fixed date'",
          {{"--state", "quarantined, accepted or discarded; quarantined if not given", &arguments->state}},
          [&cli, arguments] { return list(cli, *arguments); },
          {{"show",
            "Show one message as it came",
            "",
            {source, id},
            [&cli, arguments] { return show(cli, *arguments); },
            {},
            arguments},
           {"replay",
            "Map it again, perhaps edited",
            "",
            {source, id, {"--edited", "File with the mended message", &arguments->edited}, reason},
            [&cli, arguments] { return act(cli, "replay", *arguments); },
            {},
            arguments},
           {"discard",
            "Give it up",
            "",
            {source, id, {"--reason", "Why", &arguments->reason, true}},
            [&cli, arguments] { return act(cli, "discard", *arguments); },
            {},
            arguments}},
          arguments};
}

Verb send_verb(Cli& cli) {
  auto arguments = std::make_shared<SendArguments>();
  return {"send",
          "Send messages to a server",
          "  baton send hl7 adt.hl7 --to 127.0.0.1:2575",
          {},
          nullptr,
          {{"hl7",
            "Send the HL7 v2 messages of a file over MLLP, and show how they are acknowledged",
            "  baton send hl7 adt.hl7 --to 127.0.0.1:2575\n  cat adt.hl7 | baton send hl7 - --json",
            {{"file", "File with messages, or - for standard input", &arguments->file, true},
             {"--to", "host:port; 127.0.0.1:2575 if not given", &arguments->to}},
            [&cli, arguments] { return send_hl7(cli, *arguments); },
            {},
            arguments}},
          arguments};
}

}  // namespace baton
