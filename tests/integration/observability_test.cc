// SPDX-License-Identifier: Apache-2.0
// What the server says of itself: liveness, health, version, environment, metrics, documents, its
// log.
#include "base/digest.hpp"
#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

class Observability : public SharedServer<Observability> {
 public:
  static ServerOptions options() {
    return {.yaml = "",
            .env = {{"WAHA_PROMETHEUS_ENABLED", "true"},
                    {"WAHA_PROMETHEUS_USERNAME", "scraper"},
                    {"WAHA_PROMETHEUS_PASSWORD", "metrics-secret"},
                    {"WAHA_PROMETHEUS_TRACK_EVENTS", "*"},
                    {"WAHA_WORKER_ID", "worker-1"},
                    {"WHATSAPP_PROXY_SERVER", "localhost:3128"},
                    {"WHATSAPP_PROXY_SERVER_USERNAME", "proxy-user"},
                    {"WHATSAPP_PROXY_SERVER_PASSWORD", "proxy-secret"},
                    {"WHATSAPP_HOOK_CUSTOM_HEADERS", "Authorization:hook-secret"},
                    {"OTHER_SETTING", "seen"},
                    {"OTHER_PASSWORD", "other-secret"},
                    {"WAHA_LOG_LEVEL", "trace"},
                    {"WAHA_HTTP_LOG_LEVEL", "trace"}},
            .arguments = {}};
  }

 protected:
  Reply metrics() { return http_.get("/metrics", {{"Authorization", basic("metrics-secret")}}); }
  static std::string basic(const std::string& password) {
    return "Basic " + base64_encode("scraper:" + password);
  }
};

TEST_F(Observability, Ping) {
  const Reply reply = server().client_with("").get("/ping");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"message":"pong"})");
}

TEST_F(Observability, Health) {
  const Reply reply = http_.get("/health");
  EXPECT_EQ(reply.status, 200) << reply;
  const Value body = reply.json();
  EXPECT_EQ(body["status"].text(), "ok");
  EXPECT_EQ(body["error"], "{}");
  EXPECT_EQ(body["info"], body["details"]);
  const Value sessions = body["details"]["sessionsFiles.space"];
  EXPECT_EQ(sessions["status"].text(), "up") << reply;
  EXPECT_GT(sessions["free"].number(), 0) << reply;
  EXPECT_EQ(sessions["threshold"].number(), 100 * 1024 * 1024) << reply;
}

TEST_F(Observability, Version) {
  for (const char* path : {"/api/version", "/api/server/version"}) {
    const Value body = http_.get(path).json();
    EXPECT_NE(body["version"].text(), "") << body;
    EXPECT_EQ(body["engine"].text(), "ECHO");
    EXPECT_EQ(body["tier"].text(), "CORE");
    EXPECT_TRUE(body["browser"].is_null());
    EXPECT_EQ(body["platform"].text().substr(0, 6), "linux/");
    EXPECT_EQ(body.at("worker.id").text(), "worker-1");
  }
}

TEST_F(Observability, Status) {
  const Value first = http_.get("/api/server/status").json();
  EXPECT_GT(first["startTimestamp"].number(), 1'600'000'000'000);
  EXPECT_GE(first["uptime"].number(), 0);
  const Value second = http_.get("/api/server/status").json();
  EXPECT_EQ(first["startTimestamp"], second["startTimestamp"]);
  EXPECT_GE(second["uptime"].number(), first["uptime"].number());
}

TEST_F(Observability, EnvironmentMasksSecrets) {
  const Reply ours = http_.get("/api/server/environment");
  EXPECT_EQ(ours.status, 200);
  EXPECT_EQ(ours.json()["WAHA_WORKER_ID"].text(), "worker-1");
  EXPECT_EQ(ours.json()["WHATSAPP_PROXY_SERVER"].text(), "localhost:3128");
  EXPECT_FALSE(ours.json()["OTHER_SETTING"].exists());
  for (const std::string& name : ours.json().keys()) {
    EXPECT_TRUE(name.starts_with("WAHA_") || name.starts_with("WHATSAPP_") || name == "DEBUG")
        << name;
  }
  const Reply all = http_.get("/api/server/environment?all=true");
  EXPECT_EQ(all.json()["OTHER_SETTING"].text(), "seen");
  for (const Reply& reply : {ours, all}) {
    for (const char* secret : {kTestApiKey, "password-of-the-tests", "metrics-secret",
                               "proxy-secret", "hook-secret", "other-secret"}) {
      EXPECT_EQ(reply.body.find(secret), std::string::npos) << secret;
    }
  }
  EXPECT_TRUE(ours.json()["WAHA_API_KEY"].exists());
  EXPECT_EQ(http_.get("/api/server/environment?all=maybe").status, 400);
}

TEST_F(Observability, MetricsNeedTheirPassword) {
  for (const Reply& reply :
       {http_.get("/metrics"), http_.get("/metrics", {{"Authorization", basic("wrong")}})}) {
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.header("www-authenticate").substr(0, 6), "Basic ");
  }
  const Reply reply = metrics();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type").substr(0, 10), "text/plain");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
}

TEST_F(Observability, MetricsCount) {
  create_echo(http_, "counted", R"({"loginAfterMs":0,"echoAfterMs":0})");
  ASSERT_TRUE(wait_for_status(http_, "counted", "WORKING"));
  ASSERT_EQ(
      http_.post("/api/sendText", R"({"session":"counted","chatId":"1234567@c.us","text":"x"})")
          .status,
      201);
  const auto has = [&](const std::string& text) {
    return wait_until([&] { return metrics().body.find(text) != std::string::npos; },
                      Millis(3'000) * kTimeScale);
  };
  for (const char* line :
       {"waha_up{worker=\"worker-1\"} 1", "waha_info{", "waha_http_requests_total{",
        "waha_http_request_duration_seconds_bucket{", "waha_sessions{", "waha_session_status{",
        "waha_session_status_change_timestamp_seconds{", "waha_session_activity_timestamp_seconds{",
        "waha_events_total{", "waha_messages_total{", "waha_plugin_loaded{",
        "waha_storage_commits_total{", "waha_http_connections{"}) {
    EXPECT_TRUE(has(line)) << line << "\n" << metrics().body;
  }
  EXPECT_TRUE(has("event=\"session.status\""));
  EXPECT_TRUE(has("fromMe=\"true\"")) << metrics().body;
  EXPECT_TRUE(has("fromMe=\"false\"")) << metrics().body;
  EXPECT_EQ(metrics().body.find("79111111"), std::string::npos);
}

TEST_F(Observability, TheDocumentDescribesTheCalls) {
  const Reply closed = server().client_with("").get("/-json");
  EXPECT_EQ(closed.status, 401);
  const Reply reply = http_.get(
      "/-json", {{"Authorization", "Basic " + base64_encode("admin:password-of-the-tests")}});
  ASSERT_EQ(reply.status, 200) << reply;
  const Value document = reply.json();
  EXPECT_EQ(document["openapi"].text().substr(0, 3), "3.1");
  for (const char* path : {"/api/sessions", "/api/sessions/{session}", "/api/{session}/auth/qr",
                           "/api/sessions/{session}/restart", "/api/screenshot", "/ping"}) {
    EXPECT_TRUE(document["paths"][path].exists()) << path;
  }
  EXPECT_NE(reply.body.find("loginAfterMs"), std::string::npos) << "the engine's own section";
}

TEST_F(Observability, TheLogKeepsSecretsToItself) {
  create_echo(http_, "secretive", R"({"loginAfterMs":0,"phone":"79998887766"})");
  const Reply made = http_.put(session_path("secretive"), R"({"config":{"debug":true,
      "proxy":{"server":"localhost:1","username":"u","password":"session-proxy-secret"},
      "webhooks":[{"url":"http://localhost:1/","events":["*"],"hmac":{"key":"session-hmac-secret"},
                   "customHeaders":[{"name":"Authorization","value":"session-header-secret"}]}],
      "echo":{"loginAfterMs":0}}})");
  ASSERT_EQ(made.status, 200) << made;
  ASSERT_TRUE(wait_for_status(http_, "secretive", "WORKING"));
  EXPECT_EQ(
      http_.get(std::string("/api/sessions?x-api-key=query-secret"), {{"X-Api-Key", kTestApiKey}})
          .status,
      200);
  EXPECT_EQ(server().client_with("").get("/api/sessions?x-api-key=wrong-secret").status, 401);
  EXPECT_EQ(server().client_with("wrong-header-secret").get("/api/sessions").status, 401);
  EXPECT_EQ(http_.get("/api/nothing?x-api-key=lost-secret").status, 404);
  EXPECT_EQ(http_
                .post("/api/sendText",
                      R"({"session":"secretive","chatId":"1234567@c.us","text":"body-secret"})")
                .status,
            201);
  EXPECT_EQ(http_.post("/api/sessions", "{\"name\":\"parse-secret\",").status, 400);
  const std::size_t mark = server().log().size();
  EXPECT_EQ(http_.get("/api/the-last-one").status, 404);
  ASSERT_TRUE(server().wait_for_log("/api/the-last-one", 0)) << mark;
  const std::string log = server().log();
  EXPECT_NE(log.find("http.request"), std::string::npos);
  for (const char* secret :
       {kTestApiKey, "password-of-the-tests", "metrics-secret", "proxy-secret", "hook-secret",
        "session-proxy-secret", "session-hmac-secret", "session-header-secret", "query-secret",
        "wrong-secret", "wrong-header-secret", "lost-secret", "body-secret", "parse-secret"}) {
    const auto at = log.find(secret);
    EXPECT_EQ(at, std::string::npos)
        << secret << " in: " << log.substr(at < 300 ? 0 : at - 300, 400);
  }
}

TEST_F(Observability, PingsAreNotLogged) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(http_.get("/ping").status, 200);
  }
  EXPECT_EQ(http_.get("/api/version").status, 200);
  ASSERT_TRUE(server().wait_for_log("\"path\":\"/api/version\""));
  EXPECT_EQ(server().log().find("\"path\":\"/ping\""), std::string::npos);
}

TEST(Metrics, AreOffUnlessAskedFor) {
  ServerProcess server;
  ASSERT_TRUE(server.start());
  EXPECT_EQ(server.client().get("/metrics").status, 404);
}

TEST(Metrics, PathAndPrefixMayBeChosen) {
  ServerProcess server(
      {.yaml = "metrics: {enabled: true, path: /m/x, prefix: wax_}\n", .env = {}, .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient anybody = server.client_with("");
  EXPECT_NE(anybody.get("/m/x").body.find("wax_up"), std::string::npos);
  EXPECT_EQ(anybody.get("/metrics").status, 404);
}

TEST(Health, IsDownWhenSpaceIsShort) {
  ServerProcess server({.yaml = "",
                        .env = {{"WHATSAPP_HEALTH_SESSIONS_FILES_THRESHOLD_MB", "900000000"}},
                        .arguments = {}});
  ASSERT_TRUE(server.start());
  const Reply reply = server.client().get("/health");
  EXPECT_EQ(reply.status, 503) << reply;
  EXPECT_EQ(reply.json()["status"].text(), "error");
  EXPECT_EQ(reply.json()["error"]["sessionsFiles.space"]["status"].text(), "down") << reply;
}

}  // namespace
}  // namespace waxwing::testing
