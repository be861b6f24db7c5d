// SPDX-License-Identifier: Apache-2.0
// One line per option: its name in the schema and its member.
#include "config/bind.hpp"

#include <type_traits>
#include <utility>

#include "base/json.hpp"

namespace waxwing::config {
namespace {

template <class T>
struct is_duration : std::false_type {};
template <class Rep, class Period>
struct is_duration<std::chrono::duration<Rep, Period>> : std::true_type {};

// The members of one section.
class Section {
 public:
  explicit Section(const Json& node) : node_(node) {}

  [[nodiscard]] Section section(const char* name) const { return Section(node_.at(name)); }
  [[nodiscard]] const Json& at(const char* name) const { return node_.at(name); }

  template <class T>
  void get(const char* name, T& out) const {
    const Json& value = node_.at(name);
    if constexpr (is_duration<T>::value) {
      out = T(value.get<typename T::rep>());
    } else {
      value.get_to(out);
    }
  }
  template <class T>
  void get(const char* name, std::optional<T>& out) const {
    if (node_.contains(name)) {
      out = node_.at(name).get<T>();
    }
  }

 private:
  const Json& node_;
};

Http http(const Section& in) {
  Http out;
  in.get("host", out.host);
  in.get("port", out.port);
  in.get("threads", out.threads);
  in.get("backlog", out.backlog);
  in.get("strict", out.strict);
  in.get("schema", out.schema);
  in.get("hostname", out.hostname);
  in.get("base_url", out.base_url);
  in.get("public_url", out.public_url);
  in.get("guard_wait_ms", out.guard_wait);
  in.get("drain_s", out.drain);
  const Section tls = in.section("tls");
  tls.get("enabled", out.tls.enabled);
  tls.get("key", out.tls.key);
  tls.get("cert", out.tls.cert);
  tls.get("chain", out.tls.chain);
  const Section limits = in.section("limits");
  limits.get("connections", out.limits.connections);
  limits.get("requests_in_process", out.limits.requests_in_process);
  limits.get("header_bytes", out.limits.header_bytes);
  limits.get("body_bytes", out.limits.body_bytes);
  limits.get("upload_bytes", out.limits.upload_bytes);
  limits.get("bodies_bytes", out.limits.bodies_bytes);
  limits.get("out_buffer_bytes", out.limits.out_buffer_bytes);
  limits.get("loop_lag_ms", out.limits.loop_lag_ms);
  const Section timeouts = in.section("timeouts");
  timeouts.get("header_ms", out.timeouts.header);
  timeouts.get("body_ms", out.timeouts.body);
  timeouts.get("idle_ms", out.timeouts.idle);
  timeouts.get("write_ms", out.timeouts.write);
  return out;
}

log::Level level(const Section& in, const char* name) {
  return log::parse_level(in.at(name).get<std::string>()).value_or(log::Level::Info);
}

Log log_section(const Section& in) {
  Log out;
  out.format = in.at("format") == "JSON" ? log::Format::Json : log::Format::Pretty;
  out.level = level(in, "level");
  out.http_level = level(in, "http_level");
  return out;
}

ApiKey api_key(const Section& in) {
  ApiKey out;
  in.get("id", out.id);
  in.get("key", out.key);
  in.get("admin", out.admin);
  in.get("session", out.session);
  const Section actions = in.section("actions");
  actions.get("read", out.actions.read);
  actions.get("send", out.actions.send);
  actions.get("control", out.actions.control);
  actions.get("setting", out.actions.setting);
  actions.get("app", out.actions.app);
  actions.get("delete", out.actions.erase);
  return out;
}

Security security(const Section& in) {
  Security out;
  in.get("api_key", out.api_key);
  in.get("api_key_plain", out.api_key_plain);
  in.get("no_api_key", out.no_api_key);
  in.get("exclude_path", out.exclude_path);
  for (const Json& key : in.at("keys")) {
    out.keys.push_back(api_key(Section(key)));
  }
  return out;
}

Dashboard dashboard(const Section& in) {
  Dashboard out;
  in.get("enabled", out.enabled);
  in.get("username", out.username);
  in.get("password", out.password);
  in.get("no_password", out.no_password);
  for (const Json& link : in.at("links")) {
    out.links.push_back({link.at("title").get<std::string>(), link.at("url").get<std::string>()});
  }
  return out;
}

Swagger swagger(const Section& in) {
  Swagger out;
  in.get("enabled", out.enabled);
  in.get("username", out.username);
  in.get("password", out.password);
  in.get("no_password", out.no_password);
  in.get("advanced", out.advanced);
  in.get("title", out.title);
  in.get("description", out.description);
  in.get("external_doc_url", out.external_doc_url);
  return out;
}

Runtime runtime(const Section& in) {
  Runtime out;
  in.get("loops", out.loops);
  in.get("pool_threads", out.pool_threads);
  in.get("pool_queue", out.pool_queue);
  in.get("debug_mode", out.debug_mode);
  return out;
}

Limits limits(const Section& in) {
  Limits out;
  in.get("sessions", out.sessions);
  in.get("session_requests_in_flight", out.session_requests_in_flight);
  in.get("session_requests_waiting", out.session_requests_waiting);
  in.get("session_events", out.session_events);
  in.get("session_events_bytes", out.session_events_bytes);
  in.get("blob_bytes", out.blob_bytes);
  in.get("operation_timeout_ms", out.operation_timeout);
  in.get("slow_operation_timeout_ms", out.slow_operation_timeout);
  return out;
}

Plugins plugins(const Section& in) {
  Plugins out;
  in.get("dir", out.dir);
  in.get("dir_scan", out.dir_scan);
  out.trust = in.at("trust") == "any" ? Trust::Any : Trust::Allowlist;
  in.get("allowlist", out.allowlist);
  in.get("allow_draft", out.allow_draft);
  out.load.clear();
  for (const Json& file : in.at("load")) {
    const Section plugin(file);
    PluginFile& entry = out.load.emplace_back();
    plugin.get("id", entry.id);
    plugin.get("file", entry.file);
    plugin.get("sha256", entry.sha256);
    plugin.get("optional", entry.optional);
  }
  return out;
}

Defaults defaults(const Section& in) {
  Defaults out;
  in.get("engine", out.engine);
  in.get("storage", out.storage);
  in.get("proxy", out.proxy);
  return out;
}

std::map<std::string, ModuleSettings> modules(const Json& in) {
  std::map<std::string, ModuleSettings> out;
  for (const auto& [id, settings] : in.items()) {
    out[id].config_json = json::dump(settings.at("config"));
  }
  return out;
}

SessionSettings session(const Section& in, const Json& node) {
  SessionSettings out;
  in.get("engine", out.engine);
  in.get("storage", out.storage);
  in.get("proxy", out.proxy);
  in.get("start", out.start);
  if (const Json* config = json::find(node, "config"); config != nullptr) {
    out.config_json = json::dump(*config);
  }
  return out;
}

Rule rule(const Section& in) {
  Rule out;
  in.get("match", out.match);
  in.get("engine", out.engine);
  in.get("storage", out.storage);
  in.get("proxy", out.proxy);
  return out;
}

Lifecycle lifecycle(const Section& in) {
  Lifecycle out;
  in.get("worker_id", out.worker_id);
  in.get("restart", out.restart);
  in.get("restart_all", out.restart_all);
  in.get("autostart", out.autostart);
  in.get("autostart_delay_s", out.autostart_delay);
  in.get("start_timeout_s", out.start_timeout);
  in.get("stop_timeout_s", out.stop_timeout);
  in.get("starts_per_s", out.starts_per_s);
  in.get("starts_at_once", out.starts_at_once);
  in.get("print_qr", out.print_qr);
  in.get("namespace", out.ns);
  in.get("session_namespace", out.session_namespace);
  const Section ignore = in.section("ignore");
  ignore.get("status", out.ignore.status);
  ignore.get("groups", out.ignore.groups);
  ignore.get("channels", out.ignore.channels);
  ignore.get("broadcast", out.ignore.broadcast);
  in.get("device_name", out.device_name);
  in.get("browser_name", out.browser_name);
  in.get("auto_online", out.auto_online);
  in.get("auto_online_duration_s", out.auto_online_duration);
  return out;
}

RetryPolicy retry_policy(const Json& name) {
  if (name == "linear") {
    return RetryPolicy::Linear;
  }
  return name == "exponential" ? RetryPolicy::Exponential : RetryPolicy::Constant;
}

GlobalWebhook global_webhook(const Section& in) {
  GlobalWebhook out;
  in.get("url", out.url);
  in.get("events", out.events);
  in.get("hmac_key", out.hmac_key);
  in.get("verify_tls", out.verify_tls);
  const Section retries = in.section("retries");
  out.retries.policy = retry_policy(retries.at("policy"));
  retries.get("delay_s", out.retries.delay_s);
  retries.get("attempts", out.retries.attempts);
  for (const Json& header : in.at("custom_headers")) {
    out.custom_headers.push_back(
        {header.at("name").get<std::string>(), header.at("value").get<std::string>()});
  }
  return out;
}

Sockets sockets(const Section& in) {
  Sockets out;
  in.get("waiting_events", out.waiting_events);
  in.get("waiting_mb", out.waiting_mb);
  in.get("ping_s", out.ping);
  in.get("heartbeat_s", out.heartbeat);
  in.get("replay_events", out.replay_events);
  in.get("replay_mb", out.replay_mb);
  in.get("stored_events", out.stored_events);
  in.get("stored_mb", out.stored_mb);
  in.get("stored_h", out.stored);
  return out;
}

Webhooks webhooks(const Section& in) {
  Webhooks out;
  in.get("timeout_s", out.timeout);
  in.get("connections", out.connections);
  in.get("connections_per_host", out.connections_per_host);
  in.get("redirects", out.redirects);
  in.get("public_only", out.public_only);
  in.get("max_pending", out.max_pending);
  in.get("max_pending_mb", out.max_pending_mb);
  in.get("max_age_h", out.max_age);
  in.get("dead_letters", out.dead_letters);
  in.get("dead_letters_days", out.dead_letters_days);
  const Section proxy = in.section("proxy");
  proxy.get("server", out.proxy.server);
  proxy.get("username", out.proxy.username);
  proxy.get("password", out.proxy.password);
  out.global = global_webhook(in.section("global"));
  return out;
}

Metrics metrics(const Section& in) {
  Metrics out;
  in.get("enabled", out.enabled);
  in.get("path", out.path);
  in.get("prefix", out.prefix);
  in.get("username", out.username);
  in.get("password", out.password);
  in.get("http_duration_buckets", out.http_duration_buckets);
  in.get("track_events", out.track_events);
  return out;
}

Health health(const Section& in) {
  Health out;
  in.get("media_files_threshold_mb", out.media_files_threshold_mb);
  in.get("sessions_files_threshold_mb", out.sessions_files_threshold_mb);
  return out;
}

Media media(const Section& in) {
  Media out;
  in.get("download", out.download);
  in.get("mimetypes", out.mimetypes);
  in.get("folder", out.folder);
  in.get("lifetime_s", out.lifetime);
  return out;
}

Config whole(const Section& in) {
  Config out;
  out.http = http(in.section("http"));
  out.log = log_section(in.section("log"));
  out.security = security(in.section("security"));
  out.dashboard = dashboard(in.section("dashboard"));
  out.swagger = swagger(in.section("swagger"));
  out.runtime = runtime(in.section("runtime"));
  out.limits = limits(in.section("limits"));
  out.plugins = plugins(in.section("plugins"));
  out.defaults = defaults(in.section("defaults"));
  for (const auto& [id, settings] : in.at("engines").items()) {
    out.engines[id].config_json = json::dump(settings.at("config"));
    Section(settings).get("max_sessions", out.engines[id].max_sessions);
  }
  out.storages = modules(in.at("storage"));
  out.proxies = modules(in.at("proxy"));
  for (const auto& [name, settings] : in.at("sessions").items()) {
    out.sessions[name] = session(Section(settings), settings);
  }
  for (const Json& entry : in.at("rules")) {
    out.rules.push_back(rule(Section(entry)));
  }
  out.lifecycle = lifecycle(in.section("lifecycle"));
  out.webhooks = webhooks(in.section("webhooks"));
  out.sockets = sockets(in.section("sockets"));
  out.metrics = metrics(in.section("metrics"));
  out.health = health(in.section("health"));
  out.media = media(in.section("media"));
  return out;
}

}  // namespace

Result<Config> bind(const Json& document) {
  try {
    return whole(Section(document));
  } catch (const Json::exception& e) {
    return Status(Code::Internal, std::string("configuration schema: ") + e.what());
  }
}

}  // namespace waxwing::config
