// SPDX-License-Identifier: Apache-2.0
// WebSocket and HTTP of the SDK, against the scripted network of testing.hpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <waxwing/plugin.hpp>
#include <waxwing/plugin/testing.hpp>

namespace {

namespace wp = waxwing::plugin;
using namespace waxwing::plugin::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Writes down what happens; comes back with patience when its connection ends.
class Caller final : public wp::Engine {
 public:
  static constexpr const char* kId = "CALLER";
  static constexpr const char* kName = "Caller";
  static constexpr wax_op kOps[] = {wp::op("x-test.any", WAX_OP_ANY_STATE)};

  using wp::Engine::Engine;

  void start(wp::Call&& call) override {
    call.ok();
    connect();
  }
  void stop(wp::Call&& call) override {
    quiesce();
    call.ok();
  }
  void invoke(const wp::Request& request, wp::Call&& call) override {
    const std::string_view what = request.json;
    if (what == "send") {
      call.ok(socket_.send_text("hello") ? "taken" : "full");
    } else if (what == "pause") {
      socket_.pause();
      call.ok();
    } else if (what == "resume") {
      socket_.resume();
      call.ok();
    } else if (what == "close") {
      socket_.close(4000, "enough");
      call.ok();
    } else if (what == "drop") {
      socket_ = {};
      call.ok();
    } else if (what == "get" || what == "get and cancel") {
      wp::HttpRequest get;
      get.url = "https://example.com/file";
      get.headers = {{"range", "bytes=0-3"}};
      get.body = blob("upload");
      auto running =
          http(get, [c = std::move(call)](const wp::NetEnd& end, wp::HttpResponse r) mutable {
            if (end.ok()) {
              c.ok(std::string(r.body.content()) + "/" +
                   std::string(wp::find_header(r.headers, "etag")));
            } else {
              c.fail(end.status, end.reason);
            }
          });
      if (what == "get and cancel") {
        running.cancel();
      }
    }
  }

  static std::vector<std::string> seen;

 private:
  void connect() {
    wp::WebSocketEvents on;
    on.opened = [this](const wp::Headers& headers) {
      backoff_.reset();
      seen.push_back("opened " + std::string(wp::find_header(headers, "sec-websocket-protocol")));
      state(WAX_SESSION_WORKING);
    };
    on.message = [](std::string_view data, bool is_text) {
      seen.push_back((is_text ? "text " : "octets ") + std::string(data));
    };
    on.writable = [] { seen.push_back("writable"); };
    on.closed = [this](const wp::NetEnd& end) {
      seen.push_back("closed " + std::string(end.reason) + " " + std::to_string(end.close_code));
      state(WAX_SESSION_STARTING, end.reason, end.text);
      retry_ = after(backoff_.next_ms(), [this] { connect(); });
    };
    wp::WebSocketOptions options;
    options.url = "wss://example.com/chat";
    options.headers = {{"origin", "https://example.com"}};
    socket_ = open_websocket(options, std::move(on));
  }

  wp::WebSocket socket_;
  wp::ScopedTimer retry_;
  wp::Backoff backoff_{1000, 60'000};
};

std::vector<std::string> Caller::seen;

WAX_ENGINE_MODULE(Caller, "test.caller", "1.0.0");

class SdkNet : public ::testing::Test {
 protected:
  SdkNet() { Caller::seen.clear(); }
  ~SdkNet() override { EXPECT_THAT(host.finish(), IsEmpty()); }
  std::string ask(const char* what) {
    const Answer& answer = session.invoke("x-test.any", what);
    EXPECT_TRUE(answer.done);
    return answer.ok() ? answer.json : answer.message;
  }

  FakeHost host{wax_module_v1()};
  FakeSession& session = host.create("default");
};

TEST_F(SdkNet, MessagesGoBothWays) {
  host.net.on_open = [](FakeSocket& far) {
    EXPECT_EQ(far.options.url, "wss://example.com/chat");
    EXPECT_EQ(wp::find_header(far.options.headers, "origin"), "https://example.com");
    far.accept({{"sec-websocket-protocol", "chat"}});
  };
  host.net.on_message = [](FakeSocket& far, const std::string& data, bool is_text) {
    EXPECT_TRUE(is_text);
    far.send_text(data + " you");
  };
  session.start();
  EXPECT_EQ(ask("send"), "taken");
  host.net.last().split("abc", 2);
  host.run();
  EXPECT_THAT(Caller::seen, ElementsAre("opened chat", "text hello you", "octets ab", "octets c"));
  EXPECT_THAT(host.net.last().sent_data(), ElementsAre("hello"));
  session.stop();
  EXPECT_TRUE(host.net.last().is_over());
  EXPECT_EQ(host.net.last().close_code, 1000);
}

TEST_F(SdkNet, ARefusalIsAReasonAndTheNextAttemptIsLater) {
  host.net.on_open = [](FakeSocket& far) { far.refuse("dns_failed"); };
  session.start();
  EXPECT_THAT(Caller::seen, ElementsAre("closed dns_failed 0"));
  EXPECT_EQ(session.last_state().reason, "dns_failed");
  host.advance(499);
  EXPECT_EQ(host.net.size(), 1U);
  host.advance(1100);
  EXPECT_EQ(host.net.size(), 2U);
  session.stop();
  host.advance(600'000);
  EXPECT_EQ(host.net.size(), 2U);
}

TEST_F(SdkNet, ResetsAndHalfClosesEndIt) {
  session.start();
  host.net.last().reset();
  host.run();
  host.advance(1600);
  host.net.last().half_close();
  host.run();
  EXPECT_THAT(Caller::seen, ElementsAre("opened ", "closed connection_reset 1006", "opened ",
                                        "closed connection_closed 1006"));
  session.stop();
}

TEST_F(SdkNet, ASlowNetworkIsSlow) {
  host.net.latency_ms = 5000;
  session.start();
  host.advance(4999);
  EXPECT_THAT(Caller::seen, IsEmpty());
  host.advance(1);
  EXPECT_THAT(Caller::seen, ElementsAre("opened "));
  host.net.last().send("late");
  session.stop();
  host.advance(10'000);
  EXPECT_THAT(Caller::seen, SizeIs(1));
}

TEST_F(SdkNet, AFullHostSaysSoAndWhenThereIsRoom) {
  session.start();
  host.net.last().room = 6;
  EXPECT_EQ(ask("send"), "taken");
  EXPECT_EQ(ask("send"), "full");
  host.net.last().make_room(100);
  host.run();
  EXPECT_THAT(Caller::seen, ElementsAre("opened ", "writable"));
  session.stop();
}

TEST_F(SdkNet, NothingComesWhilePaused) {
  session.start();
  ask("pause");
  host.net.last().send("one");
  host.net.last().close(1001, "going");
  host.run();
  EXPECT_THAT(Caller::seen, SizeIs(1));
  ask("resume");
  EXPECT_THAT(Caller::seen, ElementsAre("opened ", "octets one", "closed  1001"));
  session.stop();
}

TEST_F(SdkNet, ClosingSaysWhy) {
  session.start();
  ask("close");
  EXPECT_EQ(host.net.last().close_code, 4000);
  EXPECT_EQ(host.net.last().close_reason, "enough");
  EXPECT_THAT(Caller::seen, ElementsAre("opened ", "closed  4000"));
  EXPECT_EQ(ask("send"), "the connection is not open");
  session.stop();
}

TEST_F(SdkNet, AWebSocketThatIsLetGoIsSilent) {
  session.start();
  ask("drop");
  host.net.last().send("unheard");
  host.run();
  EXPECT_TRUE(host.net.last().is_over());
  EXPECT_THAT(Caller::seen, ElementsAre("opened "));
  session.stop();
}

TEST_F(SdkNet, EndingTheSessionClosesWhatIsOpen) {
  session.start();
  session.destroy();
  EXPECT_TRUE(host.net.last().is_over());
  EXPECT_THAT(Caller::seen, ElementsAre("opened "));
}

TEST_F(SdkNet, HttpAnswersWithTheWholeBody) {
  host.net.on_http = [](const HttpCallRecord& call) {
    EXPECT_EQ(call.request.method, "GET");
    EXPECT_EQ(call.body, "upload");
    HttpReply reply;
    reply.headers = {{"etag", "7"}};
    reply.body = "content of " + call.request.url +
                 std::string(wp::find_header(call.request.headers, "range"));
    return reply;
  };
  session.start();
  EXPECT_EQ(ask("get"), "content of https://example.com/filebytes=0-3/7");
  host.net.on_http = [](const HttpCallRecord&) {
    HttpReply reply;
    reply.failure = "timeout";
    return reply;
  };
  const Answer& answer = session.invoke("x-test.any", "get");
  EXPECT_EQ(answer.status, WAX_E_TIMEOUT);
  EXPECT_EQ(answer.message, "timeout");
  session.stop();
}

TEST_F(SdkNet, ACancelledRequestIsNotAnswered) {
  session.start();
  // The call inside of the function that was dropped answers by itself.
  EXPECT_FALSE(session.invoke("x-test.any", "get and cancel").ok());
  EXPECT_TRUE(host.net.calls.front().cancelled);
  session.stop();
}

TEST(SdkBackoff, DoublesUpToItsLimitAndSpreads) {
  wp::Backoff backoff(100, 1000);
  for (const std::uint32_t step : {100U, 200U, 400U, 800U, 1000U, 1000U}) {
    const std::uint32_t wait = backoff.next_ms();
    EXPECT_GE(wait, step / 2);
    EXPECT_LE(wait, step + step / 2);
  }
  backoff.reset();
  EXPECT_LE(backoff.next_ms(), 150U);
}

TEST(SdkNetOldHost, SaysThatThereIsNoNetwork) {
  FakeHost::Options options;
  options.without = {WAX_HOST_NET};
  FakeHost host(wax_module_v1(), options);
  FakeSession& session = host.create("default");
  session.start();
  EXPECT_EQ(host.net.size(), 0U);
}

}  // namespace
