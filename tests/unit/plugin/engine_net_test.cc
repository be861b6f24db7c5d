// SPDX-License-Identifier: Apache-2.0
// The border of wax.host.net: leases, handles, and that everything ends before the engine does.
// Real connections are tested in tests/net.
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_session_fixture.hpp"
#include "net/harness.hpp"
#include "plugin/blob.hpp"
#include "support/patience.hpp"

namespace waxwing::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What the callbacks were told, in their order.
struct Told {
  std::vector<std::string> log;
  std::string body;
};

constexpr wax_ws_events kEvents = {
    sizeof(wax_ws_events),
    0,
    [](void* user, const wax_header*, std::uint32_t) noexcept {
      static_cast<Told*>(user)->log.emplace_back("opened");
    },
    [](void* user, wax_bytes data, std::int32_t) noexcept {
      static_cast<Told*>(user)->log.push_back(
          "message " + std::string(reinterpret_cast<const char*>(data.data), data.size));
    },
    nullptr,
    [](void* user, const wax_net_end* end) noexcept {
      static_cast<Told*>(user)->log.push_back("closed " +
                                              std::string(end->reason.data, end->reason.size));
    }};

class EngineNetBorder : public EngineSessionTest {
 protected:
  EngineNetBorder() {
    script().on_create = [this](ScriptedEngine& engine, wax_error*) {
      engine_ = &engine;
      return WAX_OK;
    };
    script().on_destroy = [this](ScriptedEngine&) { told_.log.emplace_back("destroyed"); };
    open();
  }
  ~EngineNetBorder() override { close(); }  // while what it tells is still there

  wax_ws* open_ws(const std::string& url, std::uint32_t flags = 0) {
    wax_ws_options options{};
    options.struct_size = sizeof options;
    options.flags = flags;
    options.url = {url.data(), url.size()};
    wax_ws* socket = nullptr;
    run([&] {
      socket = engine_->net().ws_open(engine_->host, engine_->session, &options, &kEvents, &told_);
    });
    return socket;
  }
  void lease(const std::string& url) {
    run([&] { sink_.proxies.back()(plugin_host::Lease{77, url, "user", "secret", 0}); });
  }
  // For what real sockets have to do; the clock stands still.
  template <class Test>
  bool wait(Test test) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!test() && std::chrono::steady_clock::now() < until) {
      loop_.run_ready_for_test();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return test();
  }

  Told told_;
  ScriptedEngine* engine_ = nullptr;
};

TEST_F(EngineNetBorder, NothingIsDialledBeforeThereIsALease) {
  ASSERT_NE(open_ws("ws://127.0.0.1:1/"), nullptr);
  EXPECT_EQ(sink_.proxies.size(), 1U);
  EXPECT_THAT(told_.log, IsEmpty());
  run([&] { sink_.proxies.back()(Status(Code::Unavailable, "all are busy")); });
  EXPECT_THAT(told_.log, ElementsAre("closed no_proxy"));
}

TEST_F(EngineNetBorder, ALeaseOfAnUnknownKindIsAReason) {
  open_ws("ws://127.0.0.1:1/");
  lease("ftp://127.0.0.1:1");
  EXPECT_THAT(told_.log, ElementsAre("closed no_proxy"));
}

TEST_F(EngineNetBorder, AProxyModuleThatDoesNotAnswerIsAReason) {
  open_ws("ws://127.0.0.1:1/");
  pass(Millis(20'000));
  EXPECT_THAT(told_.log, ElementsAre("closed no_proxy"));
  lease("");
  EXPECT_EQ(told_.log.size(), 1U) << "too late";
}

TEST_F(EngineNetBorder, ABadUrlIsTheEnginesFaultAndComesFromTheQueue) {
  run([&] {
    wax_ws_options options{};
    options.struct_size = sizeof options;
    EXPECT_NE(engine_->net().ws_open(engine_->host, engine_->session, &options, &kEvents, &told_),
              nullptr);
    EXPECT_THAT(told_.log, IsEmpty());
  });
  EXPECT_THAT(told_.log, ElementsAre("closed bad_url"));
}

TEST_F(EngineNetBorder, TheProxysFaultsAreReportedAndTheTargetsAreNot) {
  const std::uint16_t nobody = free_port();
  open_ws("ws://127.0.0.1:1/");
  lease("socks5://127.0.0.1:" + std::to_string(nobody));
  ASSERT_TRUE(wait([&] { return !told_.log.empty(); }));
  EXPECT_THAT(told_.log, ElementsAre("closed proxy_unreachable"));
  EXPECT_THAT(sink_.reports, ElementsAre(std::pair(77U, WAX_PROXY_CONNECT_FAILED)));
  open_ws("ws://127.0.0.1:" + std::to_string(nobody) + "/");
  lease("");
  ASSERT_TRUE(wait([&] { return told_.log.size() == 2; }));
  EXPECT_EQ(told_.log.back(), "closed connect_refused");
  EXPECT_EQ(sink_.reports.size(), 1U);
}

TEST_F(EngineNetBorder, AHelperOnThisMachineNeedsNoLease) {
  RawServer server([](int descriptor) {
    write_all(descriptor, accept_websocket(read_head(descriptor)) + "\x81\x02hi");
    wait_for_end(descriptor);
  });
  wax_ws* const socket = open_ws(server.url(), WAX_NET_NO_PROXY);
  ASSERT_TRUE(wait([&] { return told_.log.size() == 2; }));
  EXPECT_THAT(told_.log, ElementsAre("opened", "message hi"));
  EXPECT_THAT(sink_.proxies, IsEmpty());
  run([&] {
    const wax_bytes data{reinterpret_cast<const std::uint8_t*>("x"), 1};
    EXPECT_EQ(engine_->net().ws_send(engine_->host, socket, data, 0), WAX_OK);
    EXPECT_EQ(engine_->net().ws_send(engine_->host, nullptr, data, 0), WAX_E_STATE);
  });
  const ScriptedEngine gone = *engine_;
  EXPECT_TRUE(close());
  EXPECT_THAT(told_.log, ElementsAre("opened", "message hi", "closed cancelled", "destroyed"));
  run([&] { EXPECT_EQ(gone.net().ws_send(gone.host, socket, {}, 0), WAX_E_STATE); });
}

TEST_F(EngineNetBorder, WhateverIsOpenEndsBeforeTheEngine) {
  RawServer silent(&wait_for_end);
  open_ws("ws://127.0.0.1:1/");  // waits for its lease
  open_ws(silent.url(), WAX_NET_NO_PROXY);
  ASSERT_TRUE(wait([&] { return silent.connections() == 1; }));
  EXPECT_TRUE(close());
  EXPECT_THAT(told_.log, ElementsAre("closed cancelled", "closed cancelled", "destroyed"));
}

TEST_F(EngineNetBorder, OtherThreadsAreTurnedAway) {
  std::thread([&] {
    wax_ws_options options{};
    options.struct_size = sizeof options;
    EXPECT_EQ(engine_->net().ws_open(engine_->host, engine_->session, &options, &kEvents, &told_),
              nullptr);
  }).join();
  EXPECT_EQ(counted(plugin_host::Misbehaviour::WrongThread), 1U);
}

TEST_F(EngineNetBorder, ARotatedProxyClosesWhatGoesThroughIt) {
  RawServer silent(&wait_for_end);
  open_ws("ws://127.0.0.1:1/");
  lease("http://127.0.0.1:" + std::to_string(silent.port()));
  open_ws(silent.url(), WAX_NET_NO_PROXY);
  ASSERT_TRUE(wait([&] { return silent.connections() == 2; }));
  run([&] { session_->drop_proxied_connections(); });
  EXPECT_THAT(told_.log, ElementsAre("closed proxy_changed"));
}

// HTTP -------------------------------------------------------------------------------------------

class EngineHttpBorder : public EngineNetBorder {
 protected:
  static void answer(void* user, const wax_net_end* end,
                     const wax_http_response* response) noexcept {
    auto& self = *static_cast<EngineHttpBorder*>(user);
    self.told_.log.push_back(response != nullptr
                                 ? "answer " + std::to_string(response->http_code)
                                 : "failed " + std::string(end->reason.data, end->reason.size));
    if (response != nullptr && response->body != nullptr) {
      const wax_host_blob& blob = self.engine_->blob();
      std::string& body = self.told_.body;
      body.resize(blob.size(self.engine_->host, response->body));
      EXPECT_EQ(blob.read(self.engine_->host, response->body, 0,
                          reinterpret_cast<std::uint8_t*>(body.data()), body.size()),
                static_cast<std::int64_t>(body.size()));
    }
  }
  wax_http* ask(const std::string& url, const std::string& body, bool no_proxy = true) {
    wax_http_request request{};
    request.struct_size = sizeof request;
    request.flags = no_proxy ? std::uint32_t{WAX_NET_NO_PROXY} : 0;
    request.method = {"PUT", 3};
    request.url = {url.data(), url.size()};
    wax_http* handle = nullptr;
    run([&] {
      const wax_host_blob& blob = engine_->blob();
      wax_blob* content = blob.create(engine_->host, body.size());
      blob.write(engine_->host, content,
                 {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()});
      blob.seal(engine_->host, content);
      request.body = content;
      handle = engine_->net().http(engine_->host, engine_->session, &request, &answer, this);
      blob.release(engine_->host, content);
    });
    return handle;
  }
};

// Answers with what it was sent.
void mirror(int descriptor) {
  const std::string head = read_head(descriptor);
  const std::size_t at = head.find("Content-Length: ");
  const auto size = at == std::string::npos ? 0U : std::stoul(head.substr(at + 16));
  std::string body(size, '\0');
  for (std::size_t got = 0; got < size;) {
    const ssize_t more = ::recv(descriptor, body.data() + got, size - got, 0);
    if (more <= 0) {
      return;
    }
    got += static_cast<std::size_t>(more);
  }
  write_all(descriptor,
            "HTTP/1.1 201 Created\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body);
}

TEST_F(EngineHttpBorder, BlobsSmallAndLargeGoAndComeBack) {
  RawServer server(&mirror);
  for (const std::size_t size : {1000U, 3'000'000U}) {
    const std::string body(size, 'b');
    ask("http://127.0.0.1:" + std::to_string(server.port()) + "/", body);
    ASSERT_TRUE(wait([&] { return !told_.log.empty(); }));
    EXPECT_THAT(told_.log, ElementsAre("answer 201"));
    EXPECT_TRUE(told_.body == body) << size;
    told_ = {};
  }
}

TEST_F(EngineHttpBorder, ItGoesThroughTheSessionsProxy) {
  ask("http://127.0.0.1:1/", "x", false);
  lease("http://127.0.0.1:" + std::to_string(free_port()));
  ASSERT_TRUE(wait([&] { return !told_.log.empty(); }));
  EXPECT_THAT(told_.log, ElementsAre("failed proxy_unreachable"));
  EXPECT_THAT(sink_.reports, ElementsAre(std::pair(77U, WAX_PROXY_CONNECT_FAILED)));
}

TEST_F(EngineHttpBorder, CancelledOrEndedItIsAnsweredOnce) {
  RawServer silent(&wait_for_end);
  wax_http* const first = ask(silent.url().replace(0, 2, "http"), "x");
  ask(silent.url().replace(0, 2, "http"), "y");
  ASSERT_TRUE(wait([&] { return silent.connections() == 2; }));
  run([&] {
    engine_->net().http_cancel(engine_->host, first);
    EXPECT_THAT(told_.log, IsEmpty());
  });
  EXPECT_THAT(told_.log, ElementsAre("failed cancelled"));
  EXPECT_TRUE(close());
  EXPECT_THAT(told_.log, ElementsAre("failed cancelled", "failed cancelled", "destroyed"));
}

TEST_F(EngineHttpBorder, ItsDeadlineIsKept) {
  RawServer silent(&wait_for_end);
  ask(silent.url().replace(0, 2, "http"), "x");
  ASSERT_TRUE(wait([&] { return silent.connections() == 1; }));
  pass(Millis(60'000));
  EXPECT_THAT(told_.log, ElementsAre("failed timeout"));
}

}  // namespace
}  // namespace waxwing::testing
