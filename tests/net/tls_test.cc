// SPDX-License-Identifier: Apache-2.0
// TLS of our connections: who is trusted, what is refused and why, sessions taken up again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/harness.hpp"

namespace waxwing::testing {
namespace {

class TlsTest : public ::testing::Test {
 protected:
  net::WebSocket::Options trusting(const std::string& url) {
    auto options = Wire::options(url);
    options.dial.ca_pem = authority_.pem();
    return options;
  }
  net::End end_with(const Certificate& certificate, bool trusted = true) {
    WsServer server(certificate);
    Recorder recorder;
    const auto socket = wire_.open(
        trusted ? trusting(server.url("/echo")) : Wire::options(server.url("/echo")), recorder);
    return recorder.wait_closed();
  }

  Authority authority_;
  Wire wire_;
  Recorder recorder_;
};

TEST_F(TlsTest, MessagesOfAllSizesComeBack) {
  WsServer server(authority_.good());
  const auto socket = wire_.open(trusting(server.url("/echo")), recorder_);
  ASSERT_TRUE(recorder_.wait_opened()) << recorder_.wait_closed().text;
  for (const std::size_t size : {1U, 16384U, 70'000U, 2'000'000U}) {
    const std::string data(size, 'x');
    ASSERT_TRUE(wire_.send(socket, data).is_ok());
    EXPECT_EQ(recorder_.next_message(), data);
  }
  wire_.on_loop([&] { socket->close(1000, ""); });
  EXPECT_EQ(recorder_.wait_closed().close_code, 1000);
}

TEST_F(TlsTest, AMessageOfManyRecordsArrivesWithoutAnotherPush) {
  WsServer server(authority_.good());
  const auto socket = wire_.open(trusting(server.url("/big")), recorder_);
  EXPECT_EQ(recorder_.next_message().value_or("").size(), 3U << 20);
}

TEST_F(TlsTest, ManySmallMessagesUnderBackPressure) {
  WsServer server(authority_.good());
  net::WebSocket* opening = nullptr;
  recorder_.when_opened = [&] { opening->pause(true); };
  const auto socket = wire_.open(trusting(server.url("/flood")), recorder_,
                                 [&](net::WebSocket& its) { opening = &its; });
  ASSERT_TRUE(recorder_.wait_opened());
  wire_.on_loop([&] { socket->pause(false); });
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(recorder_.next_message().value_or("").size(), 4096U) << i;
  }
  EXPECT_EQ(recorder_.next_message(), "text:done");
}

TEST_F(TlsTest, AnUnknownAuthorityIsRefused) {
  const net::End end = end_with(authority_.good(), false);
  EXPECT_EQ(end.reason, "certificate_invalid");
  EXPECT_EQ(end.code, Code::Unavailable);
}

TEST_F(TlsTest, AnExpiredCertificateIsRefused) {
  EXPECT_EQ(end_with(authority_.expired()).reason, "certificate_expired");
}

TEST_F(TlsTest, ACertificateForAnotherHostIsRefused) {
  EXPECT_EQ(end_with(authority_.for_another_host()).reason, "certificate_wrong_host");
}

TEST_F(TlsTest, ANameIsVerifiedAsAName) {
  WsServer server(authority_.good());
  auto options = trusting("wss://localhost:" + std::to_string(server.port()) + "/hello");
  const auto socket = wire_.open(std::move(options), recorder_);
  EXPECT_EQ(recorder_.next_message(), "text:hello") << recorder_.wait_closed().text;
}

TEST_F(TlsTest, ClearTextInPlaceOfTlsIsAReason) {
  WsServer plain;
  const auto socket =
      wire_.open(trusting("wss://127.0.0.1:" + std::to_string(plain.port()) + "/echo"), recorder_);
  EXPECT_EQ(recorder_.wait_closed().reason, "tls_failed");
}

TEST_F(TlsTest, ABrokenCaIsTheCallersFault) {
  auto options = Wire::options("wss://127.0.0.1:1/");
  RawServer server([](int descriptor) { wait_for_end(descriptor); });
  options.dial.target.port = server.port();
  options.dial.ca_pem = "no certificate";
  const auto socket = wire_.open(std::move(options), recorder_);
  EXPECT_EQ(recorder_.wait_closed().code, Code::Invalid);
}

TEST_F(TlsTest, ASessionIsTakenUpAgainAndOnlyByItsOwner) {
  WsServer server(authority_.good());
  const auto mine = std::make_shared<net::TlsSessions>();
  const auto resumes = [&](const std::shared_ptr<net::TlsSessions>& sessions) {
    Recorder recorder;
    auto options = trusting(server.url("/hello"));
    options.dial.sessions = sessions;
    const auto socket = wire_.open(std::move(options), recorder);
    EXPECT_EQ(recorder.next_message(), "text:hello");
    bool resumed = false;
    wire_.on_loop([&] {
      resumed = socket->resumed_tls();
      socket->abandon();
    });
    return resumed;
  };
  EXPECT_FALSE(resumes(mine));
  EXPECT_EQ(mine->size(), 1U);
  EXPECT_TRUE(resumes(mine));
  EXPECT_FALSE(resumes(std::make_shared<net::TlsSessions>()));
}

// openssl s_server, restricted to one version.
class TlsVersion : public TlsTest {
 protected:
  net::End end_with_only(const std::string& version) {
    TempDir files;
    const Certificate certificate = authority_.good();
    write_file(files / "key.pem", certificate.key_pem);
    write_file(files / "chain.pem", certificate.chain_pem);
    const std::uint16_t port = free_port();
    Program server({"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port), "-key",
                    files / "key.pem", "-cert", files / "chain.pem", "-www", version, "-cipher",
                    "ALL:@SECLEVEL=0"});
    EXPECT_TRUE(wait_for_port(port));
    const auto socket =
        wire_.open(trusting("wss://127.0.0.1:" + std::to_string(port) + "/"), recorder_);
    return recorder_.wait_closed();
  }
};

TEST_F(TlsVersion, OneDotTwoAndThreeWillDo) {
  // It is no WebSocket server, so what comes back is a page.
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    const net::End end = end_with_only(version);
    EXPECT_EQ(end.reason, "handshake_refused") << version << ": " << end.text;
  }
}

TEST_F(TlsVersion, OlderOnesAreRefused) {
  EXPECT_EQ(end_with_only("-tls1_1").reason, "tls_failed");
}

}  // namespace
}  // namespace waxwing::testing
