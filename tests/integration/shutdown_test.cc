// SPDX-License-Identifier: Apache-2.0
// The end of the server: by signal, by request, with requests under way, by force.
#include <signal.h>

#include <thread>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

TEST(Shutdown, SigtermAndSigintEndItWell) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ServerProcess server;
    ASSERT_TRUE(server.start());
    HttpClient http = server.client();
    create_echo(http, "a", R"({"loginAfterMs":0})");
    ASSERT_TRUE(wait_for_status(http, "a", "WORKING"));
    server.send_signal(signal);
    EXPECT_EQ(server.wait_end(), (Ending{0, 0})) << server.log();
    const std::string log = server.log();
    EXPECT_NE(log.find("server.stopping"), std::string::npos);
    EXPECT_NE(log.find("server.stopped"), std::string::npos) << "the log is written to its end";
    EXPECT_EQ(http.get("/ping").status, 0);
  }
}

TEST(Shutdown, ByRequest) {
  for (const char* body : {"", "{}", R"({"force":false})"}) {
    ServerProcess server;
    ASSERT_TRUE(server.start());
    HttpClient http = server.client();
    const Reply reply = http.post("/api/server/stop", body);
    EXPECT_EQ(reply.status, 201) << reply;
    EXPECT_EQ(reply.json(), R"({"stopping":true})");
    EXPECT_EQ(server.wait_end(), (Ending{0, 0})) << server.log();
  }
}

TEST(Shutdown, ByForce) {
  ServerProcess server;
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  EXPECT_EQ(http.post("/api/server/stop", R"({"force":"yes"})").status, 400);
  create_echo(http, "a", R"({"loginAfterMs":0,"neverAnswer":["stop"]})");
  ASSERT_TRUE(wait_for_status(http, "a", "WORKING"));
  EXPECT_EQ(http.post("/api/server/stop", R"({"force":true})").status, 201);
  const auto ending = server.wait_end();
  ASSERT_TRUE(ending.has_value());
  EXPECT_FALSE(*ending == (Ending{0, 0}));
  // As after any kill.
  ASSERT_TRUE(server.start());
  HttpClient again = server.client();
  EXPECT_TRUE(wait_for_status(again, "a", "WORKING"));
  server.set_stop_limit(kPatience * 2);
}

TEST(Shutdown, RequestsUnderWayAreAnswered) {
  ServerProcess server({.yaml = "lifecycle: {stop_timeout_s: 2}\nmetrics: {enabled: true}\n",
                        .env = {},
                        .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  create_echo(http, "a", R"({"loginAfterMs":0,"neverAnswer":["stop"]})");
  ASSERT_TRUE(wait_for_status(http, "a", "WORKING"));
  Reply stopped;
  const std::size_t before = server.log().size();
  std::thread waiting([&] {
    HttpClient own = server.client();
    stopped = own.post(session_path("a", "/stop"));
  });
  // Two are under way: this question, and the stop.
  EXPECT_TRUE(wait_until([&] {
    const std::string metrics = http.get("/metrics").body;
    const auto line = metrics.find("\nwaha_http_requests_in_flight{");
    return line != std::string::npos && metrics.compare(metrics.find(' ', line), 3, " 2\n") == 0;
  }));
  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait_end(), (Ending{0, 0})) << server.log().substr(before);
  waiting.join();
  EXPECT_EQ(stopped.status, 201) << stopped;
}

TEST(Shutdown, AClientThatWaitsDoesNotHoldItForEver) {
  ServerProcess server({.yaml = "http: {drain_s: 1, guard_wait_ms: 600000}\n"
                                "lifecycle: {start_timeout_s: 3600}\n",
                        .env = {},
                        .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  create_echo(http, "a", R"({"startDelayMs":3600000})");
  Reply reply;
  std::thread waiting([&] {
    HttpClient own = server.client();
    reply = own.get("/api/a/auth/qr");
  });
  HttpClient idle = server.client();
  EXPECT_EQ(idle.get("/ping").status, 200);
  server.terminate();
  waiting.join();
  EXPECT_TRUE(reply.status == 0 || reply.status >= 400) << reply;
}

TEST(Shutdown, SessionsKeepTheirPlace) {
  ServerProcess server;
  ASSERT_TRUE(server.start());
  {
    HttpClient http = server.client();
    create_echo(http, "a", R"({"loginAfterMs":0})");
    ASSERT_TRUE(wait_for_status(http, "a", "WORKING"));
    EXPECT_EQ(http.post("/api/server/stop").status, 201);
  }
  EXPECT_EQ(server.wait_end(), (Ending{0, 0}));
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  EXPECT_TRUE(wait_for_status(http, "a", "WORKING"));
}

TEST(Shutdown, ASecondSignalEndsAtOnce) {
  ServerProcess server({.yaml = "lifecycle: {stop_timeout_s: 20}\n", .env = {}, .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  create_echo(http, "a", R"({"loginAfterMs":0,"neverAnswer":["stop"]})");
  ASSERT_TRUE(wait_for_status(http, "a", "WORKING"));
  server.send_signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_log("server.stopping"));
  server.send_signal(SIGTERM);
  const auto ending = server.wait_end();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->signal, SIGTERM);
}

}  // namespace
}  // namespace waxwing::testing
