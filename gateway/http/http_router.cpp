#include "gateway/http/http_router.hpp"

#include <algorithm>

#include "gateway/http/problem.hpp"
#include "gateway/net/nearest.hpp"

namespace baton {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

bool allows(const QueryRule& rule, std::string_view name) {
  if (rule.name.back() != '*') return rule.name == name;
  const std::string_view stem = std::string_view(rule.name).substr(0, rule.name.size() - 1);
  return name.size() > stem.size() && name.substr(0, stem.size()) == stem;
}

// A body that is packed would be read as garbage.
Status check_coding(const HttpRequest& request) {
  const std::string_view coding = request.header("Content-Encoding");
  if (coding.empty() || coding == "identity") return success();
  return Error{ErrorCode::unsupported_media_type,
               "a body in the coding '" + std::string(coding) + "' is not taken here",
               "send it as it is, without Content-Encoding"};
}

// A cursor may be: it is the first page's. So may what takes any name, such as a search attribute.
bool may_be_empty(const QueryRule& rule) { return rule.name.back() == '*' || rule.name == "cursor"; }

// Every parameter is one that the route has, and is there once: of two, neither may win unseen. One that says nothing is
// refused: whoever filters by a patient and has none must not be shown everybody.
Status check_query(const Route& route, const QueryParameters& query) {
  for (auto at = query.begin(); at != query.end(); ++at) {
    const std::string& name = at->first;
    const auto rule = std::ranges::find_if(route.query, [&](const QueryRule& each) { return allows(each, name); });
    if (rule == route.query.end()) {
      std::vector<std::string> names;
      for (const QueryRule& each : route.query) names.push_back(each.name);
      return Error{ErrorCode::bad_query, "there is no parameter '" + name + "' here", cure_by_nearest(name, names)};
    }
    if (std::any_of(query.begin(), at, [&](const auto& before) { return before.first == name; })) {
      return Error{ErrorCode::bad_query, "the parameter '" + name + "' is given more than once",
                   "give it once; where a list is taken, its values are separated by commas"};
    }
    if (at->second.empty() && !may_be_empty(*rule)) {
      return Error{ErrorCode::bad_query, "the parameter '" + name + "' is empty", "give it a value, or leave it out"};
    }
  }
  return success();
}

}  // namespace

const std::string& RoutedRequest::at(std::string_view name) const {
  for (const auto& [parameter, value] : path) {
    if (parameter == name) return value;
  }
  BATON_ASSERT(false);
  return path.front().second;
}

const std::string* RoutedRequest::find_query(std::string_view name) const {
  for (const auto& [parameter, value] : query) {
    if (parameter == name) return &value;
  }
  return nullptr;
}

void HttpRouter::add(Route route) {
  Node* node = &root_;
  for (const std::string_view segment : segments_of(route.path)) {
    auto& next = is_parameter(segment) ? node->any : node->literal[std::string(segment)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  for (const auto& [method, known] : node->methods) BATON_ASSERT(method != route.method);
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  node->methods.emplace_back(routes_.back()->method, routes_.back().get());
}

const HttpRouter::Node* HttpRouter::find(std::string_view path, std::vector<std::string>& values,
                                         Status& status) const {
  const Node* node = &root_;
  for (const std::string_view segment : segments_of(path)) {
    auto literal = node->literal.find(segment);
    if (literal != node->literal.end()) {
      node = literal->second.get();
      continue;
    }
    auto value = percent_decode(segment);  // RFC 3986, 6.2.2.2: an encoded letter is the letter.
    if (value.ok()) literal = node->literal.find(*value);
    if (literal != node->literal.end()) {
      node = literal->second.get();
      continue;
    }
    if (!node->any || segment.empty()) return nullptr;
    if (!value) {
      status = std::move(value).error();
      return nullptr;
    }
    values.push_back(std::move(*value));
    node = node->any.get();
  }
  return node->methods.empty() ? nullptr : node;
}

const Route* HttpRouter::find_route(const HttpRequest& request) const {
  std::vector<std::string> values;
  Status status = success();
  const Node* const node = find(request.path(), values, status);
  if (node == nullptr || !status) return nullptr;
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  for (const auto& [known, route] : node->methods) {
    if (known == method) return route;
  }
  return nullptr;
}

void HttpRouter::dispatch(HttpRequest request, Responder responder) const {
  std::vector<std::string> values;
  Status status = success();
  const Node* node = find(request.path(), values, status);
  if (!status) return responder.send(problem_of(status.error()));
  if (node == nullptr) {
    return responder.send(problem_of({ErrorCode::not_found, "this server has no such path", "see /openapi.json"}));
  }
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  const Route* route = nullptr;
  std::string allow;
  for (const auto& [known, candidate] : node->methods) {
    if (known == method) route = candidate;
    allow += (allow.empty() ? "" : ", ") + known;
  }
  if (route == nullptr) {
    auto problem = problem_of({ErrorCode::method_not_allowed, "this path takes " + allow, "see /openapi.json"});
    problem.headers.emplace_back("Allow", allow);
    return responder.send(std::move(problem));
  }
  if (Status coding = check_coding(request); !coding) return responder.send(problem_of(coding.error()));
  auto query = parse_query(request.query());
  if (!query) return responder.send(problem_of(query.error()));
  if (Status checked = check_query(*route, *query); !checked) return responder.send(problem_of(checked.error()));
  RoutedRequest routed;
  std::size_t next = 0;
  for (const std::string_view segment : segments_of(route->path)) {
    if (is_parameter(segment))
      routed.path.emplace_back(segment.substr(1, segment.size() - 2), std::move(values[next++]));
  }
  routed.query = std::move(*query);
  routed.http = std::move(request);
  if (guard_) return guard_(*route, std::move(routed), std::move(responder));
  route->handler(std::move(routed), std::move(responder));
}

}  // namespace baton
