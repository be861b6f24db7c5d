// SPDX-License-Identifier: Apache-2.0
// A running server with routes for every kind of handler, good and bad.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "http/feed.hpp"
#include "http/server.hpp"
#include "support/raw_client.hpp"

namespace waxwing::http::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Answers on a thread of its own, in the order asked.
class Answerer {
 public:
  Answerer();
  ~Answerer();
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;
  void run(std::function<void()> job);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> jobs_;  // guarded by mutex_
  bool stopped_ = false;                     // guarded by mutex_
  std::thread thread_;
};

// Routes:
//   GET  /hello           {"hello":true}
//   GET  /id/{id}         the id, at once; /async/{id} the id, from another thread
//   POST /echo            the body; /big the size of a body of up to 50 MiB
//   GET  /blob/{size}     that many octets
//   GET  /held            kept until answer_held()
//   GET  /drop, /throw, /throw-int
//   GET  /ws, /events     a WebSocket and an event stream of a feed in `feeds`
class ServerTest : public testing::Test {
 protected:
  // Called by SetUp() with options(); again by tests that want others.
  void start(ServerOptions options);
  void SetUp() override { start({}); }
  void TearDown() override;

  [[nodiscard]] std::uint16_t port() const { return server->port(); }
  [[nodiscard]] Client connect() const { return Client(port()); }
  // Waits until so many requests are held by /held.
  void await_held(std::size_t count);
  void answer_held(int status = 200);
  void drop_held();
  // Waits until so many clients have come to /ws and /events; the newest one's feed.
  std::shared_ptr<Feed> await_feed(std::size_t count = 1);
  // Waits until `reached`, fails the test when that takes too long.
  static bool eventually(const std::function<bool()>& reached,
                         std::chrono::milliseconds patience = kPatience);
  // A new client gets its answer.
  void expect_service();

  Answerer answerer;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Responder> held;               // guarded by mutex
  int cancelled = 0;                         // guarded by mutex
  std::vector<std::shared_ptr<Feed>> feeds;  // guarded by mutex
  FeedLimits feed_limits;
  std::chrono::milliseconds pulse{60'000};
  std::atomic<int> listening{0};  // companions alive
  std::unique_ptr<Server> server;
};

[[nodiscard]] Message message(std::string text, std::string id = {});

// Open descriptors of this process.
std::size_t open_descriptors();
// User and system time of this process.
std::chrono::microseconds cpu_time();
// `wanted`, or what this process may open (two descriptors each) and a sanitizer can bear.
std::size_t scaled(std::size_t wanted);

}  // namespace waxwing::http::test
