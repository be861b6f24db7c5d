// SPDX-License-Identifier: Apache-2.0
// Which sessions come back when the server starts again.
#include <sstream>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

class Boot : public ::testing::Test {
 protected:
  // Ends the server well, then starts it with that environment.
  void boot(std::map<std::string, std::string> env = {}) {
    if (server_.running()) {
      http_.reset();
      server_.terminate();
    }
    server_.options().env = std::move(env);
    ASSERT_TRUE(server_.start());
    http_ = std::make_unique<HttpClient>(server_.client());
  }
  HttpClient& http() { return *http_; }
  std::string worker_of(const std::string& name) {
    const Value worker = http().get(session_path(name)).json()["assignedWorker"];
    return worker.exists() ? "'" + worker.text() + "'" : "none";
  }

  ServerProcess server_;
  std::unique_ptr<HttpClient> http_;
};

TEST_F(Boot, RunningOnesComeBackAndStoppedOnesStay) {
  boot();
  for (const char* state : {"WORKING", "STOPPED", "SCAN_QR_CODE", "FAILED", "STARTING"}) {
    bring_to(http(), state, state);
  }
  bring_to(http(), "restopped", "WORKING");
  ASSERT_EQ(http().post(session_path("restopped", "/stop")).status, 201);
  boot();
  for (const char* state : {"WORKING", "STOPPED", "SCAN_QR_CODE", "FAILED", "STARTING"}) {
    wait_for_status(http(), state, state);
  }
  EXPECT_EQ(status_of(http(), "restopped"), "STOPPED");
  EXPECT_EQ(worker_of("restopped"), "none");
  EXPECT_NE(http().get(session_path("restopped", "/me")).body, "null") << "kept while stopped";
}

TEST_F(Boot, RestartSwitchedOff) {
  boot();
  bring_to(http(), "a", "WORKING");
  boot({{"WAHA_WORKER_RESTART_SESSIONS", "false"}});
  EXPECT_EQ(status_of(http(), "a"), "STOPPED");
  EXPECT_EQ(worker_of("a"), "''") << "it still belongs here";
  boot();
  wait_for_status(http(), "a", "WORKING");
}

TEST_F(Boot, SessionsOfAnotherWorkerStay) {
  boot({{"WAHA_WORKER_ID", "one"}});
  bring_to(http(), "a", "WORKING");
  EXPECT_EQ(worker_of("a"), "'one'");
  EXPECT_EQ(http().get("/api/server/status").json().at("worker.id").text(), "one");
  boot({{"WAHA_WORKER_ID", "two"}});
  bring_to(http(), "b", "WORKING");
  EXPECT_EQ(status_of(http(), "a"), "STOPPED");
  EXPECT_EQ(worker_of("a"), "'one'");
  boot({{"WAHA_WORKER_ID", "one"}});
  wait_for_status(http(), "a", "WORKING");
  EXPECT_EQ(status_of(http(), "b"), "STOPPED");
  // A start here takes it over.
  EXPECT_EQ(http().post(session_path("b", "/start")).status, 201);
  EXPECT_EQ(worker_of("b"), "'one'");
}

TEST_F(Boot, RestartAllTakesEveryone) {
  boot({{"WAHA_WORKER_ID", "one"}});
  bring_to(http(), "working", "WORKING");
  bring_to(http(), "stopped", "STOPPED");
  boot({{"WAHA_WORKER_ID", "two"}, {"WHATSAPP_RESTART_ALL_SESSIONS", "True"}});
  wait_for_status(http(), "working", "WORKING");
  wait_for_status(http(), "stopped", "SCAN_QR_CODE");
  EXPECT_EQ(worker_of("working"), "'two'");
}

TEST_F(Boot, StartSessionCreatesAndStarts) {
  boot();
  bring_to(http(), "old", "STOPPED");
  bring_to(http(), "other", "STOPPED");
  boot({{"WHATSAPP_START_SESSION", "old,new-1, new-2"}});
  for (const char* name : {"old", "new-1", "new-2"}) {
    ASSERT_TRUE(wait_until([&] { return status_of(http(), name) == "SCAN_QR_CODE"; }))
        << name << status_of(http(), name);
  }
  EXPECT_EQ(status_of(http(), "other"), "STOPPED");
}

TEST_F(Boot, SessionsOfTheFile) {
  server_.options().yaml = R"(
sessions:
  wanted: {start: true, config: {echo: {loginAfterMs: 0}, metadata: {team: a}}}
  known: {start: false, config: {metadata: {team: b}}}
)";
  boot();
  ASSERT_TRUE(wait_until([&] { return status_of(http(), "wanted") == "WORKING"; }));
  EXPECT_EQ(http().get(session_path("wanted")).json().at("config.metadata.team").text(), "a");
  EXPECT_EQ(status_of(http(), "known"), "(404)");
  // A request without a config takes that of the file.
  const Reply made = http().post("/api/sessions", R"({"name":"known","start":false})");
  EXPECT_EQ(made.json().at("config.metadata.team").text(), "b") << made;
  // Once it exists it is as the API left it.
  ASSERT_EQ(http().post(session_path("wanted", "/stop")).status, 201);
  boot();
  EXPECT_EQ(status_of(http(), "wanted"), "STOPPED");
}

TEST_F(Boot, ManyComeBackThoughOneIsStuck) {
  server_.options().yaml = "lifecycle: {starts_per_s: 1000, starts_at_once: 4}\n";
  boot();
  create_echo(http(), "a-stuck", R"({"neverAnswer":["start"]})");
  for (int i = 0; i < 40; ++i) {
    create_echo(http(), "s" + std::to_string(i), R"({"loginAfterMs":0})");
  }
  for (int i = 0; i < 40; ++i) {
    wait_for_status(http(), "s" + std::to_string(i), "WORKING");
  }
  boot();
  for (int i = 0; i < 40; ++i) {
    wait_for_status(http(), "s" + std::to_string(i), "WORKING");
  }
  EXPECT_EQ(status_of(http(), "a-stuck"), "STARTING");
}

TEST_F(Boot, AStopWhileItWaitsForItsTurnCounts) {
  server_.options().yaml = "lifecycle: {autostart_delay_s: 1}\n";
  boot();
  for (const char* name : {"a", "b", "c", "d"}) {
    bring_to(http(), name, "WORKING");
  }
  ASSERT_EQ(http().post(session_path("d", "/stop")).status, 201);
  boot({{"WHATSAPP_RESTART_ALL_SESSIONS", "true"}});
  EXPECT_EQ(http().post(session_path("b", "/stop")).json()["status"].text(), "STOPPED");
  EXPECT_EQ(http().post(session_path("d", "/stop")).json()["status"].text(), "STOPPED");
  wait_for_status(http(), "c", "WORKING");  // it comes after b, and a second before d
  ASSERT_EQ(http().post(session_path("a", "/stop")).status, 201);
  EXPECT_EQ(status_of(http(), "b"), "STOPPED");
  server_.options().yaml = "";
  boot();
  wait_for_status(http(), "c", "WORKING");
  for (const char* name : {"a", "b", "d"}) {
    EXPECT_EQ(status_of(http(), name), "STOPPED") << name;
    EXPECT_EQ(worker_of(name), "none") << name;
  }
}

TEST_F(Boot, OneAfterTheOtherWhenADelayIsSet) {
  server_.options().yaml = "lifecycle: {autostart_delay_s: 1}\n";
  boot();
  bring_to(http(), "a", "WORKING");
  bring_to(http(), "b", "WORKING");
  const std::size_t mark = server_.log().size();
  boot();
  wait_for_status(http(), "a", "WORKING");
  wait_for_status(http(), "b", "WORKING");
  http_.reset();
  server_.terminate();
  std::int64_t started_ms[2] = {};
  std::istringstream lines(server_.log().substr(mark));
  for (std::string text; std::getline(lines, text);) {
    const Value line = Value::parse(text);
    if (line["to"].text() == "STARTING") {
      started_ms[line["session"].text() == "b" ? 1 : 0] = line["time"].number();
    }
  }
  EXPECT_GE(started_ms[1] - started_ms[0], 900) << server_.log().substr(mark);
}

}  // namespace
}  // namespace waxwing::testing
