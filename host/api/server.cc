// SPDX-License-Identifier: Apache-2.0
// The server about itself: liveness, health, version, environment, metrics, end.
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <sys/statvfs.h>

#include "api/answers.hpp"
#include "api/body.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/build_info.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/metrics.hpp"
#include "config/config.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace waxwing::api {
namespace {

Json worker(const Context& context) {
  const std::string& id = context.config.lifecycle.worker_id;
  return {{"id", id.empty() ? Json() : Json(id)}};
}

void ping(const Context&, Call&& call) {
  call.send(http::Response::json(200, R"({"message":"pong"})"));
}

void version(const Context& context, Call&& call) {
  const Json body = {{"version", kVersion},   {"engine", context.config.defaults.engine},
                     {"tier", "CORE"},        {"browser", nullptr},
                     {"platform", kPlatform}, {"worker", worker(context)},
                     {"waha", kWahaVersion}};
  call.send(http::Response::json(200, json::dump(body)));
}

void status(const Context& context, Call&& call) {
  const Json body = {{"startTimestamp", context.started_ms},
                     {"uptime", context.clock.unix_ms() - context.started_ms},
                     {"worker", worker(context)}};
  call.send(http::Response::json(200, json::dump(body)));
}

bool names_a_secret(std::string_view name) {
  for (const std::string_view part :
       {"KEY", "PASSWORD", "SECRET", "TOKEN", "CREDENTIAL", "HMAC", "HEADERS", "_URL", "AUTH"}) {
    if (name.find(part) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

void environment(const Context&, Call&& call) {
  const auto all = query_bool(call, "all", false);
  if (!all.has_value()) {
    return;
  }
  Json body = Json::object();  // sorted by name
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto split = text.find('=');
    if (split == std::string_view::npos) {
      continue;
    }
    const std::string name(text.substr(0, split));
    if (*all || name.starts_with("WAHA_") || name.starts_with("WHATSAPP_") || name == "DEBUG") {
      // Unlike WAHA: a secret never stands in an answer.
      body[name] = names_a_secret(name) ? std::string_view("***") : text.substr(split + 1);
    }
  }
  call.send(http::Response::json(200, json::dump(body)));
}

void stop(const Context& context, Call&& call) {
  static const JsonSchema schema = JsonSchema::compile(Json::parse(R"({"type": "object",
        "properties": {"force": {"type": ["boolean", "null"]}}})"))
                                       .value();
  const auto body = body_object(call, schema, false);
  if (!body.has_value()) {
    return;
  }
  call.send(http::Response::json(201, R"({"stopping":true})"));
  context.stop_server(json::bool_or(*body, "force", false));
}

// One folder with a floor of free space.
Json space(const std::string& path, std::uint64_t threshold_mb, bool& healthy) {
  struct statvfs info {};
  Json out = {{"status", "up"}, {"path", path}, {"threshold", threshold_mb * 1024 * 1024}};
  if (path.empty() || ::statvfs(path.c_str(), &info) != 0) {
    out["free"] = nullptr;
    return out;  // a folder that is not there yet takes no space
  }
  const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
  out["free"] = free;
  if (free < threshold_mb * 1024 * 1024) {
    out["status"] = "down";
    healthy = false;
  }
  return out;
}

void health(const Context& context, Call&& call) {
  bool healthy = true;
  const config::Health& limits = context.config.health;
  Json details = {{"mediaFiles.space",
                   space(context.config.media.folder, limits.media_files_threshold_mb, healthy)},
                  {"sessionsFiles.space",
                   space(context.data_dir, limits.sessions_files_threshold_mb, healthy)}};
  Json info = Json::object();
  Json error = Json::object();
  for (const auto& [name, indicator] : details.items()) {
    (indicator["status"] == "up" ? info : error)[name] = indicator;
  }
  const Json body = {{"status", healthy ? "ok" : "error"},
                     {"info", std::move(info)},
                     {"error", std::move(error)},
                     {"details", std::move(details)}};
  call.send(http::Response::json(healthy ? 200 : 503, json::dump(body)));
}

void metrics(const Context& context, Call&& call) {
  auto response = http::Response::of_type(200, "text/plain; version=0.0.4; charset=utf-8",
                                          context.metrics.text());
  response.header("Cache-Control", "no-store");
  call.send(std::move(response));
}

}  // namespace

void add_server_rows(std::vector<Row>& rows, const config::Config& config) {
  const auto add = [&](std::string_view method, std::string_view pattern, Access access,
                       Handler handler, std::string_view summary) -> Row& {
    return add_row(rows, kObservabilityTag, method, pattern, access, handler, summary);
  };
  add("GET", "/ping", Access::Public, ping, "Is the server there?").answers(200, "PingResponse");
  add("GET", "/health", Access::AnyKey, health, "Is the server well?").answers(200, "HealthReport");
  add("GET", "/api/version", Access::AnyKey, version, "Get the version")
      .is_deprecated()
      .answers(200, "WAHAEnvironment");
  add("GET", "/api/server/version", Access::AnyKey, version, "Get the version")
      .answers(200, "WAHAEnvironment");
  add("GET", "/api/server/environment", Access::Admin, environment,
      "Get the environment variables, secrets masked")
      .asks_choice("all", "true shows those of others as well.", {"true", "false"})
      .answers(200, "Environment");
  add("GET", "/api/server/status", Access::AnyKey, status, "Get start time and uptime")
      .answers(200, "ServerStatusResponse");
  add("POST", "/api/server/stop", Access::Admin, stop, "Stop the server")
      .takes("StopRequest")
      .answers(201, "StopResponse");
  if (config.metrics.enabled) {
    add_row(rows, "", "GET", config.metrics.path, Access::Page, metrics,
            "Metrics in the Prometheus text format");
  }
}

}  // namespace waxwing::api
