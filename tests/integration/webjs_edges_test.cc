// SPDX-License-Identifier: Apache-2.0
// What may go wrong with a browser and its page: each has a status with a reason, in bounded time.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <sys/file.h>

#include "support/receiver.hpp"
#include "webjs.hpp"

namespace waxwing::testing {
namespace {

std::string settings(const std::string& more) {
  return "engines: {WEBJS: {config: {" + more + "}}}\n";
}

class WebjsEdges : public Webjs {
 protected:
  // The settings of the engine differ from test to test, so each has a server of its own.
  void SetUp() override {}
  void serve(const std::string& more = "") {
    server_.options().yaml = settings(more);
    Webjs::SetUp();
  }
  void page_options(const std::string& options) {
    EXPECT_EQ(whatsapp_.http().put("/browsers/options", options).status, 200);
  }
  std::string reason_text() { return session().at("reason.text").text(); }
};

TEST_F(WebjsEdges, StartsABrowserThatHangsAgain) {
  serve("heartbeatS: 1, probeTimeoutS: 1");
  link();
  ASSERT_EQ(::kill(browser(), SIGSTOP), 0);
  EXPECT_TRUE(server_.wait_for_log("\"reason\":\"browser_hung\""));
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
}

TEST_F(WebjsEdges, SaysAtStartThatThereIsNoBrowser) {
  serve("browser: /nonexistent/chromium");
  const auto engine = [this] {
    return http_->get("/api/plugins")
        .json()
        .item("id", "engine-webjs")["engines"]
        .item("id", "WEBJS");
  };
  ASSERT_TRUE(wait_until([&] { return engine()["available"].exists(); }));
  EXPECT_FALSE(engine()["available"].flag());
  EXPECT_NE(engine()["reason"].text().find("/nonexistent/chromium"), std::string::npos);
  EXPECT_TRUE(server_.wait_for_log("engine.unavailable")) << "and the server runs";
}

TEST_F(WebjsEdges, GivesUpOnAPageThatNeverLoads) {
  serve("loadTimeoutS: 1");
  page_options(R"({"hang":true})");
  create();
  expect_failed("page_timeout");
}

TEST_F(WebjsEdges, NamesWhatAChangedPageLacks) {
  serve();
  page_options(R"({"omit":["WAWebConnModel"]})");
  create();
  expect_failed("page_changed");
  EXPECT_NE(reason_text().find("Conn"), std::string::npos) << reason_text();
  // A page that lacks what sending needs can still be linked.
  page_options(R"({"omit":["WAWebSendMsgChatAction"],"msgkey":"new","dummies":300})");
  EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
  EXPECT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
  EXPECT_EQ(session().at("engine.missing.0").text(), "SendMsg") << session();
}

TEST_F(WebjsEdges, RespectsALockAndRemovesAStaleOne) {
  serve();
  const std::string folder = server_.data_dir() + "/files/one";
  fs::create_directories(folder + "/profile");
  // What Chromium leaves when the container it ran in is made anew.
  fs::create_symlink("another-host-4711", folder + "/profile/SingletonLock");
  const int lock = ::open((folder + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  create();
  expect_failed("profile_locked");
  ::close(lock);
  EXPECT_EQ(http_->post(session_path("one", "/start")).status, 201);
  EXPECT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
}

TEST_F(WebjsEdges, SaysWhatIsMissing) {
  serve("browser: /nonexistent/chromium");
  create();
  expect_failed("browser_missing");
  EXPECT_NE(reason_text().find("/nonexistent/chromium"), std::string::npos);
}

TEST_F(WebjsEdges, StartsNoBrowserWhereThereIsNoMemory) {
  serve("memoryMb: 1000000");
  create();
  expect_failed("no_memory");
}

TEST_F(WebjsEdges, NeedsRoomOnTheDisk) {
  server_.options().small_disk_bytes = 14U << 20U;
  serve();
  create();
  expect_failed("disk_full");
}

TEST_F(WebjsEdges, RefusesDangerousArguments) {
  serve("args: --lang=de --disable-web-security");
  create();
  expect_failed("start_failed");
  EXPECT_NE(reason_text().find("--disable-web-security"), std::string::npos) << reason_text();
}

TEST_F(WebjsEdges, TriesAProxyPasswordOnce) {
  Receiver proxy([](const Received& request) {
    const bool right = request.header("proxy-authorization") == "Basic dXNlcjpyaWdodA==";
    return right ? Reaction{.status = 502}
                 : Reaction{.status = 407, .headers = {"Proxy-Authenticate: Basic realm=\"p\""}};
  });
  server_.options().env["WAXWING_WEB_ENDPOINT"] = "";  // the way to the real one
  serve();
  const std::string address = "127.0.0.1:" + std::to_string(proxy.port());
  create(R"({"proxy":{"server":")" + address + R"(","username":"user","password":"wrong"}})");
  expect_failed("proxy_authentication");
  EXPECT_LE(proxy.all().size(), 6U);
  EXPECT_TRUE(processes_of("wrong").empty());
  EXPECT_EQ(server_.log().find("wrong\""), std::string::npos);

  EXPECT_EQ(http_
                ->put(session_path("one"), R"({"config":{"proxy":{"server":")" + address +
                                               R"(","username":"user","password":"right"}}})")
                .status,
            200);
  expect_failed("proxy_refused");
}

TEST_F(WebjsEdges, TellsRawEventsAndTags) {
  Receiver hook;
  serve();
  link(R"({"webjs":{"tagsEventsOn":true},"webhooks":[{"url":")" + hook.url() +
       R"(","events":["engine.event"]}]})");
  tell_page(
      R"({"type":"message","from":"15550009999@c.us","id":"3EB0AA","body":"hello","t":1700000000})");
  tell_page(R"({"type":"ack","id":"3EB0AA","ack":3})");
  tell_page(R"({"type":"stanza","stanza":{"tag":"chatstate","attrs":{"from":"x@c.us"}}})");
  tell_page(R"({"type":"state","state":"TIMEOUT"})");
  const auto data_of = [&](const std::string& name) {
    for (const Received& received : hook.all()) {
      const Value payload = received.json()["payload"];
      if (payload["event"].text() == name) {
        return payload["data"];
      }
    }
    return Value();
  };
  for (const char* name :
       {"qr", "ready", "message", "message_create", "message_ack", "tag:chatstate"}) {
    EXPECT_TRUE(wait_until([&] { return data_of(name).exists(); })) << name;
  }
  EXPECT_EQ(data_of("message")["body"].text(), "hello");
  EXPECT_EQ(data_of("message").at("id._serialized").text(), "false_15550009999@c.us_3EB0AA");
  EXPECT_EQ(data_of("tag:chatstate").at("attrs.from").text(), "x@c.us");
  // A page that has lost its connection says so, and is WORKING again when it is back.
  EXPECT_TRUE(wait_for_status(*http_, "one", "STARTING"));
  EXPECT_EQ(session().at("reason.id").text(), "connection_lost");
  tell_page(R"({"type":"state","state":"CONNECTED"})");
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
}

TEST_F(WebjsEdges, EndsAfterTheLastCode) {
  serve();
  page_options(R"({"refMs":200})");
  create();
  expect_failed("qr_expired");
}

TEST_F(WebjsEdges, KeepsAndOpensAVersionOfThePage) {
  const std::string folder = server_.dir() / "versions";
  fs::create_directories(folder);
  serve("cacheType: local, versionDirectory: " + folder);
  show_code();
  const std::string kept = folder + "/2.3000.1045649367.html";
  EXPECT_TRUE(wait_until([&] { return fs::exists(kept) && fs::file_size(kept) > 0; }));
}

}  // namespace
}  // namespace waxwing::testing
