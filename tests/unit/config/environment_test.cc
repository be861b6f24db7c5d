// SPDX-License-Identifier: Apache-2.0
// Every variable that users of WAHA know, what it sets and which one wins.
#include "config/environment.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/loader.hpp"
#include "config/schema.hpp"

namespace waxwing::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Variables = std::vector<std::string>;

Result<Loaded> with(Variables variables, std::string_view yaml = "") {
  return load_text(yaml, "w.yaml", {"", std::move(variables)});
}

Config config_of(Variables variables, std::string_view yaml = "") {
  auto result = with(std::move(variables), yaml);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message());
  return result ? result->config : Config{};
}

std::string error_of(Variables variables) {
  auto result = with(std::move(variables));
  EXPECT_FALSE(result.has_value());
  return result ? std::string() : result.error().message();
}

struct Case {
  const char* variable;
  std::function<void(Config&)> effect;
};

// One row per variable: what the defaults must become.
const std::vector<Case>& cases() {
  const std::string sha = "sha512:" + std::string(128, 'a');
  static const std::string hashed = "WAHA_API_KEY=" + sha;
  static const std::vector<Case> rows = {
      {"PORT=1", [](Config& c) { c.http.port = 1; }},
      {"WHATSAPP_API_PORT=2", [](Config& c) { c.http.port = 2; }},
      {"WHATSAPP_API_HOSTNAME=h", [](Config& c) { c.http.hostname = "h"; }},
      {"WHATSAPP_API_SCHEMA=https", [](Config& c) { c.http.schema = "https"; }},
      {"WAHA_HTTPS_ENABLED=true", [](Config& c) { c.http.tls.enabled = true; }},
      {"WAHA_HTTPS_PATH_KEY=/k", [](Config& c) { c.http.tls.key = "/k"; }},
      {"WAHA_HTTPS_PATH_CERT=/c", [](Config& c) { c.http.tls.cert = "/c"; }},
      {"WAHA_HTTPS_PATH_CA=/a", [](Config& c) { c.http.tls.chain = "/a"; }},
      {"WAHA_BASE_URL=http://b", [](Config& c) { c.http.base_url = "http://b"; }},
      {"WAHA_PUBLIC_URL=http://p", [](Config& c) { c.http.public_url = "http://p"; }},
      {"WAHA_HTTP_STRICT_MODE=TRUE", [](Config& c) { c.http.strict = true; }},
      {"WAHA_DEBUG_MODE=1", [](Config& c) { c.runtime.debug_mode = true; }},
      {"WAHA_LOG_FORMAT=json", [](Config& c) { c.log.format = log::Format::Json; }},
      {"WAHA_LOG_LEVEL=TRACE", [](Config& c) { c.log.level = log::Level::Trace; }},
      {"WAHA_HTTP_LOG_LEVEL=error", [](Config& c) { c.log.http_level = log::Level::Error; }},
      {"DEBUG=1", [](Config& c) { c.log.level = log::Level::Debug; }},
      {"WHATSAPP_DEFAULT_ENGINE=NOWEB", [](Config& c) { c.defaults.engine = "NOWEB"; }},
      {"WAHA_PRINT_QR=False", [](Config& c) { c.lifecycle.print_qr = false; }},
      {"WAHA_WORKER_ID=w", [](Config& c) { c.lifecycle.worker_id = "w"; }},
      {"WAHA_WORKER_RESTART_SESSIONS=0", [](Config& c) { c.lifecycle.restart = false; }},
      {"WHATSAPP_RESTART_ALL_SESSIONS=true", [](Config& c) { c.lifecycle.restart_all = true; }},
      {"WHATSAPP_START_SESSION=a, b",
       [](Config& c) {
         c.lifecycle.autostart = {"a", "b"};
       }},
      {"WAHA_AUTO_START_DELAY_SECONDS=3",
       [](Config& c) { c.lifecycle.autostart_delay = seconds(3); }},
      {"WAHA_NAMESPACE=n", [](Config& c) { c.lifecycle.ns = "n"; }},
      {"WAHA_SESSION_NAMESPACE=m", [](Config& c) { c.lifecycle.session_namespace = "m"; }},
      {"WAHA_CLIENT_DEVICE_NAME=d", [](Config& c) { c.lifecycle.device_name = "d"; }},
      {"WAHA_CLIENT_BROWSER_NAME=Chrome", [](Config& c) { c.lifecycle.browser_name = "Chrome"; }},
      {"WAHA_SESSION_CONFIG_IGNORE_STATUS=1", [](Config& c) { c.lifecycle.ignore.status = true; }},
      {"WAHA_SESSION_CONFIG_IGNORE_GROUPS=1", [](Config& c) { c.lifecycle.ignore.groups = true; }},
      {"WAHA_SESSION_CONFIG_IGNORE_CHANNELS=1",
       [](Config& c) { c.lifecycle.ignore.channels = true; }},
      {"WAHA_SESSION_CONFIG_IGNORE_BROADCAST=1",
       [](Config& c) { c.lifecycle.ignore.broadcast = true; }},
      {"WAHA_PRESENCE_AUTO_ONLINE=false", [](Config& c) { c.lifecycle.auto_online = false; }},
      {"WAHA_PRESENCE_AUTO_ONLINE_DURATION_SECONDS=25",
       [](Config& c) { c.lifecycle.auto_online_duration = seconds(25); }},
      {"WAHA_LOCAL_STORE_BASE_DIR=/s",
       [](Config& c) { c.storages["local"].config_json = R"({"path":"/s"})"; }},
      {"WHATSAPP_HOOK_URL=http://hook", [](Config& c) { c.webhooks.global.url = "http://hook"; }},
      {"WHATSAPP_HOOK_EVENTS=message,session.status",
       [](Config& c) {
         c.webhooks.global.events = {"message", "session.status"};
       }},
      {"WHATSAPP_HOOK_HMAC_KEY=k", [](Config& c) { c.webhooks.global.hmac_key = "k"; }},
      {"WHATSAPP_HOOK_RETRIES_POLICY=exponential",
       [](Config& c) { c.webhooks.global.retries.policy = RetryPolicy::Exponential; }},
      {"WHATSAPP_HOOK_RETRIES_DELAY_SECONDS=1.5",
       [](Config& c) { c.webhooks.global.retries.delay_s = 1.5; }},
      {"WHATSAPP_HOOK_RETRIES_ATTEMPTS=0",
       [](Config& c) { c.webhooks.global.retries.attempts = 0; }},
      {"WHATSAPP_HOOK_CUSTOM_HEADERS=X-A: one ;X-B:two",
       [](Config& c) {
         c.webhooks.global.custom_headers = {{"X-A", "one"}, {"X-B", "two"}};
       }},
      {"WHATSAPP_PROXY_SERVER=p:1",
       [](Config& c) {
         c.proxies["static"].config_json =
             R"({"indexPrefix":"","password":"","server":"p:1","serverList":[],"username":""})";
       }},
      {"WHATSAPP_PROXY_SERVER_USERNAME=u",
       [](Config& c) {
         c.proxies["static"].config_json =
             R"({"indexPrefix":"","password":"","server":"","serverList":[],"username":"u"})";
       }},
      {"WHATSAPP_PROXY_SERVER_PASSWORD=1",
       [](Config& c) {
         c.proxies["static"].config_json =
             R"({"indexPrefix":"","password":"1","server":"","serverList":[],"username":""})";
       }},
      {"WHATSAPP_PROXY_SERVER_LIST=a:1,b:2",
       [](Config& c) {
         c.proxies["static"].config_json =
             R"({"indexPrefix":"","password":"","server":"","serverList":["a:1","b:2"],)"
             R"("username":""})";
       }},
      {"WHATSAPP_PROXY_SERVER_INDEX_PREFIX=proxy-",
       [](Config& c) {
         c.proxies["static"].config_json =
             R"({"indexPrefix":"proxy-","password":"","server":"","serverList":[],"username":""})";
       }},
      {"WHATSAPP_API_KEY=plain", [](Config& c) { c.security.api_key = "plain"; }},
      {hashed.c_str(), [sha](Config& c) { c.security.api_key = sha; }},
      {"WAHA_API_KEY_PLAIN=p", [](Config& c) { c.security.api_key_plain = "p"; }},
      {"WAHA_NO_API_KEY=True", [](Config& c) { c.security.no_api_key = true; }},
      {"WHATSAPP_API_KEY_EXCLUDE_PATH=ping,health,api/files/(.*)",
       [](Config& c) {
         c.security.exclude_path = {"ping", "health", "api/files/(.*)"};
       }},
      {"WAHA_API_KEY_EXCLUDE_PATH=ping", [](Config& c) { c.security.exclude_path = {"ping"}; }},
      {"WAHA_DASHBOARD_ENABLED=no", [](Config& c) { c.dashboard.enabled = false; }},
      {"WAHA_DASHBOARD_USERNAME=u", [](Config& c) { c.dashboard.username = "u"; }},
      {"WAHA_DASHBOARD_PASSWORD=p", [](Config& c) { c.dashboard.password = "p"; }},
      {"WAHA_DASHBOARD_NO_PASSWORD=YES", [](Config& c) { c.dashboard.no_password = true; }},
      {"WAXWING_DASHBOARD_LINKS=Rules = http://a/?b=c;Two=https://d",
       [](Config& c) {
         c.dashboard.links = {{"Rules", "http://a/?b=c"}, {"Two", "https://d"}};
       }},
      {"WHATSAPP_SWAGGER_ENABLED=0", [](Config& c) { c.swagger.enabled = false; }},
      {"WHATSAPP_SWAGGER_USERNAME=u", [](Config& c) { c.swagger.username = "u"; }},
      {"WHATSAPP_SWAGGER_PASSWORD=p", [](Config& c) { c.swagger.password = "p"; }},
      {"WHATSAPP_SWAGGER_NO_PASSWORD=1", [](Config& c) { c.swagger.no_password = true; }},
      {"WHATSAPP_SWAGGER_CONFIG_ADVANCED=true", [](Config& c) { c.swagger.advanced = true; }},
      {"WHATSAPP_SWAGGER_TITLE=t", [](Config& c) { c.swagger.title = "t"; }},
      {"WHATSAPP_SWAGGER_DESCRIPTION=d", [](Config& c) { c.swagger.description = "d"; }},
      {"WHATSAPP_SWAGGER_EXTERNAL_DOC_URL=http://d",
       [](Config& c) { c.swagger.external_doc_url = "http://d"; }},
      {"WAHA_PROMETHEUS_ENABLED=true", [](Config& c) { c.metrics.enabled = true; }},
      {"WAHA_PROMETHEUS_PATH=/m", [](Config& c) { c.metrics.path = "/m"; }},
      {"WAHA_PROMETHEUS_METRIC_PREFIX=x_", [](Config& c) { c.metrics.prefix = "x_"; }},
      {"WAHA_PROMETHEUS_HTTP_DURATION_BUCKETS=0.1,1",
       [](Config& c) {
         c.metrics.http_duration_buckets = {0.1, 1};
       }},
      {"WAHA_PROMETHEUS_USERNAME=u", [](Config& c) { c.metrics.username = "u"; }},
      {"WAHA_PROMETHEUS_PASSWORD=p", [](Config& c) { c.metrics.password = "p"; }},
      {"WAHA_PROMETHEUS_TRACK_EVENTS=message",
       [](Config& c) { c.metrics.track_events = {"message"}; }},
      {"WHATSAPP_HEALTH_MEDIA_FILES_THRESHOLD_MB=1",
       [](Config& c) { c.health.media_files_threshold_mb = 1; }},
      {"WHATSAPP_HEALTH_SESSIONS_FILES_THRESHOLD_MB=2",
       [](Config& c) { c.health.sessions_files_threshold_mb = 2; }},
      {"WHATSAPP_HEALTH_SESSION_FILES_THRESHOLD_MB=3",
       [](Config& c) { c.health.sessions_files_threshold_mb = 3; }},
      {"WHATSAPP_DOWNLOAD_MEDIA=false", [](Config& c) { c.media.download = false; }},
      {"WHATSAPP_FILES_MIMETYPES=audio,image/png",
       [](Config& c) {
         c.media.mimetypes = {"audio", "image/png"};
       }},
      {"WHATSAPP_FILES_FOLDER=/f", [](Config& c) { c.media.folder = "/f"; }},
      {"WHATSAPP_FILES_LIFETIME=0", [](Config& c) { c.media.lifetime = seconds(0); }},
  };
  return rows;
}

TEST(Environment, EachVariableSetsItsOptionAndNothingElse) {
  for (const Case& row : cases()) {
    Config expected;
    row.effect(expected);
    EXPECT_NE(expected, Config{}) << row.variable << " would not show";
    EXPECT_EQ(config_of({row.variable}), expected) << row.variable;
  }
}

TEST(Environment, EveryVariableOfTheSchemaIsTestedHere) {
  std::set<std::string> tested;
  for (const Case& row : cases()) {
    tested.insert(std::string(row.variable).substr(0, std::string(row.variable).find('=')));
  }
  const std::function<void(const Json&)> visit = [&](const Json& node) {
    if (node.is_object() && node.contains("x-env")) {
      for (const Json& entry : node["x-env"]) {
        const std::string name =
            entry.is_string() ? entry.get<std::string>() : entry["name"].get<std::string>();
        EXPECT_TRUE(tested.contains(name)) << name;
      }
    }
    if (node.is_structured()) {
      for (const Json& child : node) {
        visit(child);
      }
    }
  };
  visit(schema_document());
}

TEST(Environment, TheStrongerNameWins) {
  EXPECT_EQ(config_of({"WHATSAPP_API_PORT=1", "PORT=2"}).http.port, 2);
  EXPECT_EQ(config_of({"WAHA_API_KEY=a", "WHATSAPP_API_KEY=b"}).security.api_key, "b");
  EXPECT_EQ(config_of({"WAHA_LOG_LEVEL=error", "DEBUG=1"}).log.level, log::Level::Debug);
  EXPECT_EQ(config_of({"WAHA_LOG_LEVEL=error", "DEBUG=0"}).log.level, log::Level::Error);
  EXPECT_EQ(config_of({"DEBUG=some:module"}).log.level, log::Level::Info);
}

TEST(Environment, BeatsYaml) {
  const Config config = config_of(
      {"WHATSAPP_API_PORT=81", "WHATSAPP_START_SESSION=x", "WAHA_LOCAL_STORE_BASE_DIR=/e"},
      "http: {port: 80, host: h}\nlifecycle: {autostart: [a, b]}\n"
      "storage: {local: {config: {path: /y, shards: 2}}}\n");
  EXPECT_EQ(config.http.port, 81);
  EXPECT_EQ(config.http.host, "h");
  EXPECT_EQ(config.lifecycle.autostart, std::vector<std::string>{"x"});
  EXPECT_EQ(config.storages.at("local").config_json, R"({"path":"/e","shards":2})");
}

TEST(Environment, EmptyCountsAsNotSet) {
  EXPECT_EQ(config_of({"WHATSAPP_API_PORT=", "WAHA_API_KEY=", "WAHA_PRINT_QR=  ", "PORT"}),
            Config{});
}

TEST(Environment, BadValuesNameTheVariable) {
  EXPECT_EQ(error_of({"WHATSAPP_API_PORT=http"}),
            "env WHATSAPP_API_PORT: must be an integer number");
  EXPECT_EQ(error_of({"WHATSAPP_API_PORT=70000"}),
            "env WHATSAPP_API_PORT: must not be greater than 65535");
  EXPECT_EQ(error_of({"WHATSAPP_API_PORT=99999999999999999999"}),
            "env WHATSAPP_API_PORT: must be an integer number");
  EXPECT_EQ(error_of({"WAHA_NO_API_KEY=yes"}), "env WAHA_NO_API_KEY: must be true, false, 1 or 0");
  EXPECT_EQ(error_of({"WAHA_DASHBOARD_ENABLED=on"}),
            "env WAHA_DASHBOARD_ENABLED: must be true, false, 1, 0, yes or no");
  EXPECT_THAT(error_of({"WAHA_LOG_LEVEL=loud"}), HasSubstr("env WAHA_LOG_LEVEL: must be one of"));
  EXPECT_THAT(error_of({"WHATSAPP_START_SESSION=a,b c"}),
              HasSubstr("env WHATSAPP_START_SESSION: lifecycle.autostart.1: must be 1 to 54"));
}

TEST(Environment, BadWebhooksAbortAndAreAllNamed) {
  const std::string text =
      error_of({"WHATSAPP_HOOK_URL=localhost", "WHATSAPP_HOOK_EVENTS=message,nonsense",
                "WHATSAPP_HOOK_RETRIES_POLICY=often", "WHATSAPP_HOOK_RETRIES_DELAY_SECONDS=soon",
                "WHATSAPP_HOOK_RETRIES_ATTEMPTS=-1", "WHATSAPP_HOOK_CUSTOM_HEADERS=A:http://x"});
  for (const char* name : {"URL", "EVENTS", "RETRIES_POLICY", "RETRIES_DELAY_SECONDS",
                           "RETRIES_ATTEMPTS", "CUSTOM_HEADERS"}) {
    EXPECT_THAT(text, HasSubstr(std::string("env WHATSAPP_HOOK_") + name + ": "));
  }
  EXPECT_THAT(error_of({"WHATSAPP_HOOK_CUSTOM_HEADERS=A B:x"}), HasSubstr("HTTP header"));
}

TEST(Environment, WarnsOfWhatHasNoMeaning) {
  const auto result = with({"WAHA_PRNT_QR=1", "WAHA_S3_BUCKET=b", "WAHA_GOWS_DEVICE_X=1",
                            "WHATSAPP_SOMETHING=1", "HOME=/root", "WAHA_PRINT_QR=1"});
  ASSERT_TRUE(result.has_value());
  EXPECT_THAT(result->warnings, ElementsAre(HasSubstr("env WAHA_GOWS_DEVICE_X: not used: "),
                                            "env WAHA_PRNT_QR: not known",
                                            "env WAHA_S3_BUCKET: not used: Media come later.",
                                            "env WHATSAPP_SOMETHING: not known"));
  EXPECT_THAT(with({"WAHA_PRINT_QR=1"})->warnings, IsEmpty());
}

}  // namespace
}  // namespace waxwing::config
