// SPDX-License-Identifier: Apache-2.0
// Listening to events on /ws and /api/events.
#include <set>

#include "base/digest.hpp"
#include "shared_server.hpp"
#include "support/listener.hpp"

namespace waxwing::testing {
namespace {

using Kind = Heard::Kind;

const std::string kKey = std::string("x-api-key=") + kTestApiKey;
const Headers kKeyHeader = {{"X-Api-Key", kTestApiKey}};

class Sockets : public SharedServer<Sockets> {
 public:
  static ServerOptions options() {
    return {.yaml = R"yaml(
security:
  keys:
    - {id: one, key: key-of-one-0001, session: one}
    - {id: one-blind, key: key-of-one-blind, session: one, actions: {read: false}}
)yaml",
            .env = {},
            .arguments = {}};
  }

 protected:
  // A session that is WORKING; its events are about to come or came.
  void make(const std::string& name) {
    create_echo(http_, name, R"({"loginAfterMs":0})");
    ASSERT_TRUE(wait_for_status(http_, name, "WORKING"));
  }
  // Makes a `message.any` and the like.
  void say(const std::string& session, const std::string& text) {
    const Reply reply = http_.post(
        "/api/sendText", "{\"session\":" + json_text(session) +
                             ",\"chatId\":\"12345@c.us\",\"text\":" + json_text(text) + "}");
    ASSERT_EQ(reply.status, 201) << reply;
  }
  static Listener listen(const std::string& target) {
    Listener listener(server().port(), target, kKeyHeader);
    EXPECT_EQ(listener.status(), target.starts_with("/ws") ? 101 : 200);
    return listener;
  }
  // The next event; it must be of that session and type.
  static void expect_event(Listener& listener, const std::string& session,
                           const std::string& type) {
    const Heard heard = listener.next_event();
    EXPECT_EQ(heard.json()["session"].text(), session) << heard;
    EXPECT_EQ(heard.json()["event"].text(), type) << heard;
  }
  static void expect_close(Listener& listener, int code, const std::string& reason) {
    const Heard heard = listener.next();
    EXPECT_EQ(heard.kind, Kind::Close) << heard;
    EXPECT_EQ(heard.code, code) << heard;
    EXPECT_EQ(heard.text, reason) << heard;
    listener.send_frame(net::WsOpcode::Close, heard.code == 1008 ? "\x03\xF0" : "\x03\xE9");
    EXPECT_EQ(listener.next().kind, Kind::End);
  }
};

TEST_F(Sockets, BothSayTheSameEnvelope) {
  const std::string name = own_name();
  Listener socket = listen("/ws?session=" + name);
  Listener stream = listen("/api/events?session=" + name);
  make(name);
  std::set<std::string> ids;
  std::string status;
  while (status != "WORKING") {
    const Heard from_socket = socket.next_event();
    const Heard from_stream = stream.next_event();
    ASSERT_TRUE(from_socket.is_event()) << from_socket;
    EXPECT_EQ(from_socket.text, from_stream.text);
    const Value event = from_socket.json();
    EXPECT_EQ(event["id"].text(), from_stream.id);
    EXPECT_TRUE(event["id"].text().starts_with("evt_")) << event;
    EXPECT_TRUE(ids.insert(event["id"].text()).second);
    EXPECT_EQ(event["event"].text(), "session.status");
    EXPECT_EQ(event["session"].text(), name);
    EXPECT_EQ(event["engine"].text(), "ECHO");
    EXPECT_GT(event["timestamp"].number(), 1'700'000'000'000);
    EXPECT_TRUE(event["environment"].is_object()) << event;
    status = event.at("payload.status").text();
  }
}

TEST_F(Sockets, AllSessionsAreAlsoThoseToCome) {
  Listener all = listen("/ws?session=*&events=session.status");
  Listener without = listen("/api/events");
  make(own_name("A"));
  make(own_name("B"));
  for (Listener* listener : {&all, &without}) {
    std::set<std::string> working;
    while (working.size() < 2) {
      const Heard heard = listener->next_event();
      ASSERT_TRUE(heard.is_event()) << heard;
      const std::string session = heard.json()["session"].text();
      if (heard.json().at("payload.status").text() == "WORKING" &&
          session.starts_with(own_name())) {
        working.insert(session);
      }
    }
  }
}

TEST_F(Sockets, EventsAreChosenByName) {
  const std::string name = own_name();
  make(name);
  const std::string base = "session=" + name + "&events=";
  Listener listed = listen("/ws?" + base + "none.such,message.ack&events=message.any");
  Listener wildcard = listen("/api/events?" + base + "message.*");
  Listener messages = listen("/ws?" + base + "message");
  Listener all = listen("/ws?session=" + name);
  say(name, "hello");
  for (const Heard& heard : all.until("message")) {
    ASSERT_TRUE(heard.is_event()) << heard;
    EXPECT_NE(heard.json()["event"].text(), "engine.event");
  }
  expect_event(messages, name, "message");
  for (Listener* listener : {&listed, &wildcard}) {
    const Heard heard = listener->next_event();
    const std::string type = heard.json()["event"].text();
    EXPECT_TRUE(type == "message.any" || type == "message.ack") << heard;
  }
}

TEST_F(Sockets, ASessionIsAllThatAClientOfItHears) {
  make(own_name("A"));
  make(own_name("B"));
  Listener socket = listen("/ws?events=message&session=" + own_name("A"));
  Listener stream = listen("/api/events?events=message&session=" + own_name("A"));
  say(own_name("B"), "for B");
  say(own_name("A"), "for A");
  expect_event(socket, own_name("A"), "message");
  expect_event(stream, own_name("A"), "message");
}

TEST_F(Sockets, TellsWithoutAKeyThatItIsMissing) {
  for (const std::string& query :
       {std::string(), std::string("?x-api-key=wrong"), std::string("?session=one&x-api-key=")}) {
    Listener listener(server().port(), "/ws" + query);
    EXPECT_EQ(listener.status(), 101);
    expect_close(listener, 1008, "Unauthorized");
    EXPECT_EQ(Listener(server().port(), "/api/events" + query).status(), 401);
  }
}

TEST_F(Sockets, TakesTheKeyFromHeaderAndQuery) {
  make(own_name());
  for (const std::string& target :
       {"/ws?" + kKey, std::string("/ws?X-API-Key=") + kTestApiKey, "/api/events?" + kKey,
        std::string("/api/events?X-Api-KEY=") + kTestApiKey}) {
    Listener listener(server().port(), target + "&events=message&session=" + own_name());
    say(own_name(), "hello");
    expect_event(listener, own_name(), "message");
  }
}

TEST_F(Sockets, AKeyOfASessionHearsOnlyThatOne) {
  const std::uint16_t port = server().port();
  const Headers one = {{"X-Api-Key", "key-of-one-0001"}};
  const Headers blind = {{"X-Api-Key", "key-of-one-blind"}};
  make("one");
  make("two");
  std::vector<Listener> listeners;
  for (const char* target : {"/ws", "/ws?session=*", "/ws?session=one", "/api/events",
                             "/api/events?session=*", "/api/events?session=one"}) {
    listeners.emplace_back(port, target, one);
  }
  say("two", "not for one");
  say("one", "for one");
  for (Listener& listener : listeners) {
    for (const Heard& heard : listener.until("message")) {
      EXPECT_EQ(heard.json()["session"].text(), "one") << heard;
    }
  }
  Listener other(port, "/ws?session=two", one);
  expect_close(other, 1008, "Forbidden");
  Listener unknown(port, "/ws?session=nobody", one);
  expect_close(unknown, 1008, "Forbidden");
  EXPECT_EQ(Listener(port, "/api/events?session=two", one).status(), 403);
  for (const char* target : {"/ws", "/ws?session=one"}) {
    Listener denied(port, target, blind);
    expect_close(denied, 1008, "Forbidden");
  }
  EXPECT_EQ(Listener(port, "/api/events", blind).status(), 403);
}

TEST_F(Sockets, ComesBackWithoutAGap) {
  const std::string name = own_name();
  make(name);
  const std::string query = "?events=message&session=" + name;
  std::vector<std::string> ids;
  {
    Listener first = listen("/api/events" + query);
    for (int i = 0; i < 5; ++i) {
      say(name, "text " + std::to_string(i));
      ids.push_back(first.next_event().id);
    }
  }
  const std::string since = "&since=" + ids[1];
  Listener socket = listen("/ws" + query + since);
  Listener stream = listen("/api/events" + query + since);
  Headers headers = kKeyHeader;
  headers.emplace_back("Last-Event-ID", ids[2]);
  Listener browser(server().port(), "/api/events" + query + since, headers);
  say(name, "text 5");
  Listener from_begin = listen("/ws" + query + "&since=x");
  for (std::size_t i = 2; i < 6; ++i) {
    const Heard from_socket = socket.next_event();
    const Heard from_stream = stream.next_event();
    EXPECT_EQ(from_socket.text, from_stream.text);
    if (i < ids.size()) {
      EXPECT_EQ(from_stream.id, ids[i]);
    }
    if (i > 2) {  // the header is newer than the URL
      EXPECT_EQ(browser.next_event().id, from_stream.id);
    }
  }
  EXPECT_EQ(from_begin.next_event().json()["id"].text(), ids[0]);
}

TEST_F(Sockets, RefusesWhatIsNoWebSocket) {
  const Reply plain = http_.get("/ws");
  expect_error(plain, 426, "Upgrade");
  EXPECT_EQ(plain.header("sec-websocket-version"), "13");
  expect_error(http_.get("/ws", {{"Upgrade", "websocket"}}), 400, "Connection");
  EXPECT_EQ(http_.post("/ws", "{}").status, 404);
  EXPECT_EQ(http_.request("HEAD", "/api/events").status, 200);
}

TEST_F(Sockets, AreInTheDocument) {
  const std::string password = "Basic " + base64_encode("admin:password-of-the-tests");
  const Value paths = http_.get("/-json", {{"Authorization", password}}).json()["paths"];
  EXPECT_TRUE(paths["/ws"].at("get.responses.101").is_object()) << paths["/ws"];
  EXPECT_TRUE(paths["/ws"].at("get.responses.426").is_object()) << paths["/ws"];
  EXPECT_TRUE(paths["/api/events"].at("get.responses.200.content")["text/event-stream"].is_object())
      << paths["/api/events"];
}

// Servers of their own --------------------------------------------------------------------------

TEST(SocketLimits, WhoReadsTooSlowlyIsCutOff) {
  ServerProcess server({.yaml = "sockets: {waiting_events: 50}\nmetrics: {enabled: true}\n",
                        .env = {},
                        .arguments = {}});
  ASSERT_TRUE(server.start());
  HttpClient http = server.client();
  const auto has = [&](const std::string& line) {
    const Reply reply = http.get("/metrics");
    return reply.body.find("\nwaha_" + line + "\n") != std::string::npos;
  };
  Listener socket(server.port(), "/ws?events=message", kKeyHeader, 4096);
  Listener stream(server.port(), "/api/events?events=message", kKeyHeader, 4096);
  Listener diligent(server.port(), "/ws?events=session.status", kKeyHeader);
  EXPECT_TRUE(wait_until([&] { return has("listeners{worker=\"\",kind=\"websocket\"} 2"); }))
      << http.get("/metrics").body;
  // 50 MB fit into no buffer of the kernel.
  create_echo(http, "s", R"({"loginAfterMs":0,"burst":{"count":1000,"size":50000}})");
  for (const char* kind : {"websocket", "event_stream"}) {
    EXPECT_TRUE(wait_until([&] {
      return has("listeners_dropped_total{worker=\"\",kind=\"" + std::string(kind) +
                 "\",why=\"slow\"} 1");
    })) << http.get("/metrics").body;
  }
  // Who reads after all finds out.
  for (Listener* slow : {&socket, &stream}) {
    Heard heard = slow->next_event();
    std::size_t events = 0;
    for (; heard.is_event(); heard = slow->next_event()) {
      ++events;
    }
    EXPECT_LT(events, 1000U);
    EXPECT_EQ(heard.kind, slow == &socket ? Kind::Close : Kind::End) << heard;
    EXPECT_EQ(heard.code, slow == &socket ? 1013 : 0) << heard;
  }
  EXPECT_TRUE(diligent.next_event().is_event());
  EXPECT_TRUE(wait_until([&] { return has("listeners{worker=\"\",kind=\"event_stream\"} 0"); }));
}

TEST(SocketLimits, WhoAnswersNoPingIsCutOff) {
  ServerProcess server(
      {.yaml = "sockets: {ping_s: 1, heartbeat_s: 1}\n", .env = {}, .arguments = {}});
  ASSERT_TRUE(server.start());
  Listener deaf(server.port(), "/ws", kKeyHeader);
  Listener alive(server.port(), "/ws", kKeyHeader);
  Listener stream(server.port(), "/api/events", kKeyHeader);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(alive.next().kind, Kind::Ping);
    alive.send_frame(net::WsOpcode::Pong);
  }
  EXPECT_EQ(deaf.next().kind, Kind::Ping);
  EXPECT_EQ(deaf.next().code, 1008);
  EXPECT_EQ(deaf.next().kind, Kind::End);
  EXPECT_EQ(stream.next().text, "retry: 3000");
  EXPECT_EQ(stream.next().text, ":");
  EXPECT_EQ(stream.next().text, ":");
}

TEST(SocketLimits, AStoppingServerSaysSo) {
  ServerProcess server;
  ASSERT_TRUE(server.start());
  Listener socket(server.port(), "/ws", kKeyHeader);
  Listener deaf(server.port(), "/ws", kKeyHeader);
  Listener stream(server.port(), "/api/events", kKeyHeader);
  EXPECT_EQ(stream.next().text, "retry: 3000");
  server.send_signal(SIGTERM);
  EXPECT_EQ(socket.next().code, 1001);
  socket.send_frame(net::WsOpcode::Close, "\x03\xE9");
  EXPECT_EQ(socket.next().kind, Kind::End);
  EXPECT_EQ(deaf.next().code, 1001);
  EXPECT_EQ(stream.next().kind, Kind::End);
  EXPECT_EQ(server.wait_end(), Ending{0});
}

}  // namespace
}  // namespace waxwing::testing
