// SPDX-License-Identifier: Apache-2.0
// Parts of engine-webjs alone: the protocol, the command line, the keeper, the settings.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "arguments.hpp"
#include "browser_process.hpp"
#include "cdp.hpp"
#include "network_reason.hpp"
#include "settings.hpp"

namespace webjs {
namespace {

namespace wp = waxwing::plugin;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::string_literals;

std::string refusal(const std::string& arguments) {
  try {
    (void)split_arguments(arguments);
  } catch (const wp::Error& e) {
    return e.what();
  }
  return "";
}

TEST(WebjsArguments, AreMergedAndRefused) {
  const auto extra =
      split_arguments("--lang=de --disable-features=One,Two,--enable-features=Three\n--mute-audio");
  EXPECT_EQ(extra.size(), 4U);
  BrowserOptions options;
  options.profile = "/p";
  options.small_shm = true;
  options.no_sandbox = true;
  const auto line = command_line(options, extra);
  EXPECT_THAT(line, Contains("--lang=de"));
  EXPECT_THAT(line, Contains("--enable-features=Three"));
  EXPECT_THAT(line, Contains(HasSubstr("OmniboxPopup,One,Two")));
  EXPECT_THAT(line, Not(Contains("--disable-features=One,Two")));
  EXPECT_THAT(line, Contains("--disable-dev-shm-usage"));
  EXPECT_THAT(line, Contains("--no-sandbox"));
  EXPECT_THAT(line, Contains("--no-proxy-server"));
  for (const char* bad :
       {"--disable-web-security", "--ignore-certificate-errors-spki-list=x", "--single-process",
        "--remote-debugging-port=9222", "--user-data-dir=/x", "--renderer-cmd-prefix=gdb",
        "--proxy-server=x:1", "--headless=old", "--load-extension=/x", "--no-sandbox"}) {
    const std::string name = std::string(bad).substr(0, std::string(bad).find('='));
    EXPECT_THAT(refusal(bad), HasSubstr(name));
  }
  EXPECT_THAT(refusal("--lang=de http://elsewhere"), HasSubstr("http://elsewhere"));
}

TEST(WebjsArguments, HideThatTheBrowserIsHeadless) {
  EXPECT_THAT(user_agent("Chromium 156.0.8078.79 built on Debian"), HasSubstr("Chrome/156.0.0.0 "));
  EXPECT_EQ(user_agent("no number"), "");
}

class CdpTest : public ::testing::Test {
 protected:
  Cdp::Answer note() {
    return [this](const CdpResult& result) {
      answers_.push_back(result.ok ? result.result.dump() : std::string(result.error));
    };
  }
  std::vector<std::string> events_;
  std::vector<std::string> answers_;
  Cdp cdp_{[this](const std::string& session, const std::string& method, const Json& params) {
    events_.push_back(session + ":" + method + ":" + params.dump());
  }};
};

TEST_F(CdpTest, MatchesAnswersHoweverTheyAreCut) {
  cdp_.call("", "A.b", {{"x", 1}}, 100, note());
  cdp_.call("s", "C.d", Json::object(), 100, note());
  EXPECT_EQ(cdp_.output(),
            "{\"id\":1,\"method\":\"A.b\",\"params\":{\"x\":1}}\0"s +
                "{\"id\":2,\"method\":\"C.d\",\"params\":{},\"sessionId\":\"s\"}\0"s);
  const std::string input = "{\"id\":2,\"error\":{\"message\":\"no\"}}\0"s +
                            "{\"method\":\"E.f\",\"params\":{\"y\":2},\"sessionId\":\"s\"}\0"s +
                            "{\"id\":1,\"result\":{\"z\":3}}\0{\"id\":99,\"result\":{}}\0"s;
  for (const char octet : input) {
    ASSERT_TRUE(cdp_.take(std::string_view(&octet, 1)));
  }
  EXPECT_EQ(answers_, (std::vector<std::string>{"C.d: no", "{\"z\":3}"}));
  EXPECT_EQ(events_, (std::vector<std::string>{"s:E.f:{\"y\":2}"}));
}

TEST_F(CdpTest, EndsWhatIsNotAnswered) {
  cdp_.call("s", "A.b", Json::object(), 100, note());
  cdp_.call("t", "C.d", Json::object(), 200, note());
  EXPECT_EQ(cdp_.next_deadline(), 100);
  cdp_.expire(100);
  cdp_.fail("t", "crashed");
  EXPECT_EQ(answers_, (std::vector<std::string>{"A.b: no answer in time", "C.d: crashed"}));
  EXPECT_EQ(cdp_.pending(), 0U);
}

TEST_F(CdpTest, RefusesWhatIsNoMessage) {
  EXPECT_FALSE(cdp_.take("nonsense\0"s));
  EXPECT_FALSE(Cdp([](auto&&...) {}).take("{\"id\":\"one\"}\0"s));
  EXPECT_FALSE(Cdp([](auto&&...) {}).take("{\"params\":{}}\0"s));
}

bool wait_readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 20'000) == 1;
}

// The keeper's browser here is a shell that leaves an orphan behind.
TEST(WebjsKeeper, ReapsOrphansAndTellsHowItEnded) {
  BrowserProcess process("/bin/sh", {"-c", "(sleep 1000 & echo $! >&2); exit 7"}, "/tmp");
  ASSERT_TRUE(wait_readable(process.errors()));
  char text[32] = "";
  ASSERT_GT(::read(process.errors(), text, sizeof text - 1), 0);
  ASSERT_TRUE(wait_readable(process.end_fd()));
  const auto ending = process.reap();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->code, 7);
  EXPECT_EQ(::kill(std::stoi(text), 0), -1) << "the orphan lives";
}

TEST(WebjsKeeper, KillsWhatDoesNotEnd) {
  BrowserProcess process("/bin/sh", {"-c", "trap '' TERM; kill -STOP $$; sleep 1000"}, "/tmp");
  process.terminate();
  process.kill();
  ASSERT_TRUE(wait_readable(process.end_fd()));
  EXPECT_EQ(process.reap()->signal, SIGKILL);
}

TEST(WebjsKeeper, SaysWhenThereIsNoSuchProgram) {
  BrowserProcess process("/nonexistent/browser", {}, "/tmp");
  ASSERT_TRUE(wait_readable(process.end_fd()));
  EXPECT_EQ(process.reap()->code, 127);
}

TEST(WebjsKeeper, KeepsSecretsOfTheEnvironment) {
  ::setenv("WAHA_API_KEY", "secret", 1);
  BrowserProcess process("/bin/sh", {"-c", "env >&2"}, "/tmp/home");
  ASSERT_TRUE(wait_readable(process.end_fd()));
  std::string text(4096, '\0');
  const ssize_t got = ::read(process.errors(), text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  EXPECT_THAT(text, HasSubstr("HOME=/tmp/home"));
  EXPECT_THAT(text, Not(HasSubstr("WAHA_API_KEY")));
}

TEST(WebjsSettings, TakeTheSessionsNames) {
  const Settings s = parse_settings(R"({"tagsEventsOn":true,"deviceName":"Server"})",
                                    R"({"client":{"deviceName":"Mine","browserName":null}})");
  EXPECT_TRUE(s.tags_events);
  EXPECT_EQ(s.device_name, "Mine");
  EXPECT_EQ(s.browser_name, "");
  EXPECT_THROW((void)parse_settings(R"({"webVersion":"2.3000.1"})", "{}"), wp::Error);
}

TEST(WebjsPage, KnowsErrorsOfTheNetwork) {
  EXPECT_EQ(network_reason("net::ERR_PROXY_CONNECTION_FAILED"), "proxy_unreachable");
  EXPECT_EQ(network_reason("net::ERR_TUNNEL_CONNECTION_FAILED"), "proxy_refused");
  EXPECT_EQ(network_reason("net::ERR_NAME_NOT_RESOLVED"), "dns_failed");
  EXPECT_EQ(network_reason("net::ERR_SOMETHING_NEW"), "target_unreachable");
}

}  // namespace
}  // namespace webjs
