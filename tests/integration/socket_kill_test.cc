// SPDX-License-Identifier: Apache-2.0
// kill -9 of the server again and again while a client listens: with `since` it misses nothing that
// a sender saw acknowledged, and what nobody listens to is not stored.
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "shared_server.hpp"
#include "support/listener.hpp"

namespace waxwing::testing {
namespace {

constexpr int kKills = kTimeScale > 1 ? 5 : 30;
const Headers kKeyHeader = {{"X-Api-Key", kTestApiKey}};

Reply say(HttpClient& http, const std::string& session, const std::string& text) {
  return http.post("/api/sendText",
                   R"({"session":")" + session + R"(","chatId":"1@c.us","text":")" + text + "\"}");
}

// Listens to the messages of one session, and always comes back with the last id that it saw.
class Consumer {
 public:
  explicit Consumer(std::string session) : session_(std::move(session)) {}

  void connect(std::uint16_t port) {
    listener_.emplace(port,
                      "/api/events?events=message.any&session=" + session_ +
                          "&since=" + (last_id_.empty() ? "begin" : last_id_),
                      kKeyHeader);
    ASSERT_EQ(listener_->status(), 200);
  }
  // Until the server is gone, or until that text.
  void hear_all(const std::string& last_text = {}) {
    while (true) {
      const Heard heard = listener_->next_event();
      if (!heard.is_event()) {
        return;
      }
      const std::string text = heard.json().at("payload.body").text();
      ids_by_text_[text].insert(heard.id);
      texts_.push_back(text);
      last_id_ = heard.id;
      if (text == last_text) {
        return;
      }
    }
  }
  void disconnect() { listener_.reset(); }

  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
  [[nodiscard]] const std::map<std::string, std::set<std::string>>& ids() const {
    return ids_by_text_;
  }

 private:
  const std::string session_;
  std::optional<Listener> listener_;
  std::string last_id_;
  std::vector<std::string> texts_;
  std::map<std::string, std::set<std::string>> ids_by_text_;
};

TEST(SocketKill, WhoComesBackMissesNothingThatWasAcknowledged) {
  std::mt19937 random(20261126);
  ServerProcess server;
  ASSERT_TRUE(server.start());
  HttpClient first = server.client();
  create_echo(first, "s", R"({"loginAfterMs":0,"echoAfterMs":3600000})");
  Consumer consumer("s");
  std::set<std::string> acknowledged;
  std::atomic<int> count{0};  // of them
  int number = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    if (kill > 0) {
      ASSERT_TRUE(server.start());
    }
    HttpClient http = server.client();
    ASSERT_TRUE(wait_for_status(http, "s", "WORKING"));
    ASSERT_NO_FATAL_FAILURE(consumer.connect(server.port()));
    std::thread sender([&] {
      HttpClient own = server.client();
      while (true) {
        const std::string text = std::to_string(++number);
        const Reply reply = say(own, "s", text);
        if (reply.status == 0) {
          return;
        }
        if (reply.status == 201) {
          acknowledged.insert(text);
          ++count;
        }
      }
    });
    std::thread hearing([&] { consumer.hear_all(); });
    // Every other time something came through for certain, however busy the machine is.
    const int before = count;
    EXPECT_TRUE(kill % 2 == 0 || wait_until([&] { return count > before; }));
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random() % 60'000));
    server.kill9();
    sender.join();
    hearing.join();
    consumer.disconnect();
  }
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  ASSERT_TRUE(wait_for_status(http, "s", "WORKING"));
  ASSERT_EQ(say(http, "s", "the last").status, 201);
  ASSERT_NO_FATAL_FAILURE(consumer.connect(server.port()));
  consumer.hear_all("the last");

  for (const std::string& text : acknowledged) {
    EXPECT_TRUE(consumer.ids().contains(text)) << text << " was lost";
  }
  for (const auto& [text, ids] : consumer.ids()) {
    EXPECT_EQ(ids.size(), 1U) << text << " came under several ids";
  }
  for (std::size_t i = 1; i + 1 < consumer.texts().size(); ++i) {
    EXPECT_LT(std::stoi(consumer.texts()[i - 1]), std::stoi(consumer.texts()[i]))
        << "given twice, or out of order";
  }
  EXPECT_GE(acknowledged.size(), static_cast<std::size_t>(kKills / 2));
}

TEST(SocketKill, OnlyTheLastEventsOfWhoIsListenedToAreStored) {
  ServerProcess server({.yaml = "sockets: {stored_events: 3}\n", .env = {}, .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  for (const char* name : {"heard", "unheard"}) {
    create_echo(http, name, R"({"loginAfterMs":0,"echoAfterMs":3600000})");
    ASSERT_TRUE(wait_for_status(http, name, "WORKING"));
  }
  Consumer consumer("heard");
  ASSERT_NO_FATAL_FAILURE(consumer.connect(server.port()));
  for (int i = 0; i < 5; ++i) {
    for (const char* name : {"heard", "unheard"}) {
      ASSERT_EQ(say(http, name, std::to_string(i)).status, 201);
    }
  }
  consumer.hear_all("4");
  consumer.disconnect();
  // It has gone, and may come back.
  ASSERT_EQ(say(http, "heard", "5").status, 201);
  server.kill9();
  ASSERT_TRUE(server.start());

  Consumer everything("*");
  ASSERT_NO_FATAL_FAILURE(everything.connect(server.port()));
  HttpClient later = server.client();
  ASSERT_TRUE(wait_for_status(later, "unheard", "WORKING"));
  ASSERT_EQ(say(later, "unheard", "6").status, 201);
  everything.hear_all("6");
  EXPECT_EQ(everything.texts(), (std::vector<std::string>{"3", "4", "5", "6"}));
}

}  // namespace
}  // namespace waxwing::testing
