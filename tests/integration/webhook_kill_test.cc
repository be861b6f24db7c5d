// SPDX-License-Identifier: Apache-2.0
// kill -9 of the server again and again under load: every event whose sender saw 201 arrives, with
// one id, and each chat's events arrive in order.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "shared_server.hpp"
#include "support/receiver.hpp"

namespace waxwing::testing {
namespace {

constexpr int kKills = kTimeScale > 1 ? 25 : 200;
constexpr int kSenders = 3;

// Sends numbered texts to a chat of its own until the server is gone.
class Sender {
 public:
  explicit Sender(int number) : chat_(std::to_string(number) + "@c.us") {}

  void send_all(HttpClient http) {
    while (true) {
      const std::string text = std::to_string(++last_);
      const Reply reply = http.post(
          "/api/sendText", R"({"session":"s","chatId":")" + chat_ + R"(","text":")" + text + "\"}");
      if (reply.status == 0) {
        return;
      }
      if (reply.status == 201) {
        acknowledged_.insert(last_);
        ++count_;
      }
    }
  }

  [[nodiscard]] const std::string& chat() const noexcept { return chat_; }
  [[nodiscard]] const std::set<int>& acknowledged() const noexcept { return acknowledged_; }
  // Their number, from any thread.
  [[nodiscard]] int count() const noexcept { return count_; }

 private:
  const std::string chat_;
  int last_ = 0;
  std::set<int> acknowledged_;
  std::atomic<int> count_{0};
};

struct Arrivals {
  std::map<std::string, std::vector<int>> firsts;            // by chat, in the order of coming
  std::map<std::string, std::set<std::string>> ids_by_text;  // "chat/text"
};

Arrivals arrivals_of(const std::vector<Received>& all) {
  Arrivals out;
  for (const Received& one : all) {
    const Value event = one.json();
    const std::string chat = event.at("payload.from").text();
    const std::string text = event.at("payload.body").text();
    auto& ids = out.ids_by_text[chat + "/" + text];
    if (ids.empty()) {
      out.firsts[chat].push_back(std::atoi(text.c_str()));
    }
    ids.insert(event["id"].text());
  }
  return out;
}

TEST(WebhookKill, NothingThatWasAcknowledgedIsLost) {
  std::mt19937 random(20260728);
  std::atomic<unsigned> count{0};
  // One request in seven fails.
  const Receiver receiver(
      [&](const Received&) { return Reaction{.status = ++count % 7 == 0 ? 500 : 200}; });
  ServerProcess server;
  ASSERT_TRUE(server.start());
  const Reply made = server.client().post(
      "/api/sessions",
      R"({"name":"s","config":{"echo":{"loginAfterMs":0,"echoAfterMs":3600000},"webhooks":[{"url":")" +
          receiver.url() +
          R"(","events":["message.any"],"retries":{"delaySeconds":0,"attempts":100}}]}})");
  ASSERT_EQ(made.status, 201) << made;

  std::vector<std::unique_ptr<Sender>> senders;
  for (int i = 0; i < kSenders; ++i) {
    senders.push_back(std::make_unique<Sender>(i));
  }
  for (int kill = 0; kill < kKills; ++kill) {
    if (kill > 0) {
      ASSERT_TRUE(server.start());
    }
    HttpClient http = server.client();
    ASSERT_TRUE(wait_for_status(http, "s", "WORKING"));
    std::vector<std::thread> threads;
    for (const auto& sender : senders) {
      threads.emplace_back([&sender, &server] { sender->send_all(server.client()); });
    }
    // Every other time something came through for certain, however busy the machine is.
    const int before = senders.front()->count();
    EXPECT_TRUE(kill % 2 == 0 || wait_until([&] { return senders.front()->count() > before; }));
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random() % 60'000));
    server.kill9();
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  ASSERT_TRUE(
      wait_until([&] { return http.get("/api/s/webhooks").json().at("0.pending").number() == 0; }));

  const Arrivals arrivals = arrivals_of(receiver.all());
  std::size_t acknowledged = 0;
  for (const auto& sender : senders) {
    acknowledged += sender->acknowledged().size();
    const auto it = arrivals.firsts.find(sender->chat());
    ASSERT_NE(it, arrivals.firsts.end());
    const auto unsorted = std::is_sorted_until(it->second.begin(), it->second.end());
    EXPECT_EQ(unsorted, it->second.end())
        << sender->chat() << ": " << *unsorted << " came behind " << *(unsorted - 1);
    const std::set<int> arrived(it->second.begin(), it->second.end());
    for (const int number : sender->acknowledged()) {
      EXPECT_TRUE(arrived.contains(number)) << sender->chat() << " lost " << number;
    }
  }
  for (const auto& [text, ids] : arrivals.ids_by_text) {
    EXPECT_EQ(ids.size(), 1U) << text << " came under several ids";
  }
  EXPECT_GE(acknowledged, static_cast<std::size_t>(kKills / 2));
  RecordProperty("acknowledged", static_cast<int>(acknowledged));
  RecordProperty("requests", static_cast<int>(receiver.count()));
  std::printf("kills: %d, acknowledged: %zu, requests at the receiver: %zu\n", kKills, acknowledged,
              receiver.count());
}

}  // namespace
}  // namespace waxwing::testing
