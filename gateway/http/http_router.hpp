// Finds the handler of a request by method and path. Routes are added once, before the first request; then immutable and
// thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/http_server.hpp"
#include "gateway/http/url_text.hpp"

namespace baton {

// A request whose path and query are understood.
struct RoutedRequest {
  HttpRequest http;
  std::vector<std::pair<std::string_view, std::string>> path;  // Names are the route's, and live as long as it does.
  QueryParameters query;

  // A path parameter. Precondition: the route has it.
  [[nodiscard]] const std::string& at(std::string_view name) const;
  // The first query parameter of a name, or null.
  [[nodiscard]] const std::string* find_query(std::string_view name) const;
};

using RouteHandler = std::function<void(RoutedRequest, Responder)>;

// What a query parameter is for, as the API's document says it. A name that ends in '*' takes any ending.
struct QueryRule {
  std::string name;
  std::string description;
};

struct Route {
  std::string method;
  std::string path;       // "/v1/instances/{id}/signals/{name}"
  std::string operation;  // Unique name in the API's document; "" for what is no part of the API.
  std::string summary;
  std::vector<QueryRule> query;  // Any other parameter is refused with bad_query.
  std::string body;              // Schema of the JSON body; "" takes none; a media type for bodies that are not JSON.
  std::string answer;            // Schema of the answer, or its media types, with ", " between.
  int status = 200;
  RouteHandler handler;
};

// Stands before every handler, and calls it or answers itself.
using RouteGuard = std::function<void(const Route&, RoutedRequest, Responder)>;

class HttpRouter {
 public:
  // Before the first request. Without one, requests go to their handlers as they are.
  void set_guard(RouteGuard guard) { guard_ = std::move(guard); }
  // Precondition: no route has the same method and path.
  void add(Route route);
  // Calls the route's handler, or answers not_found, method_not_allowed (with Allow), bad_text or bad_query.
  void dispatch(HttpRequest request, Responder responder) const;
  // The route that dispatch() would call; null where it would refuse the path or the method.
  [[nodiscard]] const Route* find_route(const HttpRequest& request) const;
  [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
    std::unique_ptr<Node> any;
    std::vector<std::pair<std::string, const Route*>> methods;
  };
  [[nodiscard]] const Node* find(std::string_view path, std::vector<std::string>& values, Status& status) const;

  Node root_;
  RouteGuard guard_;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace baton
