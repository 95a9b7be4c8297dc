#include "gateway/downtime/downtime_page.hpp"

#include "runtime/base/sha256.hpp"
#include "runtime/engine/why_words.hpp"
#include "runtime/model/time/local_time.hpp"

namespace baton {
namespace {

constexpr const char* kStyle = R"css(
body{font:16px/1.4 system-ui,sans-serif;margin:1.5rem;color:#111;background:#fff}
h1{font-size:1.5rem;margin:0 0 .25rem}p{margin:.25rem 0 .75rem;max-width:60rem}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #767676;padding:.4rem .5rem;text-align:left;vertical-align:top}
thead{display:table-header-group}tr{break-inside:avoid}th{background:#eee}
.late{font-weight:700}.late td:first-child{border-left:.4rem solid #a40000}.small{font-size:.85rem;color:#333}
td:nth-child(2),td:last-child{overflow-wrap:anywhere}td:first-child,td:last-child{min-width:5.5rem}td:nth-child(2),td:nth-child(3),td:nth-child(4){min-width:8rem}
.write{min-width:11rem}.line{display:block;border-bottom:1px solid #767676;height:1.3rem}
@media print{body{margin:0;font-size:11px}a{color:inherit;text-decoration:none}@page{size:A4 landscape;margin:10mm}}
)css";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&': html += "&amp;"; break;
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '"': html += "&quot;"; break;
      default: html.push_back(c);
    }
  }
  return html;
}

std::string local(Instant at, const TimeZone& zone) {
  std::string text = format_local_time(zone.to_local(at)).substr(0, 16);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string unit_name(const std::string& unit) { return unit.empty() ? "Cases without a unit" : unit; }

std::string head(const std::string& title) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
         "<title>" +
         escaped(title) + "</title><style>" + kStyle + "</style></head>\n<body>\n";
}

std::string row(const DowntimeTask& task, Instant written, const TimeZone& zone) {
  const bool late = task.due && *task.due <= written;
  std::string html = late ? "<tr class=\"late\"><td>" : "<tr><td>";
  html += task.due ? escaped(local(*task.due, zone)) : std::string("no time");
  if (late) html += "<br>late by " + words::length(written - *task.due);
  if (task.on_hold) html += "<br>on hold";
  html += "</td><td>" + escaped(task.patient) + "<br><span class=\"small\">" + escaped(task.title) +
          "</span></td><td>" + escaped(words::plain(task.name)) + "<br><span class=\"small\">" + escaped(task.why) +
          "</span></td><td>" + escaped(task.owner) + "</td><td>" + escaped(words::list(task.outcomes));
  if (!task.then.empty()) html += "<br><span class=\"small\">" + escaped(task.then) + "</span>";
  html +=
      "</td><td class=\"write\"><span class=\"small\">what</span><span class=\"line\"></span>"
      "<span class=\"small\">when, by whom</span><span class=\"line\"></span></td><td class=\"small\">" +
      escaped(task.id) + "</td></tr>\n";
  return html;
}

}  // namespace

std::string downtime_file(const std::string& unit) {
  std::string slug;
  for (const char c : unit) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (letter) slug.push_back(c);
    if (capital) slug.push_back(static_cast<char>(c + 32));
    if (!letter && !capital && !slug.empty() && slug.back() != '-') slug.push_back('-');
    if (slug.size() >= 40) break;
  }
  return "baton-downtime-" + (slug.empty() ? std::string("none") : slug) + "-" + to_hex(sha256(unit)).substr(0, 8) +
         ".html";
}

std::string downtime_page(const DowntimeUnit& unit, Instant written, const TimeZone& zone) {
  std::string html = head("Downtime board: " + unit_name(unit.unit));
  html += "<h1>" + escaped(unit_name(unit.unit)) + ": what is open</h1>\n<p>Written " + escaped(local(written, zone)) +
          " (" + escaped(zone.name()) +
          "). Baton writes this page anew each minute: when it is older than five minutes, the server or "
          "the network is down, and it shows how things stood then. " +
          std::to_string(unit.open_cases) +
          " cases are open.</p>\n<p>Write down what you do and when. Once Baton is back it is "
          "entered with that time and kept as recorded late: in the task, or <code>baton tasks decide TASK OUTCOME "
          "--occurred-at TIME</code>.</p>\n";
  if (unit.tasks.empty()) return html + "<p><strong>No task is open.</strong></p>\n</body></html>\n";
  html +=
      "<table><thead><tr><th>Due</th><th>Patient, case</th><th>Task</th><th>Owed by</th><th>Next step</th>"
      "<th>Done during the downtime</th><th>Task id</th></tr></thead>\n<tbody>\n";
  for (const DowntimeTask& task : unit.tasks) html += row(task, written, zone);
  html += "</tbody></table>\n";
  if (unit.more)
    html +=
        "<p><strong>There are more tasks than this page has room for: those that are due first are "
        "here.</strong></p>\n";
  return html + "</body></html>\n";
}

std::string downtime_index(const std::vector<DowntimeLink>& links, Instant written, const TimeZone& zone) {
  std::string html = head("Downtime board");
  html += "<h1>Downtime board</h1>\n<p>Written " + escaped(local(written, zone)) + " (" + escaped(zone.name()) +
          ").</p>\n<table><thead><tr><th>Unit</th><th>Open tasks</th><th>Late</th></tr></thead><tbody>\n";
  for (const DowntimeLink& link : links) {
    html += "<tr><td><a href=\"" + escaped(link.file) + "\">" + escaped(unit_name(link.unit)) + "</a></td><td>" +
            std::to_string(link.tasks) + "</td><td>" + std::to_string(link.late) + "</td></tr>\n";
  }
  return html + "</tbody></table>\n</body></html>\n";
}

}  // namespace baton
