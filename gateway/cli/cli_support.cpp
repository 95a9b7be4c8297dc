#include "gateway/cli/cli_support.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <sstream>

#include "gateway/cli/client_settings.hpp"
#include "gateway/config/client_variables.hpp"
#include "gateway/http/http_client.hpp"
#include "gateway/http/url_text.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

// The code of a problem as an Error of ours.
Error error_of(int status, const boost::json::value& problem) {
  Error error{ErrorCode::io_failed, "the server answered " + std::to_string(status), ""};
  const std::string code = field_text(problem, "code");
  for (int i = 0; i < kErrorCodes; ++i) {
    if (code_of(static_cast<ErrorCode>(i)) == code) error.code = static_cast<ErrorCode>(i);
  }
  if (const std::string detail = field_text(problem, "detail"); !detail.empty()) error.detail = detail;
  error.cure = field_text(problem, "cure");
  return error;
}

Exit exit_of(const Error& error) {
  if (error.code == ErrorCode::unreachable) return Exit::unreachable;
  switch (error.code) {  // What was asked for cannot be meant so, whoever found that: this program or the server.
    case ErrorCode::bad_config:
    case ErrorCode::bad_json:
    case ErrorCode::bad_field:
    case ErrorCode::bad_text:
    case ErrorCode::bad_query:
    case ErrorCode::bad_time:
    case ErrorCode::bad_cron:
    case ErrorCode::unknown_time_zone:
    case ErrorCode::bad_duration: return Exit::usage;
    default: break;
  }
  switch (http_status_of(error.code)) {
    case 404: return Exit::not_found;
    case 409: return Exit::conflict;
    default: return Exit::failed;
  }
}

boost::json::array items_of(const boost::json::value& answer) {
  const auto* found = answer.is_object() ? answer.as_object().if_contains("items") : nullptr;
  return found != nullptr && found->is_array() ? found->as_array() : boost::json::array();
}

// Of a failed TLS handshake somebody is there, but without TLS or with a certificate that this file does not know.
std::string cure_of_unreachable(const std::string& url, const std::string& detail) {
  const std::string name = "name the client.toml that its server wrote with --client or BATON_CLIENT";
  if (detail.find("TLS handshake") == detail.npos) return "start one with 'baton serve', or " + name;
  return name + "; if it speaks plain HTTP, its address is http" + url.substr(std::string_view("https").size());
}

// The server's answer, or what its problem says.
Result<std::string> send(const Cli& cli, const std::string& method, const std::string& path, const std::string& body,
                         const std::string& content_type) {
  static IoLoop loop;
  static std::map<std::string, std::shared_ptr<HttpClient>> clients;  // By the authority that they trust.
  const auto settings = client_settings(cli);
  if (!settings) return settings.error();
  std::shared_ptr<HttpClient>& client = clients[settings->ca];
  if (!client) {
    auto made =
        HttpClient::make(loop, {settings->ca, 512u << 20, 64, Duration{30'000}, !settings->ca.empty(), settings->name});
    if (!made) return std::move(made).error();
    client = std::move(*made);
  }
  HttpCall call{method, settings->url + path, {}, body, Duration{600'000}};
  if (!settings->key.empty()) call.headers.emplace_back("Authorization", "Bearer " + settings->key);
  if (!body.empty()) call.headers.emplace_back("Content-Type", content_type);
  const std::string subject = first_of(cli.subject, client_variables::kSubject);
  const std::string role = first_of(cli.role, client_variables::kRole);
  const std::string unit = first_of(cli.unit, client_variables::kUnit);
  if (!unit.empty()) call.headers.emplace_back("X-Baton-Unit", unit);
  if (!subject.empty()) call.headers.emplace_back("X-Baton-Subject", subject);
  if (!role.empty()) call.headers.emplace_back("X-Baton-Role", role);
  std::promise<Result<HttpAnswer>> answered;
  client->send(std::move(call), [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
  auto answer = answered.get_future().get();
  if (!answer) {
    Error error = std::move(answer).error();
    if (error.code == ErrorCode::unreachable) error.cure = cure_of_unreachable(settings->url, error.detail);
    return error;
  }
  if (answer->status < 400) return std::move(answer->body);
  const auto problem = parse_own_document(answer->body.empty() ? "{}" : answer->body);
  return error_of(answer->status, problem.ok() ? *problem : boost::json::value());
}

}  // namespace

Result<boost::json::value> call_api(const Cli& cli, const std::string& method, const std::string& path,
                                    const std::string& body, const std::string& content_type) {
  const auto answer = send(cli, method, path, body, content_type);
  if (!answer) return answer.error();
  auto value = parse_own_document(answer->empty() ? "{}" : *answer);
  if (!value) return Error{ErrorCode::io_failed, "the answer is not JSON", "is this a Baton server?"};
  return std::move(*value);
}

Result<std::string> fetch_bytes(const Cli& cli, const std::string& path) { return send(cli, "GET", path, "", ""); }

std::string segment(std::string_view text) { return percent_encode(text); }

int fail(const Cli& cli, const Error& error) {
  const std::string code(code_of(error.code));
  const std::string cure = error.cure.empty() ? "see docs/errors/" + code + ".md" : error.cure;
  if (cli.json) {
    const boost::json::object problem{{"error", code}, {"detail", error.detail}, {"cure", cure}};
    std::cerr << boost::json::serialize(problem) << "\n";
  } else {
    std::cerr << "baton: " << printable(error.detail) << " (" << code << ")\n  cure: " << printable(cure) << "\n";
  }
  return static_cast<int>(exit_of(error));
}

int usage_error(const Cli& cli, const std::string& what, const std::string& cure) {
  fail(cli, {ErrorCode::bad_field, what, cure});
  return static_cast<int>(Exit::usage);
}

int usage_error(const Cli& cli, const Error& error) { return usage_error(cli, error.detail, error.cure); }

void print_json(const boost::json::value& value) { std::cout << boost::json::serialize(value) << "\n"; }

int done(const Cli& cli, const boost::json::value& value, const std::string& sentence) {
  if (cli.json) {
    print_json(value);
  } else {
    std::cout << sentence << "\n";
  }
  return static_cast<int>(Exit::done);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  // Columns are as wide as what stands in them; UTF-8 continuation bytes take no room.
  const auto width = [](const std::string& text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
    return count;
  };
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    std::cout << line << "\n";
  }
}

std::string printable(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool is_c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;  // U+0080 to U+009F: commands in one character.
    if (byte == '\r') {
      plain += '\n';  // As HL7 ends its lines; alone it would have the next line write over this one.
    } else if (is_c1 || byte == 0x7f || (byte < 0x20 && byte != '\n' && byte != '\t')) {
      plain += "\xef\xbf\xbd";  // U+FFFD
      i += is_c1 ? 1 : 0;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string field_text(const boost::json::value& object, std::string_view name) {
  if (!object.is_object()) return {};
  const auto* value = object.as_object().if_contains({name.data(), name.size()});
  if (value == nullptr || value->is_null()) return {};
  if (const auto* text = value->if_string()) return printable(*text);
  if (const auto* failure = value->if_object(); failure && failure->contains("code") && failure->contains("message")) {
    return field_text(*value, "code") + " " + field_text(*value, "message");
  }
  const auto* list = value->if_array();
  const bool texts = list != nullptr && std::ranges::all_of(*list, [](const auto& each) { return each.is_string(); });
  if (!texts) return printable(boost::json::serialize(*value));
  std::string joined;
  for (const auto& each : *list) joined += (joined.empty() ? "" : ", ") + printable(each.as_string());
  return joined;
}

std::string short_time(const std::string& text) {
  if (text.size() < 16) return text;
  return text.substr(0, 10) + " " + text.substr(11, 5);
}

Result<std::string> read_input(const std::string& file) {
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
    return std::move(text).str();
  }
  std::ifstream input(file, std::ios::binary);
  std::error_code unknown;
  if (!input || std::filesystem::is_directory(file, unknown))
    return Error{ErrorCode::io_failed, "'" + file + "' cannot be read", "name a file that exists"};
  text << input.rdbuf();
  return std::move(text).str();
}

Result<std::string> json_argument(const std::string& argument) {
  if (argument.empty()) return std::string();
  std::string text = argument;
  if (argument == "-" || argument.front() == '@') {
    auto read = read_input(argument == "-" ? argument : argument.substr(1));
    if (!read) return read;
    text = std::move(*read);
    if (auto parsed = parse_json_document(text); !parsed) return std::move(parsed).error();
    return text;
  }
  if (parse_json_document(text).ok()) return text;
  if (text.front() == '{' || text.front() == '[') {
    return Error{ErrorCode::bad_json, "'" + text + "' is not valid JSON", "mind the shell's quotes, or use @file"};
  }
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

Result<std::uint64_t> number_argument(const std::string& flag, const std::string& text, std::uint64_t least,
                                      std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return number;
  const bool bounded = most != std::numeric_limits<std::int64_t>::max();
  return Error{ErrorCode::bad_field, flag + " '" + text + "' is no number that it takes",
               "give a whole number from " + std::to_string(least) + (bounded ? " to " + std::to_string(most) : " on")};
}

Result<boost::json::array> fetch_list(const Cli& cli, const std::string& path) {
  const auto answer = call_api(cli, "GET", path);
  if (!answer) return answer.error();
  return items_of(*answer);
}

Result<boost::json::array> fetch_items(const Cli& cli, const std::string& path_and_query, std::size_t limit) {
  boost::json::array items;
  std::string cursor;
  const char joint = path_and_query.find('?') == std::string::npos ? '?' : '&';
  while (items.size() < limit) {
    std::string path =
        path_and_query + joint + "limit=" + std::to_string(std::min<std::size_t>(limit - items.size(), 500));
    if (!cursor.empty()) path += "&cursor=" + segment(cursor);
    auto page = call_api(cli, "GET", path);
    if (!page) return std::move(page).error();
    for (auto& item : items_of(*page)) items.push_back(item);
    cursor = field_text(*page, "next");
    if (cursor.empty()) break;
  }
  if (!cursor.empty() && !cli.json) std::cerr << "baton: there are more; these are " << items.size() << "\n";
  return items;
}

}  // namespace baton
