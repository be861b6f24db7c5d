// SPDX-License-Identifier: Apache-2.0
// Our connections through real proxies: tinyproxy, squid, microsocks, and through bad ones.
#include <unistd.h>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/harness.hpp"

namespace waxwing::testing {
namespace {

using ::testing::AnyOf;

constexpr const char* kUser = "wax";
constexpr const char* kPassword = "p:ss w0rd";

class ProxyTest : public ::testing::Test {
 protected:
  // The end of a connection to `target` through `route`; one that opened is asked for its hello.
  net::End end_through(const std::string& proxy, const std::string& target,
                       const std::string& username = {}, const std::string& password = {}) {
    Recorder recorder;
    auto options = Wire::options(target);
    options.dial.ca_pem = authority_.pem();
    options.dial.route = *net::parse_route(proxy);
    options.dial.route.username = username;
    options.dial.route.password = password;
    const auto socket = wire_.open(std::move(options), recorder);
    if (!recorder.wait_opened()) {
      return recorder.wait_closed();
    }
    EXPECT_EQ(recorder.next_message(), "text:hello");
    wire_.on_loop([&] { socket->abandon(); });
    return {};
  }
  void expect_open(const std::string& proxy, const std::string& target,
                   const std::string& username = {}, const std::string& password = {}) {
    const net::End end = end_through(proxy, target, username, password);
    EXPECT_TRUE(end.is_ok()) << end.reason << ": " << end.text;
  }
  static std::string nobody() { return "ws://127.0.0.1:" + std::to_string(free_port()) + "/hello"; }

  Authority authority_;
  WsServer tls_{authority_.good()};
  WsServer plain_;
  TempDir files_;
  Wire wire_;
};

// tinyproxy --------------------------------------------------------------------------------------

class TinyproxyTest : public ProxyTest {
 protected:
  void SetUp() override {
    if (!is_installed("tinyproxy")) {
      FAIL() << "tinyproxy is not installed: tools/install-deps --tests";
    }
  }
  void run(const std::string& extra) {
    port_ = free_port();
    write_file(files_ / "tinyproxy.conf", "Port " + std::to_string(port_) +
                                              "\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n"
                                              "LogLevel Critical\n" +
                                              extra);
    program_.emplace(std::vector<std::string>{"tinyproxy", "-d", "-c", files_ / "tinyproxy.conf"});
    ASSERT_TRUE(wait_for_port(port_));
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::uint16_t port_ = 0;
  std::optional<Program> program_;
};

TEST_F(TinyproxyTest, CarriesWebSocketsInClearAndUnderTls) {
  ASSERT_NO_FATAL_FAILURE(run(""));
  expect_open(url(), plain_.url("/hello"));
  expect_open(url(), tls_.url("/hello"));
  expect_open(url(), "wss://localhost:" + std::to_string(tls_.port()) + "/hello");
}

TEST_F(TinyproxyTest, BasicAuthentication) {
  ASSERT_NO_FATAL_FAILURE(run("BasicAuth wax secret\n"));
  expect_open(url(), tls_.url("/hello"), "wax", "secret");
  expect_open(url(), tls_.url("/hello"), "wax", "secret");  // it is known now what it wants
  EXPECT_EQ(end_through(url(), tls_.url("/hello"), "wax", "wrong").reason, "proxy_authentication");
  EXPECT_EQ(end_through(url(), tls_.url("/hello")).reason, "proxy_authentication");
}

TEST_F(TinyproxyTest, ItsRulesAndItsDeadTargetsAreDifferentReasons) {
  ASSERT_NO_FATAL_FAILURE(run("ConnectPort " + std::to_string(tls_.port()) + "\n"));
  expect_open(url(), tls_.url("/hello"));
  const net::End refused = end_through(url(), plain_.url("/hello"));
  EXPECT_EQ(refused.reason, "proxy_refused");
  EXPECT_TRUE(refused.at_proxy);
}

TEST_F(TinyproxyTest, ADeadTargetIsNotTheProxysFault) {
  ASSERT_NO_FATAL_FAILURE(run(""));
  const net::End end = end_through(url(), nobody());
  EXPECT_EQ(end.reason, "target_unreachable");
  EXPECT_FALSE(end.at_proxy);
}

TEST_F(TinyproxyTest, TheCertificateIsTheTargets) {
  ASSERT_NO_FATAL_FAILURE(run(""));
  WsServer wrong(authority_.for_another_host());
  EXPECT_EQ(end_through(url(), wrong.url("/hello")).reason, "certificate_wrong_host");
}

TEST_F(TinyproxyTest, ItsDeathInMidSessionIsNoticed) {
  ASSERT_NO_FATAL_FAILURE(run(""));
  Recorder recorder;
  auto options = Wire::options(plain_.url("/echo"));
  options.dial.route = *net::parse_route(url());
  const auto socket = wire_.open(std::move(options), recorder);
  ASSERT_TRUE(recorder.wait_opened());
  program_->kill();
  EXPECT_THAT(recorder.wait_closed().reason, AnyOf("connection_reset", "connection_closed"));
  EXPECT_EQ(end_through(url(), plain_.url("/hello")).reason, "proxy_unreachable");
}

// squid ------------------------------------------------------------------------------------------

class SquidTest : public ProxyTest {
 protected:
  ~SquidTest() override {
    program_.reset();
    // What it shares with others of its name stays behind when it is killed.
    for (const char* part : {"metadata", "queues", "readers"}) {
      ::unlink(("/dev/shm/" + name_ + "-cf__" + part + ".shm").c_str());
    }
  }
  void SetUp() override {
    if (!is_installed("squid")) {
      FAIL() << "squid is not installed: tools/install-deps --tests";
    }
  }
  void run(const std::string& authentication) {
    port_ = free_port();
    // Started as root it changes to a user of its own, who has to read the test's files.
    ::chmod(files_.path().c_str(), 0755);
    write_file(files_ / "squid.conf",
               "http_port 127.0.0.1:" + std::to_string(port_) +
                   "\nvisible_hostname proxy.test\npid_filename none\ncache deny all\n"
                   "cache_log /dev/null\naccess_log none\nshutdown_lifetime 0 seconds\n"
                   "max_filedescriptors 1024\npinger_enable off\ncoredump_dir " +
                   files_.path() + "\n" + authentication + "http_access deny all\n");
    name_ = "waxwing" + std::to_string(port_);
    program_.emplace(std::vector<std::string>{"/usr/sbin/squid", "-N", "-n", name_, "-f",
                                              files_ / "squid.conf"});
    ASSERT_TRUE(wait_for_port(port_));
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::uint16_t port_ = 0;
  std::string name_;
  std::optional<Program> program_;
};

TEST_F(SquidTest, CarriesWebSocketsAndRefusesByRule) {
  ASSERT_NO_FATAL_FAILURE(
      run("acl tls port " + std::to_string(tls_.port()) + "\nhttp_access allow tls\n"));
  expect_open(url(), tls_.url("/hello"));
  EXPECT_EQ(end_through(url(), plain_.url("/hello")).reason, "proxy_refused");
}

TEST_F(SquidTest, ADeadTarget) {
  ASSERT_NO_FATAL_FAILURE(run("http_access allow all\n"));
  EXPECT_EQ(end_through(url(), nobody()).reason, "target_unreachable");
}

TEST_F(SquidTest, DigestAuthentication) {
  write_file(files_ / "digest", "wax:secret\n");
  ASSERT_NO_FATAL_FAILURE(run("auth_param digest program /usr/lib/squid/digest_file_auth " +
                              (files_ / "digest") +
                              "\nauth_param digest children 1\nauth_param digest realm test\n"
                              "acl known proxy_auth REQUIRED\nhttp_access allow known\n"));
  expect_open(url(), tls_.url("/hello"), "wax", "secret");
  EXPECT_EQ(end_through(url(), tls_.url("/hello"), "wax", "wrong").reason, "proxy_authentication");
  EXPECT_EQ(end_through(url(), tls_.url("/hello")).reason, "proxy_authentication");
}

// microsocks -------------------------------------------------------------------------------------

class MicrosocksTest : public ProxyTest {
 protected:
  void SetUp() override {
    if (!is_installed("microsocks")) {
      FAIL() << "microsocks is not installed: tools/install-deps --tests";
    }
  }
  void run(std::vector<std::string> arguments = {}) {
    port_ = free_port();
    std::vector<std::string> command = {"microsocks", "-i", "127.0.0.1", "-p",
                                        std::to_string(port_)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    program_.emplace(command);
    ASSERT_TRUE(wait_for_port(port_));
  }
  [[nodiscard]] std::string url() const { return "socks5://127.0.0.1:" + std::to_string(port_); }

  std::uint16_t port_ = 0;
  std::optional<Program> program_;
};

TEST_F(MicrosocksTest, CarriesWebSocketsAndResolvesNames) {
  ASSERT_NO_FATAL_FAILURE(run());
  expect_open(url(), plain_.url("/hello"));
  expect_open(url(), "wss://localhost:" + std::to_string(tls_.port()) + "/hello");
}

TEST_F(MicrosocksTest, Login) {
  ASSERT_NO_FATAL_FAILURE(run({"-u", kUser, "-P", kPassword}));
  expect_open(url(), tls_.url("/hello"), kUser, kPassword);
  EXPECT_EQ(end_through(url(), tls_.url("/hello"), kUser, "wrong").reason, "proxy_authentication");
  EXPECT_EQ(end_through(url(), tls_.url("/hello")).reason, "proxy_authentication");
}

TEST_F(MicrosocksTest, DeadTargetsAndUnknownNames) {
  ASSERT_NO_FATAL_FAILURE(run());
  EXPECT_EQ(end_through(url(), nobody()).reason, "connect_refused");
  EXPECT_THAT(end_through(url(), "ws://nowhere.invalid/").reason,
              AnyOf("target_unreachable", "proxy_refused"));
}

// Of another kind than it was said to be
// -----------------------------------------------------------

TEST_F(MicrosocksTest, AskedAsAnHttpProxy) {
  ASSERT_NO_FATAL_FAILURE(run());
  EXPECT_THAT(end_through("http://127.0.0.1:" + std::to_string(port_), tls_.url("/hello")).reason,
              AnyOf("proxy_protocol", "proxy_refused"));
}

// Bad ones ---------------------------------------------------------------------------------------

class BadProxyTest : public ProxyTest {
 protected:
  net::End end_through(const RawServer& proxy, const std::string& scheme, Millis timeout) {
    Recorder recorder;
    auto options = Wire::options(tls_.url("/hello"));
    options.connect_timeout = timeout;
    options.dial.route = *net::parse_route(scheme + "127.0.0.1:" + std::to_string(proxy.port()));
    const auto socket = wire_.open(std::move(options), recorder);
    return recorder.wait_closed();
  }
};

TEST_F(BadProxyTest, AcceptsAndHangs) {
  RawServer proxy(&wait_for_end);
  for (const char* scheme : {"http://", "socks5://"}) {
    const net::End end = end_through(proxy, scheme, Millis(100));
    EXPECT_EQ(end.reason, "timeout");
    EXPECT_EQ(end.code, Code::Timeout);
    EXPECT_TRUE(end.at_proxy);
    EXPECT_THAT(end.text, ::testing::HasSubstr("proxy"));
  }
}

TEST_F(BadProxyTest, HangsUp) {
  RawServer proxy([](int) {});
  for (const char* scheme : {"http://", "socks5://"}) {
    const net::End end = end_through(proxy, scheme, Millis(20'000));
    EXPECT_EQ(end.reason, "proxy_refused");
    EXPECT_TRUE(end.at_proxy);
  }
}

TEST_F(BadProxyTest, ACaptivePortalTakesTheTunnelAndAnswersItself) {
  RawServer portal([](int descriptor) {
    read_head(descriptor);
    write_all(descriptor, "HTTP/1.1 200 OK\r\n\r\n");
    wait_for_end(descriptor);
  });
  EXPECT_EQ(end_through(portal, "http://", Millis(100)).reason, "timeout");
  RawServer page([](int descriptor) {
    read_head(descriptor);
    write_all(descriptor, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>log in</html>");
    wait_for_end(descriptor);
  });
  EXPECT_THAT(end_through(page, "http://", Millis(20'000)).reason,
              AnyOf("proxy_protocol", "tls_failed"));
}

TEST_F(BadProxyTest, TheNameOfTheProxyIsUnknown) {
  Recorder recorder;
  auto options = Wire::options(tls_.url("/hello"));
  options.dial.route = *net::parse_route("http://proxy.invalid:3128");
  const auto socket = wire_.open(std::move(options), recorder);
  EXPECT_EQ(recorder.wait_closed().reason, "proxy_unreachable");
}

}  // namespace
}  // namespace waxwing::testing
