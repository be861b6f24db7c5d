// SPDX-License-Identifier: Apache-2.0
// The pool's rules on a clock of the test's, its configuration, and the module over its tables.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <waxwing/plugin/proxy.hpp>

#include "proxy-pool/pool.hpp"
#include "proxy-pool/settings.hpp"

namespace {

using namespace proxy_pool;
using ::testing::HasSubstr;
using ::testing::Not;
namespace wp = waxwing::plugin;

std::vector<Proxy> numbered(int count) {
  std::vector<Proxy> proxies;
  for (int i = 0; i < count; ++i) {
    proxies.push_back({"http://p" + std::to_string(i) + ":80", "", "", {}});
  }
  return proxies;
}

class PoolTest : public ::testing::Test {
 protected:
  PoolTest() { pool_.set_proxies(numbered(4)); }
  // The proxy of a session now, by a lease that is kept.
  std::string of(const std::string& session, const Tags& wanted = {}) {
    const auto choice = pool_.acquire(session, wanted, now_);
    lease_ = choice ? choice->lease : 0;
    return choice ? choice->proxy->url : "none";
  }
  void fail(int times, Health health = Health::Failed) {
    for (int i = 0; i < times; ++i) {
      pool_.report(lease_, health, now_);
    }
  }

  Pool pool_{Rules{2, 60'000}};
  std::int64_t now_ = 1'000'000;
  std::uint64_t lease_ = 0;
};

TEST_F(PoolTest, ASessionStaysAndSessionsSpread) {
  std::map<std::string, int> used;
  for (int i = 0; i < 400; ++i) {
    const std::string session = "s" + std::to_string(i);
    const std::string first = of(session);
    EXPECT_EQ(of(session), first);
    ++used[first];
  }
  EXPECT_EQ(used.size(), 4U);
  for (const auto& [url, count] : used) {
    EXPECT_GT(count, 50) << url;
  }
  Pool restarted(Rules{});
  restarted.set_proxies(numbered(4));
  EXPECT_EQ(restarted.acquire("s7", {}, now_)->proxy->url, of("s7")) << "the same after a restart";
}

TEST_F(PoolTest, ItFailsOverAndComesBackAfterItsRest) {
  const std::string first = of("a");
  fail(1);
  EXPECT_EQ(of("a"), first) << "once is no illness";
  fail(1);
  const std::string second = of("a");
  EXPECT_NE(second, first);
  now_ += 60'000;
  EXPECT_EQ(of("a"), second) << "it stays where it is well";
  for (std::uint64_t lease = 1; lease <= lease_; ++lease) {
    pool_.release(lease);
  }
  EXPECT_EQ(of("a"), first) << "a new run takes the best";
}

TEST_F(PoolTest, SuccessForgivesAndRestsGrow) {
  const std::string first = of("a");
  fail(1);
  pool_.report(lease_, Health::Worked, now_);
  fail(1);
  EXPECT_EQ(of("a"), first);
  pool_.set_proxies({numbered(4)[0]});
  EXPECT_EQ(of("a"), "http://p0:80");
  fail(2);
  EXPECT_EQ(of("a"), "http://p0:80") << "the only one is tried all the same";
  now_ += 60'000;
  fail(2);
  pool_.set_proxies(numbered(2));
  now_ += 119'999;
  EXPECT_EQ(of("b"), "http://p1:80");
  EXPECT_EQ(of("c"), "http://p1:80");
}

TEST_F(PoolTest, WrongCredentialsRestItAtOnce) {
  const std::string first = of("a");
  fail(1, Health::Refused);
  EXPECT_NE(of("a"), first);
}

TEST_F(PoolTest, ManyThatNoticeTheSameFaultCountOnce) {
  pool_.set_proxies(numbered(2));
  const std::string first = of("a");
  fail(50);
  EXPECT_NE(of("a"), first);
  Pool fresh(Rules{1, 60'000});
  fresh.set_proxies({numbered(1)});
  const auto lease = fresh.acquire("a", {}, now_)->lease;
  for (int i = 0; i < 50; ++i) {
    fresh.report(lease, Health::Failed, now_);
  }
  fresh.set_proxies(numbered(2));
  now_ += 60'000;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    seen.insert(fresh.acquire("s" + std::to_string(i), {}, now_)->proxy->url);
  }
  EXPECT_EQ(seen.size(), 2U) << "well again after one rest";
}

TEST_F(PoolTest, TagsAreKept) {
  auto proxies = numbered(4);
  proxies[2].tags = {{"country", "DE"}, {"kind", "mobile"}};
  proxies[3].tags = {{"country", "DE"}};
  pool_.set_proxies(proxies);
  EXPECT_EQ(of("a", {{"country", "DE"}, {"kind", "mobile"}}), "http://p2:80");
  EXPECT_EQ(of("a", {{"country", "FR"}}), "none");
  fail(0);
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    seen.insert(of("s" + std::to_string(i), {{"country", "DE"}}));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"http://p2:80", "http://p3:80"}));
}

TEST_F(PoolTest, RotationGivesAnotherOneThatIsWell) {
  EXPECT_FALSE(pool_.rotate("a", now_)) << "it holds none";
  const std::string first = of("a");
  ASSERT_TRUE(pool_.rotate("a", now_));
  const std::string second = of("a");
  EXPECT_NE(second, first);
  EXPECT_EQ(of("a"), second);
  pool_.set_proxies({numbered(4)[0]});
  of("a");
  EXPECT_FALSE(pool_.rotate("a", now_));
}

TEST_F(PoolTest, ALostProxyMovesOnlyItsOwnSessions) {
  std::map<std::string, std::string> before;
  for (int i = 0; i < 100; ++i) {
    before["s" + std::to_string(i)] = of("s" + std::to_string(i));
  }
  pool_.set_proxies(numbered(3));
  for (const auto& [session, url] : before) {
    EXPECT_EQ(of(session) == url, url != "http://p3:80");
  }
}

TEST(PoolSettings, UrlsAndObjects) {
  const Settings settings = parse_settings(R"({
    "proxies": ["socks5://u:p%40@h:1", {"server": "h2:3128", "username": "x", "password": "y",
                "tags": {"country": "DE"}}],
    "failures": 3, "cooldownSeconds": 5})");
  EXPECT_EQ(settings.proxies[0], (Proxy{"socks5://h:1", "u", "p@", {}}));
  EXPECT_EQ(settings.proxies[1], (Proxy{"http://h2:3128", "x", "y", {{"country", "DE"}}}));
  EXPECT_EQ(settings.rules.failures, 3U);
  EXPECT_EQ(settings.rules.cooldown_ms, 5000);
}

TEST(PoolSettings, Lists) {
  const auto proxies =
      parse_list("# ours\n\nhttp://u:p@h:1 country=DE kind=mobile\r\n  socks5://h:2\n");
  ASSERT_EQ(proxies.size(), 2U);
  EXPECT_EQ(proxies[0], (Proxy{"http://h:1", "u", "p", {{"country", "DE"}, {"kind", "mobile"}}}));
  EXPECT_EQ(proxies[1].url, "socks5://h:2");
}

TEST(PoolSettings, MistakesNameTheirPlaceAndShowNoPassword) {
  const auto message = [](auto&& parse) -> std::string {
    try {
      parse();
    } catch (const wp::Error& e) {
      return e.what();
    }
    return "none";
  };
  EXPECT_THAT(message([] { (void)parse_list("h:1\nftp://u:secret@h:1\n"); }),
              AllOf(HasSubstr("line 2"), Not(HasSubstr("secret"))));
  EXPECT_THAT(message([] { (void)parse_list("h:1 tag\n"); }), HasSubstr("tag=value"));
  EXPECT_THAT(
      message([] { (void)parse_settings(R"({"proxies":["h:1",{"server":"u:secret@"}]})"); }),
      AllOf(HasSubstr("proxies.1.server"), Not(HasSubstr("secret"))));
  EXPECT_THAT(message([] { (void)parse_settings(R"({"failures":"x"})"); }), HasSubstr("type"));
}

}  // namespace
