// SPDX-License-Identifier: Apache-2.0
// Mounting the table: keys, CORS, log and metrics in one place.
#include "api/api.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "config/config.hpp"

namespace waxwing::api {
namespace {

constexpr std::string_view kAllowedMethods = "GET,HEAD,PUT,PATCH,POST,DELETE";

http::Response unauthorized() {
  return http::error_response(401);
}

http::Response ask_for_password() {
  http::Response response = unauthorized();
  response.header("WWW-Authenticate", "Basic realm=\"Waxwing\"");
  return response;
}

// Rows by what the router hands to handlers and filters: the pattern and the method.
struct Table {
  std::vector<Row> rows;
  Auth auth;
  const config::Config& config;

  [[nodiscard]] bool page_ok(const http::Request& request, std::string_view pattern) const {
    if (pattern == config.metrics.path) {
      return basic_auth_ok(request, config.metrics.username, config.metrics.password);
    }
    const auto opens = [&request](const auto& page) {
      return page.no_password || basic_auth_ok(request, page.username, page.password);
    };
    return pattern.starts_with(kDashboardPath) ? opens(config.dashboard) : opens(config.swagger);
  }
};

bool under_key(std::string_view path) {
  return path.starts_with("/api/") || path == "/api" || path.starts_with("/health");
}

// Keys are checked before a body is read: who has none cannot make us read one.
http::Filter key_filter(std::shared_ptr<const Table> table) {
  return [table = std::move(table)](http::Request& request, http::Responder& responder) {
    if (!under_key(request.path())) {
      return true;
    }
    if (!table->auth.identify(request).has_value()) {
      responder.send(unauthorized());
      return false;
    }
    return true;
  };
}

http::Handler wrap(const Context& context, std::shared_ptr<const Table> table, const Row& row) {
  return [&context, table = std::move(table), &row](http::Request&& request,
                                                    http::Responder&& responder) {
    Call call{std::move(request), std::move(responder), Identity{}, &row};
    if (row.access == Access::Page) {
      if (!table->page_ok(call.request, row.pattern)) {
        call.send(ask_for_password());
        return;
      }
    } else if (row.access != Access::Public) {
      auto who = table->auth.identify(call.request);
      call.known = who.has_value();
      if (!call.known && row.access != Access::Socket) {
        call.send(unauthorized());
        return;
      }
      call.who = who.has_value() ? std::move(*who) : Identity{false, {}, {}};
      call.request.erase_query(kKeyName);
      const bool names_later = !row.operation.empty() && !row.session_in_path();
      if (call.known && !names_later && call.refused(row.access, call.request.param("session"))) {
        return;
      }
    }
    row.handler(context, std::move(call));
  };
}

void add_cors(http::Response& response) {
  response.header("Access-Control-Allow-Origin", "*");
  response.header("Access-Control-Expose-Headers", "traceparent,tracestate");
}

http::Response preflight(const http::Request& request) {
  http::Response response = http::Response::empty(204);
  response.header("Access-Control-Allow-Methods", std::string(kAllowedMethods));
  if (const auto wanted = request.header("access-control-request-headers")) {
    response.header("Access-Control-Allow-Headers", std::string(*wanted));
    response.header("Vary", "Access-Control-Request-Headers");
  }
  return response;
}

http::ResponseHook observe(const Context& context) {
  auto& seconds = context.metrics.histogram("http_request_duration_seconds",
                                            "Time from a request's first octet to its answer.",
                                            context.config.metrics.http_duration_buckets);
  const log::Level level = context.config.log.http_level;
  return [&context, &seconds, level](const http::Exchange& exchange, http::Response& response) {
    const double took = std::chrono::duration<double>(exchange.elapsed).count();
    seconds.observe(took);
    context.metrics
        .counter("http_requests_total", "Answered requests.",
                 {{"method", exchange.method.empty() ? "?" : std::string(exchange.method)},
                  {"status", std::to_string(response.status)}})
        .add();
    const log::Level weight = response.status >= 500 ? log::Level::Error : log::Level::Info;
    if (weight >= level && exchange.pattern != "/ping") {
      log::write_if(weight, "http.request",
                    {{"method", exchange.method},
                     {"path", exchange.path},
                     {"status", response.status},
                     {"ms", took * 1000},
                     {"request_id", exchange.request_id},
                     {"peer", exchange.peer}});
    }
  };
}

}  // namespace

bool Call::refused(Access access, std::string_view session) {
  if (who.may(access, session)) {
    return false;
  }
  send(http::error_response(403));
  return true;
}

std::vector<Row> all_rows(const config::Config& config) {
  std::vector<Row> rows;
  add_session_rows(rows);
  add_pairing_rows(rows);
  add_operation_rows(rows);
  add_socket_rows(rows);
  add_server_rows(rows, config);
  add_webhook_rows(rows);
  add_plugin_rows(rows);
  add_proxy_rows(rows);
  add_page_rows(rows, config);
  return rows;
}

Status mount(const Context& context, http::Router& router) {
  const config::Config& config = context.config;
  auto table = std::make_shared<Table>(Table{all_rows(config), Auth(config.security), config});
  for (const Row& row : table->rows) {
    http::Route route;
    route.method = row.method;
    route.pattern = row.pattern;
    route.options.body_limit_bytes = config.http.limits.body_bytes;
    route.handler = wrap(context, table, row);
    WAX_TRY_VOID(router.add(std::move(route)).with(row.pattern));
  }
  router.add_filter(key_filter(table));
  router.set_options_handler(
      [](const http::Request& request, std::string_view) { return preflight(request); });
  router.add_response_hook(
      [](const http::Exchange&, http::Response& response) { add_cors(response); });
  router.add_response_hook(observe(context));
  return Status::ok();
}

}  // namespace waxwing::api
