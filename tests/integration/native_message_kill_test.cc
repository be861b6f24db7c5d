// SPDX-License-Identifier: Apache-2.0
// kill -9 at every step of receiving and of sending, with GOWS and NOWEB: nothing is lost, nothing
// is told or sent twice, and whatever was accepted ends in an acknowledgement or an error.
#include <algorithm>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "native_engines.hpp"
#include "support/receiver.hpp"

namespace waxwing::testing {
namespace {

// More frames than any of it takes.
constexpr int kMostFrames = 40;
constexpr int kWaiting = 1'000;

// What came to the webhook; the same event, sent again after a kill, counts once.
struct Told {
  std::map<std::string, std::set<std::string>> events;  // by "type id", their own ids
  std::vector<std::string> order;                       // message ids as they first came
  std::map<std::string, std::string> body;              // by message id
  std::map<std::string, std::int64_t> ack;              // by message id, the furthest
};

Told told_by(const std::vector<Received>& all) {
  Told told;
  for (const Received& one : all) {
    const Value event = one.json();
    const std::string type = event["event"].text();
    const std::string id = event.at("payload.id").text();
    if (type.starts_with("message.ack")) {
      const std::int64_t ack = event.at("payload.ack").number();
      auto& furthest = told.ack.try_emplace(id, ack).first->second;
      furthest = std::max(furthest, ack);
      continue;
    }
    auto& ids = told.events[type + " " + id];
    if (ids.empty() && type == "message") {
      told.order.push_back(id);
    }
    ids.insert(event["id"].text());
    told.body[id] = event.at("payload.body").text();
  }
  return told;
}

class NativeMessageKill : public NativeEngines {
 protected:
  void SetUp() override {
    create_with_webhook();
    phone_ = whatsapp_.add_account();
    ASSERT_EQ(whatsapp_.scan(phone_, raw_qr()).status, 200);
    ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
    other_ = whatsapp_.add_account();
    const Reply group = whatsapp_.http().post(
        "/groups", R"({"subject":"Birds","phones":[")" + other_ + "\",\"" + phone_ + "\"]}");
    ASSERT_EQ(group.status, 201) << group;
    group_ = group.json()["jid"].text();
  }

  void create_with_webhook() {
    const Reply made =
        http_->post("/api/sessions",
                    R"({"name":"one","start":true,"config":{"engine":")" + std::string(GetParam()) +
                        R"(","webhooks":[{"url":")" + receiver_.url() +
                        R"(","events":["message","message.any","message.ack","message.ack.group"],)"
                        R"("retries":{"delaySeconds":0,"attempts":100}}]}})");
    ASSERT_EQ(made.status, 201) << made;
    ASSERT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
  }

  void hold_after(int frames) {
    whatsapp_.fault(R"({"hold_after":)" + std::to_string(frames) + "}");
  }
  bool held() { return whatsapp_.http().get("/state").json()["held"].flag(); }
  void kill_and_restart() {
    server_.kill9();
    whatsapp_.fault("{}");
    reconnect();
    ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  }

  void write_to(const std::string& chat, const std::string& text) {
    const Reply written =
        whatsapp_.http().post("/accounts/" + other_ + "/phone/messages",
                              R"({"to":")" + chat + R"(","text":")" + text + "\"}");
    ASSERT_EQ(written.status, 201) << written;
  }
  Told told() const { return told_by(receiver_.all()); }
  bool has_come(const std::string& text) const {
    const Told now = told();
    return std::any_of(now.order.begin(), now.order.end(),
                       [&](const std::string& id) { return now.body.at(id) == text; });
  }
  // At WhatsApp, for the session's device.
  bool nothing_waits() {
    const Value devices = whatsapp_.http().get("/accounts/" + phone_).json()["devices"];
    return devices[devices.size() - 1]["waiting"].number() == 0;
  }
  // How often the phone has read it.
  std::size_t read_by_phone(const std::string& text) {
    const std::vector<std::string> texts =
        whatsapp_.http().get("/accounts/" + other_ + "/phone").json()["messages"].each("text");
    return static_cast<std::size_t>(std::count(texts.begin(), texts.end(), text));
  }
  static void expect_each_told_once(const Told& told) {
    for (const auto& [message, ids] : told.events) {
      EXPECT_EQ(ids.size(), 1U) << message << " came under several event ids";
    }
  }

  const Receiver receiver_;
  std::string other_;
  std::string group_;
};

TEST_P(NativeMessageKill, AtEveryStepOfReceiving) {
  // The first message brings a session or a sender key, later ones use it.
  int kills = 0;
  std::vector<std::string> texts;
  for (const std::string& chat : {phone_ + "@s.whatsapp.net", group_}) {
    for (int frames = 1; frames < kMostFrames; ++frames) {
      SCOPED_TRACE(chat + ", killed after frame " + std::to_string(frames));
      texts.push_back(chat + " " + std::to_string(frames));
      hold_after(frames);
      write_to(chat, texts.back());
      // Its way is over when WhatsApp has the receipt.
      ASSERT_TRUE(
          wait_until([&] { return held() || (has_come(texts.back()) && nothing_waits()); }));
      const bool whole = !held();
      kill_and_restart();
      ++kills;
      ASSERT_TRUE(wait_until([&] { return has_come(texts.back()); }));
      if (whole) {
        break;
      }
    }
  }
  EXPECT_GE(kills, 4) << "a message and its receipt are at least two frames, in two chats";
  const Told all = told();
  expect_each_told_once(all);
  EXPECT_EQ(all.order.size(), texts.size());
  std::vector<std::string> bodies;
  for (const std::string& id : all.order) {
    bodies.push_back(all.body.at(id));
  }
  EXPECT_EQ(bodies, texts);
}

TEST_P(NativeMessageKill, AtEveryStepOfSending) {
  ASSERT_EQ(whatsapp_.http().put("/accounts/" + other_ + "/phone", R"({"awake":true})").status,
            200);
  std::set<std::string> accepted;     // message ids
  std::map<std::string, bool> texts;  // whether it was accepted
  int kills = 0;
  for (const std::string& chat : {other_ + "@c.us", group_}) {
    for (int frames = 1; frames < kMostFrames; ++frames) {
      SCOPED_TRACE(chat + ", killed after frame " + std::to_string(frames));
      const std::string text = chat + " " + std::to_string(frames);
      hold_after(frames);
      auto answer = std::async(std::launch::async, [&, client = server_.client()]() mutable {
        return client.post("/api/sendText", R"({"session":"one","chatId":")" + chat +
                                                R"(","text":")" + text + "\"}");
      });
      const auto answered = [&] {
        return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      };
      const auto has_ack_2 = [&] {
        const Told now = told();
        return std::any_of(now.ack.begin(), now.ack.end(), [&](const auto& ack) {
          const auto body = now.body.find(ack.first);
          return ack.second >= 2 && body != now.body.end() && body->second == text;
        });
      };
      // Its way is over when the phone's receipt has come as well.
      ASSERT_TRUE(
          wait_until([&] { return held() || (answered() && nothing_waits() && has_ack_2()); }));
      const bool whole = !held();
      kill_and_restart();
      ++kills;
      const Reply reply = answer.get();
      ASSERT_TRUE(reply.status == 0 || reply.status == 201) << reply;
      texts[text] = reply.status == 201;
      if (reply.status == 201) {
        accepted.insert(reply.json()["id"].text());
      }
      if (whole) {
        break;
      }
    }
  }
  EXPECT_GE(kills, 4) << "a message and its acknowledgement are at least two frames, in two chats";
  // What was told of as sent was accepted too, whether its caller lived to hear it or not.
  const auto unsettled = [&] {
    const Told now = told();
    std::set<std::string> open = accepted;
    for (const auto& [event, ids] : now.events) {
      if (event.starts_with("message.any true_")) {
        open.insert(event.substr(std::string("message.any ").size()));
      }
    }
    std::erase_if(open, [&](const std::string& id) {
      const auto found = now.ack.find(id);
      return found != now.ack.end() && found->second != 0;
    });
    return open;
  };
  EXPECT_TRUE(wait_until([&] { return unsettled().empty(); }))
      << *unsettled().begin() << " never ends";
  expect_each_told_once(told());
  for (const auto& [text, was_accepted] : texts) {
    if (was_accepted) {
      EXPECT_TRUE(wait_until([&, &text = text] { return read_by_phone(text) > 0; }))
          << text << " is lost";
    }
    EXPECT_LE(read_by_phone(text), 1U) << text;
  }
}

TEST_P(NativeMessageKill, AThousandThatWaited) {
  // A session is made before, so that what waits is the usual kind.
  write_to(phone_ + "@s.whatsapp.net", "before");
  ASSERT_TRUE(wait_until([&] { return has_come("before"); }));
  ASSERT_EQ(http_->post(session_path("one", "/stop")).status, 201);
  const std::string load = R"({"pairs":[[")" + other_ + "\",\"" + phone_ +
                           R"(@s.whatsapp.net"]],"window":0,"count":)" + std::to_string(kWaiting) +
                           "}";
  ASSERT_EQ(whatsapp_.http().post("/load", load).status, 200);
  ASSERT_TRUE(wait_until(
      [&] { return whatsapp_.http().get("/load").json()["written"].number() == kWaiting; }));
  EXPECT_EQ(receiver_.count(), 2U) << "message and message.any of the one before";
  ASSERT_EQ(http_->post(session_path("one", "/start")).status, 201);
  // Killed in the middle of it.
  ASSERT_TRUE(receiver_.wait_count(kWaiting / 2));
  kill_and_restart();
  // Each is two events; to look at all of them costs more than to count them.
  ASSERT_TRUE(receiver_.wait_count(2 * (kWaiting + 1)));
  ASSERT_TRUE(wait_until([&] { return told().order.size() > kWaiting; }));
  const Told all = told();
  EXPECT_EQ(all.order.size(), kWaiting + 1U);
  expect_each_told_once(all);
  std::string last;
  for (const std::string& id : all.order) {
    // Each text begins with the time at which it was written.
    EXPECT_LE(last, all.body.at(id) == "before" ? "" : all.body.at(id)) << id;
    last = all.body.at(id) == "before" ? "" : all.body.at(id);
  }
}

INSTANTIATE_TEST_SUITE_P(All, NativeMessageKill, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
