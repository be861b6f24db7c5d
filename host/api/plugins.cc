// SPDX-License-Identifier: Apache-2.0
// /api/plugins and /api/engines: what is loaded, what was refused and why.
#include "api/answers.hpp"
#include "api/body.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "plugin/engine_probes.hpp"
#include "plugin/registry.hpp"
#include "session/client_versions.hpp"

namespace waxwing::api {
namespace {

using plugin_host::Misbehaviour;

Json schema_of(const std::string& text) {
  auto schema = json::parse(text.empty() ? "null" : text);
  return schema.has_value() ? std::move(*schema) : Json();
}

Json engine_json(const Context& context, const plugin_host::EngineInfo& info) {
  Json operations = Json::array();
  for (const auto& op : info.ops) {
    operations.push_back({{"name", op.name},
                          {"revision", op.revision},
                          {"readOnly", (op.flags & WAX_OP_READ_ONLY) != 0},
                          {"idempotent", (op.flags & WAX_OP_IDEMPOTENT) != 0},
                          {"experimental", (op.flags & WAX_OP_EXPERIMENTAL) != 0}});
  }
  Json out = {{"id", info.id},
              {"name", info.name},
              {"version", info.version},
              {"configSection", info.config_section},
              {"configSchema", schema_of(info.config_schema)},
              {"operations", std::move(operations)},
              {"events", info.events}};
  if (const auto lack = context.probes.lack_of(info.id)) {
    out["available"] = lack->empty();
    if (!lack->empty()) {
      out["reason"] = *lack;
    }
  }
  return out;
}

Json backends_json(const std::vector<plugin_host::BackendInfo>& backends) {
  Json all = Json::array();
  for (const auto& info : backends) {
    all.push_back({{"id", info.id},
                   {"name", info.name},
                   {"version", info.version},
                   {"configSchema", schema_of(info.config_schema)}});
  }
  return all;
}

Json module_json(const Context& context, const plugin_host::LoadOutcome& outcome) {
  Json out = {{"id", outcome.id}, {"path", outcome.path}, {"loaded", outcome.module != nullptr}};
  if (!outcome.module) {
    out["refusal"] = outcome.refusal;
    return out;
  }
  const plugin_host::Module& module = *outcome.module;
  Json engines = Json::array();
  for (const auto& info : module.engines()) {
    engines.push_back(engine_json(context, info));
  }
  Json misbehaviour = Json::object();
  for (int i = 0; i < static_cast<int>(Misbehaviour::Count); ++i) {
    const auto what = static_cast<Misbehaviour>(i);
    misbehaviour[std::string(to_string(what))] = module.misbehaviour(what);
  }
  out["module"] = module.id();
  out["name"] = module.name();
  out["version"] = module.version();
  out["vendor"] = module.vendor();
  out["license"] = module.license();
  out["abi"] = module.abi();
  out["sha256"] = module.sha256();
  out["engines"] = std::move(engines);
  out["storages"] = backends_json(module.storages());
  out["proxies"] = backends_json(module.proxies());
  out["counters"] = {{"calls", module.calls.load()},
                     {"failedCalls", module.failed_calls.load()},
                     {"misbehaviour", std::move(misbehaviour)}};
  return out;
}

void list(const Context& context, Call&& call) {
  Json body = Json::array();
  for (const auto& outcome : context.plugins.outcomes()) {
    body.push_back(module_json(context, outcome));
  }
  call.send(http::Response::json(200, json::dump(body)));
}

void engines(const Context& context, Call&& call) {
  Json body = Json::array();
  for (const auto& engine : context.plugins.engines()) {
    body.push_back(engine_json(context, *engine.info));
  }
  call.send(http::Response::json(200, json::dump(body)));
}

void send_version(const Context& context, http::Responder& responder, const std::string& engine) {
  const auto json = context.versions.describe(engine);
  responder.send(json.has_value() ? http::Response::json(200, *json) : from_status(json.error()));
}

void show_version(const Context& context, Call&& call) {
  send_version(context, call.responder, std::string(call.request.param("engine")));
}

// Those that a rejected version has stopped. Others take the new one at their next connection.
void start_outdated(const Context& context, const std::string& engine) {
  for (const auto& session : context.sessions.list()) {
    const session::Snapshot now = session->view().snapshot();
    if (now.engine == engine && now.reason && now.reason->id == session::kClientOutdated) {
      session->start([session](const Status& status) {
        if (!status.is_ok()) {
          log::warn("session.restart_failed",
                    {{"session", session->name()}, {"why", status.message()}});
        }
      });
    }
  }
}

void choose_version(const Context& context, Call&& call) {
  const auto body = body_object(call);
  if (!body.has_value()) {
    return;
  }
  const auto version = body->find("version");
  if (version == body->end() || !(version->is_string() || version->is_null())) {
    call.send(from_status({Code::Invalid, "version must be a string, or null for no choice"}));
    return;
  }
  std::string engine(call.request.param("engine"));
  context.versions.choose(
      engine, version->is_string() ? version->get<std::string>() : std::string(),
      [&context, engine, responder = std::move(call.responder)](const Status& status) mutable {
        if (!status.is_ok()) {
          responder.send(from_status(status));
          return;
        }
        start_outdated(context, engine);
        send_version(context, responder, engine);
      });
}

void session_config_schema(const Context& context, Call&& call) {
  call.send(http::Response::json(200, json::dump(context.session_config.document())));
}

}  // namespace

void add_plugin_rows(std::vector<Row>& rows) {
  add_row(rows, kPluginsTag, "GET", "/api/plugins", Access::Admin, list,
          "List plugin files: loaded ones with what they offer, refused ones with why")
      .answers(200, "PluginList");
  add_row(rows, kPluginsTag, "GET", "/api/engines", Access::AnyKey, engines,
          "List the engines that sessions may choose")
      .answers(200, "EngineList");
  add_row(rows, kPluginsTag, "GET", "/api/engines/{engine}/version", Access::Admin, show_version,
          "Get the client version that an engine claims to be, and why")
      .answers(200, "EngineVersion");
  add_row(rows, kPluginsTag, "PUT", "/api/engines/{engine}/version", Access::Admin, choose_version,
          "Choose the client version; sessions that failed as outdated are started again")
      .takes("EngineVersionChoice")
      .answers(200, "EngineVersion");
  add_row(rows, kPluginsTag, "GET", "/api/session-config-schema", Access::AnyKey,
          session_config_schema, "Get the JSON Schema of a session's config, engines included")
      .answers(200, "JsonSchema");
}

}  // namespace waxwing::api
