// SPDX-License-Identifier: Apache-2.0
// The route table as data, and what runs around every handler.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/limits.hpp"
#include "http/request.hpp"
#include "http/responder.hpp"

namespace waxwing::http {

// Runs on a worker and must not block it: long work moves the responder elsewhere and answers
// later. An exception becomes a 500.
using Handler = std::function<void(Request&&, Responder&&)>;

struct RouteOptions {
  std::size_t body_limit_bytes = 1 * kMiB;
};

// One row of the table. `pattern` is segments after slashes; `{name}` stands for any one segment.
struct Route {
  std::string method;
  std::string pattern;
  Handler handler;
  RouteOptions options;
};

// What is known of a request when its answer leaves.
struct Exchange {
  std::string_view method;      // "" when the request could not be read so far
  std::string_view path;        // as received, without the query string
  std::string_view pattern;     // of the route; "" when none matched
  std::string_view request_id;  // "" like `method`
  std::string_view peer;
  std::size_t request_body_bytes = 0;
  std::chrono::steady_clock::duration elapsed{};  // since the first octet of the request
};

// Sees a request when its header is complete and before its body is read. False stops it: the
// filter has answered, or moved the responder away to answer later. [worker]
using Filter = std::function<bool(Request&, Responder&)>;
// Sees every answer on its way out, also those of the transport itself, and may change it: extra
// headers, request log, histograms. [worker]
using ResponseHook = std::function<void(const Exchange&, Response&)>;
// Answers OPTIONS for a path whose methods are `allow` ("GET, HEAD, POST"; "" when no route knows
// the path). Runs before the filters: a preflight carries no credentials. [worker]
using OptionsHandler = std::function<Response(const Request&, std::string_view allow)>;

// Filled before the server starts, read only from then on: no locks.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Code::Invalid for a malformed pattern, Code::Conflict for a second route of the same method and
  // shape.
  Status add(Route route);
  // In the order they run.
  void add_filter(Filter filter) { filters_.push_back(std::move(filter)); }
  void add_response_hook(ResponseHook hook) { hooks_.push_back(std::move(hook)); }
  // Without one: 204 with `Allow`.
  void set_options_handler(OptionsHandler handler) { options_ = std::move(handler); }

  // In the order of add(): for documents made from the table.
  [[nodiscard]] std::vector<const Route*> routes() const;

  struct Match {
    enum class Outcome { Found, UnknownPath, WrongMethod, BadEscape };
    Outcome outcome = Outcome::UnknownPath;
    const Route* route = nullptr;
    Request::Params params;
    std::string bad_segment;  // for BadEscape
  };
  // Fixed segments beat parameters; what does not lead to a route of that method is tried
  // otherwise. One trailing slash is ignored, an empty segment matches nothing. HEAD finds GET.
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;
  // Methods of every route that fits the path, for `Allow`; "" when there is none.
  [[nodiscard]] std::string allowed(std::string_view path) const;

  [[nodiscard]] const std::vector<Filter>& filters() const noexcept { return filters_; }
  [[nodiscard]] const std::vector<ResponseHook>& response_hooks() const noexcept { return hooks_; }
  [[nodiscard]] const OptionsHandler& options_handler() const noexcept { return options_; }

 private:
  struct Node;
  struct Search;

  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<Filter> filters_;
  std::vector<ResponseHook> hooks_;
  OptionsHandler options_;
};

}  // namespace waxwing::http
