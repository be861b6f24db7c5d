// SPDX-License-Identifier: Apache-2.0
// WEBJS where there is too little or too much: a full disk, many sessions, a hostile page, another
// browser.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "support/child.hpp"
#include "webjs.hpp"

namespace waxwing::testing {
namespace {

class WebjsLimits : public Webjs {
 protected:
  void SetUp() override {}
  void serve(const std::string& settings = "", const std::string& more = "") {
    server_.options().yaml = "engines: {WEBJS: {config: {" + settings + "}" + more + "}}\n";
    Webjs::SetUp();
  }
  void page_options(const std::string& options) {
    EXPECT_EQ(whatsapp_.http().put("/browsers/options", options).status, 200);
  }
  void create_named(const std::string& name) {
    const Reply made =
        http_->post("/api/sessions", R"({"name":")" + name + R"(","engine":"WEBJS"})");
    EXPECT_EQ(made.status, 201) << made;
  }
  // Those of these sessions that have a browser.
  [[nodiscard]] std::vector<std::string> running(const std::vector<std::string>& names) const {
    std::vector<std::string> found;
    std::copy_if(names.begin(), names.end(), std::back_inserter(found),
                 [this](const std::string& name) { return !browsers("files/" + name).empty(); });
    return found;
  }
};

TEST_F(WebjsLimits, RunsInAHeadlessShell) {
  const char* const elsewhere = std::getenv("WAXWING_TEST_HEADLESS_SHELL");
  const std::string shell =
      elsewhere != nullptr ? elsewhere : "/usr/lib/chromium/chromium-headless-shell";
  if (!fs::exists(shell)) {
    GTEST_SKIP() << "there is no " << shell;
  }
  serve("browser: " + shell);
  link();
  EXPECT_EQ(http_->get("/api/screenshot?session=one").body.substr(1, 3), "PNG");
}

TEST_F(WebjsLimits, OpensAPinnedVersionAndNoOther) {
  const std::string folder = server_.dir() / "versions";
  fs::create_directories(folder);
  // Told apart from the one that is served by what it lacks.
  page_options(R"({"omit":["WAWebSendMsgChatAction"]})");
  std::ofstream(folder + "/2.3000.1.html") << whatsapp_.http().get("/web/").body;
  page_options("{}");
  serve("webVersion: 2.3000.1, versionDirectory: " + folder);
  show_code();
  EXPECT_EQ(session().at("engine.missing.0").text(), "SendMsg") << session();
  fs::remove(folder + "/2.3000.1.html");
  EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
  expect_failed("web_version_missing");
}

TEST_F(WebjsLimits, SaysWhenTheDiskFillsUpAndGoesOnWhenThereIsRoom) {
  server_.options().small_disk_bytes = 96U << 20U;
  serve();
  link();
  // The small disk is the server's alone.
  const std::string filler =
      "/proc/" + std::to_string(server_.pid()) + "/root" + server_.data_dir() + "/filler";
  {
    std::ofstream file(filler, std::ios::binary);
    const std::string block(std::size_t{1} << 20U, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  ASSERT_EQ(::kill(browser(), SIGKILL), 0);
  EXPECT_TRUE(server_.wait_for_log("\"reason\":\"disk_full\"")) << server_.log();
  ASSERT_TRUE(fs::remove(filler));
  EXPECT_TRUE(wait_until([&] {
    const std::string status = status_of(*http_, "one");
    return status == "WORKING" || status == "FAILED";
  }));
  if (status_of(*http_, "one") == "FAILED") {
    EXPECT_EQ(session().at("reason.id").text(), "disk_full") << session();
    EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
  }
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING")) << session();
}

TEST_F(WebjsLimits, StartsOneBrowserAfterTheOther) {
  serve("startsAtOnce: 1");
  page_options(R"({"hang":true})");  // the first does not come to its end
  const std::vector<std::string> names = {"one", "two", "three"};
  for (const std::string& name : names) {
    create_named(name);
  }
  ASSERT_TRUE(wait_until([&] { return running(names).size() == 1; }));
  const std::string first = running(names).front();
  for (int look = 0; look < 10; ++look) {
    pause_between_questions();
    EXPECT_EQ(running(names), std::vector{first});
  }
  for (const std::string& name : names) {
    EXPECT_EQ(status_of(*http_, name), "STARTING");
  }
  page_options("{}");
  EXPECT_EQ(http_->post(session_path(first, "/restart")).status, 201);
  for (const std::string& name : names) {
    EXPECT_TRUE(wait_for_status(*http_, name, "SCAN_QR_CODE")) << name;
  }
}

TEST_F(WebjsLimits, RefusesWhatGoesBeyondTheMostSessions) {
  serve("", ", max_sessions: 1");
  show_code();
  for (int i = 0; i < 200; ++i) {
    const Reply made = http_->post(
        "/api/sessions", R"({"name":"more)" + std::to_string(i) + R"(","engine":"WEBJS"})");
    ASSERT_EQ(made.status, 503) << made;
    ASSERT_NE(made.body.find("WEBJS engine runs its most sessions"), std::string::npos) << made;
  }
  EXPECT_EQ(status_of(*http_, "one"), "SCAN_QR_CODE");
  EXPECT_TRUE(browsers("files/more").empty());
}

// What a page could try that is not WhatsApp's: junk on every way that leads to the engine.
TEST_F(WebjsLimits, IsNotHurtByAHostilePage) {
  serve();
  link();
  std::ostringstream script;
  script << R"(
    const frame = document.createElement('iframe');
    document.body.append(frame);
    for (const place of [window, frame.contentWindow]) {
      for (const name of Object.getOwnPropertyNames(place)) {
        if (/^[a-z0-9]{16,}$/i.test(name) && typeof place[name] === 'function') {
          for (const junk of ['', '{', '[]', '{"key":1}', '{"event":"page.me"}', 'x'.repeat(3e6)]) place[name](junk);
        }
      }
    }
    JSON.stringify = () => '{"key":"x"}';
    JSON.parse = () => { throw 1; };
    const {MsgStore} = WPP.whatsapp;
    const junk = [{}, {isNewMsg: true}, {isNewMsg: true, id: {}}, {isNewMsg: true, id: {id: 7, remote: 7}, type: 'chat'},
      {isNewMsg: true, type: 'chat', body: 'x'.repeat(3e6), id: new MsgKey({fromMe: false, remote: new Wid('1@c.us'), id: 'A'})},
      {isNewMsg: true, type: 'chat', id: {fromMe: false, remote: 'x', id: 'y', get _serialized() { return {}; }}}];
    for (const message of junk) {
      for (const event of ['add', 'change:ack', 'change:type']) {
        try { MsgStore.trigger(event, message, 'revoked'); } catch {}
      }
    }
    for (let i = 0; i < 20000; ++i) WPP.whatsapp.Socket.trigger('change:state', WPP.whatsapp.Socket, 'NONSENSE');
    Object.defineProperty(Object.prototype, 'event', {value: 'page.broken', writable: true, configurable: true});
    delete Object.prototype.event;
  )";
  tell_page(R"({"type":"run","script":)" + json_text(script.str()) + "}");
  // It is still heard afterwards, and nothing of the junk has changed the session.
  tell_page(R"({"type":"state","state":"CONNECTED"})");
  EXPECT_TRUE(wait_until([&] { return session().at("engine.state").text() == "CONNECTED"; }));
  EXPECT_EQ(status_of(*http_, "one"), "WORKING") << session();
  EXPECT_EQ(session().at("me.id").text(), phone_ + "@c.us");
  EXPECT_EQ(http_->get("/api/screenshot?session=one").status, 200);
  EXPECT_EQ(http_->get("/ping").status, 200);
}

// The last one: this thread, and what it starts, keeps that small /dev/shm.
TEST_F(WebjsLimits, RunsWithATinySharedMemory) {
  if (::geteuid() != 0 || !mount_small_disk("/dev/shm", std::size_t{4} << 20U)) {
    GTEST_SKIP() << "the system does not let us mount";
  }
  serve();
  link();
  EXPECT_FALSE(browsers("--disable-dev-shm-usage").empty());
  EXPECT_EQ(http_->get("/api/screenshot?session=one").body.substr(1, 3), "PNG");
}

}  // namespace
}  // namespace waxwing::testing
