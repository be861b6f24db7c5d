// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments: what was answered is there afterwards, what was deleted is not.
#include <map>
#include <random>
#include <thread>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

constexpr int kRounds = kTimeScale > 1 ? 10 : 30;
constexpr int kClients = 3;
constexpr int kNames = 4;  // of each client

// What is known of a session.
struct Known {
  bool exists = false;
  bool runs = false;
  int mark = 0;  // in its config

  friend bool operator==(const Known&, const Known&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Known& known) {
    return known.exists ? out << (known.runs ? "running" : "stopped") << " with mark " << known.mark
                        : out << "not there";
  }
};

// One client with sessions of its own; it knows what the server must know.
class Worker {
 public:
  explicit Worker(int number) : number_(number), random_(static_cast<unsigned>(number) + 77) {}

  // Until the server is gone.
  void work(HttpClient http) {
    while (true) {
      const std::string name = name_of(static_cast<int>(random_() % kNames));
      if (!change(http, name)) {
        return;
      }
    }
  }

  // Compares, and takes over what was left open by the kill.
  void check(HttpClient& http) {
    for (int i = 0; i < kNames; ++i) {
      const std::string name = name_of(i);
      const Known seen = look(http, name);
      if (open_name_ == name && seen == open_) {
        known_[name] = open_;
      }
      EXPECT_EQ(seen, known_[name]) << name << ", open: " << (open_name_ == name ? "yes" : "no");
      known_[name] = seen;
    }
    open_name_.clear();
  }

  // Sessions that have to be WORKING.
  [[nodiscard]] std::vector<std::string> running() const {
    std::vector<std::string> all;
    for (const auto& [name, known] : known_) {
      if (known.exists && known.runs) {
        all.push_back(name);
      }
    }
    return all;
  }
  [[nodiscard]] int done() const { return done_; }

 private:
  [[nodiscard]] std::string name_of(int i) const {
    return "w" + std::to_string(number_) + "-" + std::to_string(i);
  }

  static Known look(HttpClient& http, const std::string& name) {
    const Reply reply = http.get(session_path(name));
    if (reply.status != 200) {
      EXPECT_EQ(reply.status, 404) << reply;
      return {};
    }
    const Value session = reply.json();
    return {true, session["assignedWorker"].exists(),
            std::atoi(session.at("config.metadata.mark").text().c_str())};
  }

  // False when the server did not answer.
  bool change(HttpClient& http, const std::string& name) {
    const Known before = known_[name];
    Known after = before;
    Reply reply;
    const int mark = ++marks_;
    const std::string config =
        R"({"echo":{"loginAfterMs":0},"metadata":{"mark":")" + std::to_string(mark) + "\"}}";
    if (!before.exists) {
      after = {true, random_() % 2 == 0, mark};
      open(name, after);
      reply = http.post("/api/sessions", "{\"name\":" + json_text(name) +
                                             ",\"start\":" + (after.runs ? "true" : "false") +
                                             ",\"config\":" + config + "}");
    } else {
      switch (random_() % 4) {
        case 0:
          after = {};
          open(name, after);
          reply = http.del(session_path(name));
          break;
        case 1:
          after.runs = true;
          open(name, after);
          reply = http.post(session_path(name, random_() % 2 == 0 ? "/start" : "/restart"));
          break;
        case 2:
          after.runs = false;
          open(name, after);
          reply = http.post(session_path(name, "/stop"));
          break;
        default:
          after.mark = mark;
          open(name, after);
          reply = http.put(session_path(name), "{\"config\":" + config + "}");
          break;
      }
    }
    if (reply.status == 0) {
      return false;
    }
    EXPECT_TRUE(reply.status == 200 || reply.status == 201) << name << reply;
    known_[name] = after;
    open_name_.clear();
    ++done_;
    return true;
  }

  // The change that is under way: after a kill it happened or it did not.
  void open(const std::string& name, const Known& after) {
    open_name_ = name;
    open_ = after;
  }

  int number_;
  std::minstd_rand random_;
  std::map<std::string, Known> known_;
  std::string open_name_;
  Known open_;
  int marks_ = 0;
  int done_ = 0;
};

TEST(Kill, WhatWasAnsweredSurvivesAtAnyMoment) {
  ServerProcess server({.yaml = "storage: {local: {config: {shards: 4}}}\n"
                                "lifecycle: {starts_per_s: 1000}\n",
                        .env = {},
                        .arguments = {}});
  std::minstd_rand random(20'240);
  std::vector<Worker> workers;
  for (int i = 0; i < kClients; ++i) {
    workers.emplace_back(i);
  }
  for (int round = 0; round < kRounds && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    if (round % 5 == 4) {
      // While it is still starting.
      server.spawn();
      std::ignore = server.wait_for_log("no such text", 0, Millis(random() % 400));
      server.kill9();
    }
    ASSERT_TRUE(server.start());
    HttpClient http = server.client();
    for (Worker& worker : workers) {
      worker.check(http);
    }
    std::vector<std::thread> threads;
    for (Worker& worker : workers) {
      threads.emplace_back([&] { worker.work(server.client()); });
    }
    std::ignore = server.wait_for_log("no such text", 0, Millis(5 + random() % 120));
    server.kill9();
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  int done = 0;
  for (Worker& worker : workers) {
    worker.check(http);
    done += worker.done();
    for (const std::string& name : worker.running()) {
      wait_for_status(http, name, "WORKING");
    }
  }
  EXPECT_GT(done, kRounds) << "too few changes to mean anything";
  RecordProperty("changes", done);
}

TEST(Kill, ADeletedSessionsDataDoesNotComeBack) {
  ServerProcess server;
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  bring_to(http, "a", "WORKING");
  ASSERT_EQ(http.del(session_path("a")).status, 200);
  server.kill9();
  ASSERT_TRUE(server.start());
  HttpClient again = server.client();
  EXPECT_EQ(status_of(again, "a"), "(404)");
  create_echo(again, "a", R"({"loginAfterMs":null})");
  EXPECT_TRUE(wait_for_status(again, "a", "SCAN_QR_CODE")) << "the old login is still there";
}

TEST(Kill, AccountAndLoginSurvive) {
  ServerProcess server;
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  create_echo(http, "a", R"({"loginAfterMs":0,"phone":"4912345"})");
  ASSERT_TRUE(wait_for_status(http, "a", "WORKING"));
  const Value me = http.get(session_path("a", "/me")).json();
  ASSERT_EQ(me["id"].text(), "4912345@c.us");
  // Durable for sure once a later change of the same session was answered.
  ASSERT_EQ(http.put(session_path("a"), R"({"config":{"echo":{"loginAfterMs":null}}})").status,
            200);
  server.kill9();
  ASSERT_TRUE(server.start());
  HttpClient again = server.client();
  EXPECT_EQ(again.get(session_path("a", "/me")).json(), me);
  EXPECT_TRUE(wait_for_status(again, "a", "WORKING"));
}

}  // namespace
}  // namespace waxwing::testing
