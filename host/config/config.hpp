// SPDX-License-Identifier: Apache-2.0
// The whole configuration as plain structs: what the loader fills and the rest of the host reads.
//
// Names, defaults and meanings are those of schema.json in this folder, which also says which
// environment variable sets what; a test compares the two. Values, no thread rule: the loader makes
// one Config before any other thread exists and nobody changes it afterwards. A free-form part
// (what a plugin's own schema describes) is kept as the text of a JSON object.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"

namespace waxwing::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct HttpLimits {
  std::uint32_t connections = 10000;
  std::uint32_t requests_in_process = 2000;
  std::uint64_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = 1024 * 1024;          // of a request without media
  std::uint64_t upload_bytes = 64 * 1024 * 1024;   // of a request that may carry media
  std::uint64_t bodies_bytes = 256 * 1024 * 1024;  // of all requests together
  std::uint64_t out_buffer_bytes = 8 * 1024 * 1024;
  std::uint32_t loop_lag_ms = 200;  // above it new requests get 503

  bool operator==(const HttpLimits&) const = default;
};

struct HttpTimeouts {
  milliseconds header{10'000};
  milliseconds body{60'000};
  milliseconds idle{75'000};
  milliseconds write{30'000};

  bool operator==(const HttpTimeouts&) const = default;
};

struct HttpTls {
  bool enabled = false;
  std::string key = "./.secrets/privkey.pem";
  std::string cert = "./.secrets/cert.pem";
  std::string chain = "./.secrets/chain.pem";  // may be missing

  bool operator==(const HttpTls&) const = default;
};

struct Http {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3000;  // 0 = any free one
  std::uint32_t threads = 1;
  std::uint32_t backlog = 1024;
  bool strict = false;  // unknown members of a body are a 400 rather than dropped
  // How links that the server hands out begin; base_url wins over schema://hostname:port.
  std::string schema = "http";
  std::string hostname = "localhost";
  std::string base_url;
  std::string public_url;
  milliseconds guard_wait{10'000};  // how long a guarded call waits while a session is STARTING
  seconds drain{10};                // how long a stopping server lets requests finish
  HttpTls tls;
  HttpLimits limits;
  HttpTimeouts timeouts;

  bool operator==(const Http&) const = default;
};

struct Log {
  log::Format format = log::Format::Pretty;
  log::Level level = log::Level::Info;
  log::Level http_level = log::Level::Info;  // of the request log

  bool operator==(const Log&) const = default;
};

struct ApiKeyActions {
  bool read = true;
  bool send = true;
  bool control = true;
  bool setting = true;
  bool app = true;
  bool erase = false;  // `delete` in YAML

  bool operator==(const ApiKeyActions&) const = default;
};

// A key beside the main one: of one session, or an administrator's.
struct ApiKey {
  std::string id;
  std::string key;  // secret; plain or "sha512:<hex>"
  bool admin = false;
  std::string session;  // empty for an administrator's
  ApiKeyActions actions;

  bool operator==(const ApiKey&) const = default;
};

struct Security {
  std::string api_key;        // secret; plain or "sha512:<hex>"; empty: see config/checks.hpp
  std::string api_key_plain;  // secret; for applications when api_key is a hash
  bool no_api_key = false;    // every call is allowed
  std::vector<std::string> exclude_path;  // path patterns such as "ping" or "api/files/(.*)"
  std::vector<ApiKey> keys;

  bool operator==(const Security&) const = default;
};

struct Link {
  std::string title;
  std::string url;

  bool operator==(const Link&) const = default;
};

struct Dashboard {
  bool enabled = true;
  std::string username = "admin";
  std::string password;  // secret
  bool no_password = false;
  std::vector<Link> links;

  bool operator==(const Dashboard&) const = default;
};

struct Swagger {
  bool enabled = true;
  std::string username = "admin";
  std::string password;  // secret; empty = the dashboard's
  bool no_password = false;
  bool advanced = false;
  std::string title = "Waxwing";
  std::string description;
  std::string external_doc_url;

  bool operator==(const Swagger&) const = default;
};

struct Runtime {
  std::uint32_t loops = 0;  // session loops; 0 = one per core
  std::uint32_t pool_threads = 4;
  std::uint32_t pool_queue = 1000;
  bool debug_mode = false;

  bool operator==(const Runtime&) const = default;
};

struct Limits {
  std::uint32_t sessions = 10000;
  std::uint32_t session_requests_in_flight = 32;
  std::uint32_t session_requests_waiting = 64;
  std::uint32_t session_events = 1000;
  std::uint64_t session_events_bytes = 8 * 1024 * 1024;
  std::uint64_t blob_bytes = 512 * 1024 * 1024;
  milliseconds operation_timeout{30'000};
  milliseconds slow_operation_timeout{300'000};

  bool operator==(const Limits&) const = default;
};

enum class Trust : std::uint8_t { Allowlist, Any };

struct PluginFile {
  std::string id;
  std::string file;      // relative to Plugins::dir; empty = "<id>.so"
  std::string sha256;    // lower-case hex; empty = the allow-list decides
  bool optional = true;  // a refusal is logged and the server goes on without it

  bool operator==(const PluginFile&) const = default;
};

struct Plugins {
  std::string dir;        // empty = ../lib/waxwing/plugins beside the server's own directory
  bool dir_scan = false;  // also load every *.so of `dir`: for development
  Trust trust = Trust::Allowlist;
  std::string allowlist = "plugins.sha256";  // relative to `dir`
  bool allow_draft = false;                  // hand out draft host extensions
  std::vector<PluginFile> load = {{"example-echo", "", "", true}, {"storage-local", "", "", true},
                                  {"proxy-static", "", "", true}, {"engine-gows", "", "", true},
                                  {"engine-noweb", "", "", true}, {"engine-webjs", "", "", true}};

  bool operator==(const Plugins&) const = default;
};

// What a new session uses when nothing nearer says so.
struct Defaults {
  std::string engine = "GOWS";
  std::string storage = "local";
  std::string proxy = "static";

  bool operator==(const Defaults&) const = default;
};

struct EngineSettings {
  std::string config_json = "{}";  // under the session's own section
  std::uint32_t max_sessions = 0;  // 0 = no limit of its own

  bool operator==(const EngineSettings&) const = default;
};

struct ModuleSettings {
  std::string config_json = "{}";

  bool operator==(const ModuleSettings&) const = default;
};

// One session as YAML knows it. Absent = not said here.
struct SessionSettings {
  std::optional<std::string> engine;
  std::optional<std::string> storage;
  std::optional<std::string> proxy;
  std::optional<bool> start;  // true: created and started at boot when it does not exist yet
  std::optional<std::string> config_json;  // a SessionConfig, see config/session_config.hpp

  bool operator==(const SessionSettings&) const = default;
};

// The first rule whose pattern matches the session's name counts.
struct Rule {
  std::string match;  // glob: * and ?
  std::optional<std::string> engine;
  std::optional<std::string> storage;
  std::optional<std::string> proxy;

  bool operator==(const Rule&) const = default;
};

struct Ignore {
  bool status = false;
  bool groups = false;
  bool channels = false;
  bool broadcast = false;

  bool operator==(const Ignore&) const = default;
};

// Life cycle of all sessions.
struct Lifecycle {
  std::string worker_id;
  bool restart = true;       // at boot: those assigned to this worker
  bool restart_all = false;  // at boot: all that exist
  std::vector<std::string> autostart;
  seconds autostart_delay{0};  // between two starts at boot
  seconds start_timeout{60};   // every STARTING has this deadline
  seconds stop_timeout{10};
  std::uint32_t starts_per_s = 500;
  std::uint32_t starts_at_once = 50;
  bool print_qr = true;
  std::string ns;  // `namespace` in YAML; empty = the default engine's id in lower case
  std::string session_namespace;
  Ignore ignore;  // defaults of SessionConfig.ignore
  std::string device_name;
  std::string browser_name;
  bool auto_online = true;
  seconds auto_online_duration{90};

  bool operator==(const Lifecycle&) const = default;
};

enum class RetryPolicy : std::uint8_t { Constant, Linear, Exponential };

struct Retries {
  RetryPolicy policy = RetryPolicy::Constant;
  double delay_s = 2;
  std::uint32_t attempts = 15;  // after the first try

  bool operator==(const Retries&) const = default;
};

struct CustomHeader {
  std::string name;
  std::string value;  // secret

  bool operator==(const CustomHeader&) const = default;
};

// The webhook of every session; off without a url or without events.
struct GlobalWebhook {
  std::string url;
  std::vector<std::string> events;
  std::string hmac_key;  // secret
  bool verify_tls = true;
  Retries retries;
  std::vector<CustomHeader> custom_headers;

  bool operator==(const GlobalWebhook&) const = default;
};

// A proxy by its address, "http://host:port" or "socks5://host:port"; empty = none.
struct ProxyAddress {
  std::string server;
  std::string username;
  std::string password;  // secret

  bool operator==(const ProxyAddress&) const = default;
};

// Delivery of events to webhooks.
struct Webhooks {
  seconds timeout{30};
  std::size_t connections = 500;
  std::size_t connections_per_host = 10;
  std::uint32_t redirects = 5;
  bool public_only = false;
  // For each webhook of each session.
  std::size_t max_pending = 100'000;
  std::size_t max_pending_mb = 128;
  std::chrono::hours max_age{24};
  // For each session.
  std::size_t dead_letters = 1000;
  std::uint32_t dead_letters_days = 7;
  ProxyAddress proxy;
  GlobalWebhook global;

  bool operator==(const Webhooks&) const = default;
};

// Clients that listen on /ws and /api/events.
struct Sockets {
  // What may wait for one of them.
  std::size_t waiting_events = 1000;
  std::size_t waiting_mb = 4;
  seconds ping{60};
  seconds heartbeat{15};
  // What clients that come back can be given: of all sessions, in memory;
  std::size_t replay_events = 10'000;
  std::size_t replay_mb = 32;
  // and of each session that clients listen to, in its store.
  std::size_t stored_events = 1000;
  std::size_t stored_mb = 4;
  std::chrono::hours stored{24};

  bool operator==(const Sockets&) const = default;
};

struct Metrics {
  bool enabled = false;
  std::string path = "/metrics";
  std::string prefix = "waha_";
  std::string username;
  std::string password;  // secret
  std::vector<double> http_duration_buckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                               0.5,   1,    2.5,   5,    10};
  std::vector<std::string> track_events = {"message.any"};

  bool operator==(const Metrics&) const = default;
};

struct Health {
  std::uint64_t media_files_threshold_mb = 100;
  std::uint64_t sessions_files_threshold_mb = 100;

  bool operator==(const Health&) const = default;
};

struct Media {
  bool download = true;
  std::vector<std::string> mimetypes;  // empty = all
  std::string folder = "/tmp/whatsapp-files";
  seconds lifetime{180};  // 0 = keep

  bool operator==(const Media&) const = default;
};

struct Config {
  Http http;
  Log log;
  Security security;
  Dashboard dashboard;
  Swagger swagger;
  Runtime runtime;
  Limits limits;
  Plugins plugins;
  Defaults defaults;
  std::map<std::string, EngineSettings> engines;  // by engine id
  // By storage id; `storage` in YAML.
  std::map<std::string, ModuleSettings> storages = {{"local", {R"({"path":"./data"})"}}};
  // By proxy id; `proxy` in YAML.
  std::map<std::string, ModuleSettings> proxies = {
      {"static",
       {R"({"indexPrefix":"","password":"","server":"","serverList":[],"username":""})"}}};
  std::map<std::string, SessionSettings> sessions;
  std::vector<Rule> rules;
  Lifecycle lifecycle;
  Webhooks webhooks;
  Sockets sockets;
  Metrics metrics;
  Health health;
  Media media;

  bool operator==(const Config&) const = default;
};

}  // namespace waxwing::config
