// SPDX-License-Identifier: Apache-2.0
// Many clients at once: on one session, on many, on all calls.
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

class Concurrency : public SharedServer<Concurrency> {
 public:
  static ServerOptions options() {
    return {.yaml = "lifecycle: {stop_timeout_s: 3}\n", .env = {}, .arguments = {}};
  }

 protected:
  // Runs `body` in `count` threads with a client each.
  static void together(int count, const std::function<void(int, HttpClient&)>& body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        HttpClient http = server().client();
        body(i, http);
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
};

TEST_F(Concurrency, OperationsOnOneSessionAreSerialised) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"loginAfterMs":0})");
  std::mutex mutex;
  std::map<int, int> answers;
  together(8, [&](int seed, HttpClient& http) {
    std::minstd_rand random(static_cast<unsigned>(seed) + 1);
    for (int i = 0; i < 25; ++i) {
      Reply reply;
      switch (random() % 7) {
        case 0:
          reply = http.post(session_path(name, "/start"));
          break;
        case 1:
          reply = http.post(session_path(name, "/stop"));
          break;
        case 2:
          reply = http.post(session_path(name, "/restart"));
          break;
        case 3:
          reply = http.post(session_path(name, "/logout"));
          break;
        case 4:
          reply = http.put(session_path(name), R"({"config":{"echo":{"loginAfterMs":0}}})");
          break;
        case 5:
          reply = http.get(session_path(name));
          break;
        default:
          reply = http.post("/api/sessions", "{\"name\":" + json_text(name) + "}");
          break;
      }
      const std::lock_guard lock(mutex);
      ++answers[reply.status];
    }
  });
  for (const auto& [status, count] : answers) {
    EXPECT_TRUE(status == 200 || status == 201 || status == 422 || status == 429)
        << count << " x " << status;
  }
  EXPECT_EQ(http_.post(session_path(name, "/restart")).status, 201);
  EXPECT_TRUE(wait_for_status(http_, name, "WORKING"));
  EXPECT_EQ(server().log().find("illegal_state"), std::string::npos);
}

// With deletes in between a session comes and goes under the others' hands.
TEST_F(Concurrency, CreateAndDeleteOfOneNameRace) {
  const std::string name = own_name();
  std::atomic<int> created = 0;
  std::mutex mutex;
  std::map<int, int> answers;
  together(6, [&](int i, HttpClient& http) {
    for (int round = 0; round < 20; ++round) {
      Reply reply;
      if (i % 3 == 0) {
        reply = http.post("/api/sessions",
                          "{\"name\":" + json_text(name) + ",\"config\":{\"echo\":{}}}");
        created += reply.status == 201 ? 1 : 0;
      } else if (i % 3 == 1) {
        reply = http.del(session_path(name));
        EXPECT_EQ(reply.status, 200) << reply;
      } else {
        reply = http.post(session_path(name, "/restart"));
      }
      const std::lock_guard lock(mutex);
      ++answers[reply.status];
    }
  });
  EXPECT_GT(created.load(), 0);
  for (const auto& [status, count] : answers) {
    EXPECT_TRUE(status == 200 || status == 201 || status == 404 || status == 422)
        << count << " x " << status;
  }
  EXPECT_EQ(http_.del(session_path(name)).status, 200);
  EXPECT_EQ(status_of(http_, name), "(404)");
}

TEST_F(Concurrency, OneOfManyCreatesOfANameWins) {
  for (int round = 0; round < 5; ++round) {
    const std::string name = own_name("-" + std::to_string(round));
    std::atomic<int> made = 0;
    std::atomic<int> refused = 0;
    together(6, [&](int, HttpClient& http) {
      const Reply reply =
          http.post("/api/sessions", "{\"name\":" + json_text(name) + ",\"start\":false}");
      made += reply.status == 201 ? 1 : 0;
      refused += reply.status == 422 ? 1 : 0;
    });
    EXPECT_EQ(made.load(), 1);
    EXPECT_EQ(refused.load(), 5);
  }
}

TEST_F(Concurrency, SessionsDoNotWaitForEachOther) {
  const std::string stuck = own_name("-stuck");
  create_echo(http_, stuck, R"({"loginAfterMs":0,"neverAnswer":["stop"]})");
  ASSERT_TRUE(wait_for_status(http_, stuck, "WORKING"));
  std::atomic<bool> stopped = false;
  std::thread waiting([&] {
    HttpClient http = server().client();
    EXPECT_EQ(http.post(session_path(stuck, "/stop")).status, 201);
    stopped = true;
  });
  // More sessions than loops: some share theirs with the stuck one.
  const auto from = SteadyClock::now();
  for (int i = 0; i < 6; ++i) {
    const std::string name = own_name("-" + std::to_string(i));
    create_echo(http_, name, R"({"loginAfterMs":0})");
    wait_for_status(http_, name, "WORKING");
    EXPECT_EQ(http_.post(session_path(name, "/restart")).status, 201);
    EXPECT_EQ(http_.del(session_path(name)).status, 200);
  }
  if (SteadyClock::now() - from < std::chrono::seconds(3)) {
    EXPECT_FALSE(stopped.load()) << "the others took less than its stop";
  }
  // Its own operations wait their turn, and it can be read meanwhile.
  EXPECT_EQ(http_.get(session_path(stuck)).status, 200);
  EXPECT_EQ(http_.del(session_path(stuck)).status, 200);
  waiting.join();
}

TEST_F(Concurrency, AWaitingRequestDoesNotHoldItsConnectionsNeighbours) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"startDelayMs":3600000})");
  std::atomic<int> answered = 0;
  std::vector<std::thread> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.emplace_back([&] {
      HttpClient http = server().client();
      answered += http.get("/api/" + name + "/auth/qr").status != 0 ? 1 : 0;
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(http_.get("/ping").status, 200);
  }
  EXPECT_EQ(http_.del(session_path(name)).status, 200);
  for (std::thread& thread : waiting) {
    thread.join();
  }
  EXPECT_EQ(answered.load(), 20);
}

}  // namespace
}  // namespace waxwing::testing
