// SPDX-License-Identifier: Apache-2.0
// The static proxy module, through its C tables: which proxy a session gets.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <waxwing/plugin/testing.hpp>

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using waxwing::plugin::view;
using waxwing::plugin::testing::FakeHost;
using Json = nlohmann::json;

struct Given {
  wax_status status = WAX_OK;
  std::uint64_t id = 0;
  std::string url;
  std::string username;
  std::string password;
  std::string message;
};

class StaticProxy : public ::testing::Test {
 protected:
  ~StaticProxy() override { close(); }

  wax_status open(const Json& config) {
    close();
    const void* raw = wax_module_v1()->get_factory(nullptr, WAX_PROXY_FACTORY);
    const auto* factory = static_cast<const wax_proxy_factory*>(raw);
    wax_module_ctx* ctx = nullptr;
    wax_error err{};
    EXPECT_EQ(wax_module_v1()->init(host_.raw(), &ctx, &err), WAX_OK);
    ctx_ = ctx;
    const std::string text = config.dump();
    const wax_status status =
        factory->create(ctx, "static", {text.data(), text.size()}, &table_, &proxy_, &err);
    message_ = err.message;
    return status;
  }
  void close() {
    if (proxy_ != nullptr) {
      table_->destroy(std::exchange(proxy_, nullptr));
    }
    if (ctx_ != nullptr) {
      wax_module_v1()->shutdown(std::exchange(ctx_, nullptr));
    }
  }
  Given acquire(const std::string& session, const Json& own = nullptr, int running = 0) {
    const std::string hint =
        Json({{"proxy", own}, {"purpose", "websocket"}, {"running", running}}).dump();
    Given given;
    wax_error err{};
    const wax_status status = table_->acquire(
        proxy_, {session.data(), session.size()}, {hint.data(), hint.size()},
        [](void* user, wax_status s, const wax_proxy_lease* lease, const wax_error*) noexcept {
          auto& into = *static_cast<Given*>(user);
          into.status = s;
          into.id = lease->lease_id;
          into.url = view(lease->url);
          into.username = view(lease->username);
          into.password = view(lease->password);
        },
        &given, &err);
    if (status != WAX_OK) {
      given.status = status;
      given.message = err.message;
    }
    return given;
  }

  FakeHost host_{wax_module_v1()};
  wax_module_ctx* ctx_ = nullptr;
  const wax_proxy_vtable* table_ = nullptr;
  wax_proxy* proxy_ = nullptr;
  std::string message_;
};

TEST_F(StaticProxy, IsDirectWithoutAnything) {
  ASSERT_EQ(open(Json::object()), WAX_OK);
  EXPECT_EQ(acquire("default").url, "");
}

TEST_F(StaticProxy, PrefersTheSessionsOwn) {
  ASSERT_EQ(open({{"server", "one:1"}, {"username", "u"}, {"password", "p"}}), WAX_OK);
  const Given own =
      acquire("default", {{"server", "own:8080"}, {"username", "me"}, {"password", "x"}});
  EXPECT_EQ(own.url, "http://own:8080");
  EXPECT_EQ(own.username, "me");
  EXPECT_EQ(own.password, "x");
  const Given bare = acquire("default", {{"server", "own:8080"}});
  EXPECT_EQ(bare.username, "");  // not those of the common server
  const Given common = acquire("default");
  EXPECT_EQ(common.url, "http://one:1");
  EXPECT_EQ(common.username, "u");
}

TEST_F(StaticProxy, UsesCredentialsOnlyWhenBothAreSet) {
  ASSERT_EQ(open({{"server", "one:1"}, {"username", "u"}}), WAX_OK);
  EXPECT_EQ(acquire("default").username, "");
  ASSERT_EQ(open({{"server", "one:1"}, {"password", "p"}}), WAX_OK);
  EXPECT_EQ(acquire("default").password, "");
}

TEST_F(StaticProxy, PrefersTheSingleServerToTheList) {
  ASSERT_EQ(open({{"server", "one:1"}, {"serverList", {"a:1", "b:2"}}}), WAX_OK);
  EXPECT_EQ(acquire("default", nullptr, 1).url, "http://one:1");
}

TEST_F(StaticProxy, ListsGoByTheDigitsOfTheName) {
  ASSERT_EQ(open({{"serverList", {"a:1", "b:2", "c:3"}}, {"indexPrefix", "proxy-"}}), WAX_OK);
  EXPECT_EQ(acquire("proxy-1", nullptr, 7).url, "http://b:2");
  EXPECT_EQ(acquire("proxy-2", nullptr, 7).url, "http://c:3");
  EXPECT_EQ(acquire("proxy-3", nullptr, 7).url, "http://a:1");
  EXPECT_EQ(acquire("my-proxy-and-4", nullptr, 7).url, "http://b:2");
  EXPECT_EQ(acquire("proxy-100000000000000000000000000000000000000002", nullptr, 7).url,
            "http://a:1");  // 1 + 2 = 3, and 3 % 3 = 0: powers of ten leave 1
}

TEST_F(StaticProxy, OtherNamesGoByTheNumberOfRunningSessions) {
  ASSERT_EQ(open({{"serverList", {"a:1", "b:2", "c:3"}}, {"indexPrefix", "proxy-"}}), WAX_OK);
  EXPECT_EQ(acquire("session7", nullptr, 4).url, "http://b:2");  // no prefix
  EXPECT_EQ(acquire("proxy-0", nullptr, 2).url, "http://c:3");   // zero
  EXPECT_EQ(acquire("proxy-x", nullptr, 3).url, "http://a:1");   // no digits
}

TEST_F(StaticProxy, TheChoiceStaysWhileALeaseIsHeld) {
  ASSERT_EQ(open({{"serverList", {"a:1", "b:2", "c:3"}}}), WAX_OK);
  const Given first = acquire("default", nullptr, 1);
  const Given second = acquire("default", nullptr, 2);
  EXPECT_EQ(first.url, "http://b:2");
  EXPECT_EQ(second.url, "http://b:2");
  EXPECT_NE(first.id, second.id);
  table_->release(proxy_, first.id);
  EXPECT_EQ(acquire("default", nullptr, 2).url, "http://b:2");
  table_->release(proxy_, first.id);  // again: no effect
  table_->release(proxy_, second.id);
  EXPECT_EQ(acquire("default", nullptr, 2).url, "http://b:2");  // the third lease is held
}

TEST_F(StaticProxy, TheChoiceIsMadeAnewAfterTheLastRelease) {
  ASSERT_EQ(open({{"serverList", {"a:1", "b:2", "c:3"}}}), WAX_OK);
  table_->release(proxy_, acquire("default", nullptr, 1).id);
  EXPECT_EQ(acquire("default", nullptr, 2).url, "http://c:3");
}

TEST_F(StaticProxy, KnowsSchemesAndCredentialsInUrls) {
  ASSERT_EQ(open(Json::object()), WAX_OK);
  const auto url = [&](const char* server) { return acquire("s", {{"server", server}}).url; };
  EXPECT_EQ(url("socks5://10.0.0.1:1080"), "socks5://10.0.0.1:1080");
  EXPECT_EQ(url("socks5h://h:1"), "socks5h://h:1");
  EXPECT_EQ(url("https://h:443/"), "https://h:443");
  EXPECT_EQ(url("[::1]:3128"), "http://[::1]:3128");
  EXPECT_EQ(url("proxy.example.com"), "http://proxy.example.com");
  const Given given =
      acquire("s", {{"server", "http://us%40er:p%3A@h:1"}, {"username", "x"}, {"password", "y"}});
  EXPECT_EQ(given.url, "http://h:1");
  EXPECT_EQ(given.username, "us@er");
  EXPECT_EQ(given.password, "p:");
}

TEST_F(StaticProxy, RefusesNonsenseAndNamesTheFieldButNotTheText) {
  ASSERT_EQ(open(Json::object()), WAX_OK);
  for (const char* server : {"ftp://h:1", "h:0", "h:99999", "h:", ":1", "h:1x", "a b:1", "[::1:2",
                             "http://u:hunter2@", "h/path", "u:hunter2%zz@h:1"}) {
    const Given given = acquire("s", {{"server", server}});
    EXPECT_EQ(given.status, WAX_E_INVALID) << server;
    EXPECT_THAT(given.message, HasSubstr("proxy.server")) << server;
    EXPECT_THAT(given.message, Not(HasSubstr("hunter2"))) << server;
  }
  EXPECT_EQ(acquire("s", {{"server", 5}}).status, WAX_E_INVALID);
  EXPECT_EQ(open({{"server", "h:x"}}), WAX_E_INVALID);
  EXPECT_EQ(open({{"serverList", {"a:1", "b:x"}}}), WAX_E_INVALID);
  EXPECT_THAT(message_, HasSubstr("serverList.1"));
}

}  // namespace
