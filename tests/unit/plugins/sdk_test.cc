// SPDX-License-Identifier: Apache-2.0
// The SDK's promises, by an engine made for each of them: callbacks, answers, old hosts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <waxwing/plugin.hpp>
#include <waxwing/plugin/testing.hpp>

namespace {

namespace wp = waxwing::plugin;
using namespace waxwing::plugin::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

int live_captures = 0;  // of functions handed to the SDK

struct Counted {
  Counted() { ++live_captures; }
  Counted(const Counted&) { ++live_captures; }
  Counted(Counted&&) noexcept { ++live_captures; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --live_captures; }
};

class Probe final : public wp::Engine {
 public:
  static constexpr const char* kId = "PROBE";
  static constexpr const char* kName = "Probe";
  static constexpr wax_op kOps[] = {wp::op("x-test.any", WAX_OP_ANY_STATE)};
  static constexpr wp::Metric kMetrics[] = {{WAX_METRIC_GAUGE, "g", "", ""}};

  using wp::Engine::Engine;
  ~Probe() override { destroyed = true; }

  void start(wp::Call&& call) override { call.ok(); }
  void invoke(const wp::Request& request, wp::Call&& call) override {
    const std::string_view what = request.json;
    if (what == "throw") {
      throw wp::Error(WAX_E_RATE_LIMITED, "slow down", 1500);
    }
    if (what == "throw int") {
      throw 5;
    }
    if (what == "drop") {
      return;
    }
    if (what == "move and throw") {
      const wp::Call mine = std::move(call);
      throw wp::Error(WAX_E_INVALID, "too late to be the answer");
    }
    if (what == "upload") {
      call.ok(request.part(host(), "file").blob.content());
      return;
    }
    if (what == "keep upload") {
      kept = request.part(host(), "file").blob;
      call.ok(request.part(host(), "other").blob ? "there" : "absent");
      return;
    }
    if (what == "offload") {
      offload([] { return std::string("worked"); },
              [c = std::move(call)](std::future<std::string> r) mutable {
                try {
                  c.ok(r.get());
                } catch (const wp::Error& e) {
                  c.fail(e.code(), e.what());
                }
              });
      return;
    }
    if (what == "offload throws") {
      offload([]() -> int { throw wp::Error(WAX_E_CONFLICT, "pool"); },
              [c = std::move(call)](std::future<int> r) mutable {
                try {
                  r.get();
                } catch (const wp::Error& e) {
                  c.fail(e.code(), e.what());
                }
              });
      return;
    }
    if (what == "callbacks") {
      const Counted token;
      get({{"s", "k"}}, [this, token](const wp::Outcome&, const wp::Rows&) { ran += "g"; });
      scan(wp::Query{"s"}, [this, token](const wp::Outcome&, const wp::Rows&) { ran += "s"; });
      commit(wp::Changes().put("s", "k", "v"), [this, token](const wp::Outcome&) { ran += "c"; });
      post([this, token] { ran += "p"; });
      after(10, [this, token] { ran += "t"; });
      offload([token] {}, [this, token](std::future<void>) { ran += "o"; });
      resolve_proxy("http",
                    [this, token](const wp::Outcome&, const wp::ProxyLease&) { ran += "r"; });
      (void)emit({"x", "{}"}, [this, token](const wp::Outcome&) { ran += "e"; });
    }
    if (what == "timers") {
      kept_timer = after(10, [this] { ran += "a"; });
      after(10, [this] { ran += "b"; }).cancel();
      {
        const wp::ScopedTimer scoped = after(10, [this] { ran += "c"; });
      }
      replaced = after(10, [this] { ran += "d"; });
      replaced = after(20, [this] { ran += "e"; });
    }
    if (what == "throw later") {
      after(0, [] { throw wp::Error(WAX_E_INVALID, "nobody waits"); });
    }
    call.ok(ran);
  }

  static inline std::string ran;
  static inline bool destroyed = false;
  wp::Blob kept;
  wp::Timer kept_timer;
  wp::ScopedTimer replaced;
};

}  // namespace

WAX_ENGINE_MODULE(Probe, "waxwing.test-probe", "1.0.0");

namespace {

class Sdk : public ::testing::Test {
 protected:
  void SetUp() override {
    Probe::ran.clear();
    Probe::destroyed = false;
    session = &host.create("s");
    session->start();
  }
  void TearDown() override {
    EXPECT_THAT(host.finish(), IsEmpty());
    EXPECT_EQ(live_captures, 0);
    EXPECT_TRUE(Probe::destroyed);
  }
  Answer& ask(const std::string& what) { return session->invoke("x-test.any", what); }

  FakeHost host{wax_module_v1()};
  FakeSession* session = nullptr;
};

TEST_F(Sdk, ExceptionsBecomeAnswers) {
  const Answer& thrown = ask("throw");
  EXPECT_EQ(thrown.status, WAX_E_RATE_LIMITED);
  EXPECT_EQ(thrown.message, "slow down");
  EXPECT_EQ(thrown.retry_after_ms, 1500U);
  EXPECT_EQ(ask("throw int").status, WAX_E_INTERNAL);
}

TEST_F(Sdk, AForgottenCallIsAnswered) {
  EXPECT_EQ(ask("drop").status, WAX_E_INTERNAL);
  const Answer& moved = ask("move and throw");
  EXPECT_TRUE(moved.done);
  EXPECT_EQ(moved.status, WAX_E_INTERNAL);
}

TEST_F(Sdk, PartsComeInAndMayBeKept) {
  const std::vector<PartRecord> parts = {{"file", "text/plain", "a.txt", "content"}};
  EXPECT_EQ(session->invoke("x-test.any", "upload", parts).json, "content");
  EXPECT_EQ(session->invoke("x-test.any", "keep upload", parts).json, "absent");
}

TEST_F(Sdk, WorkGoesToThePoolAndComesBack) {
  EXPECT_EQ(ask("offload").json, "worked");
  const Answer& thrown = ask("offload throws");
  EXPECT_EQ(thrown.status, WAX_E_CONFLICT);
  EXPECT_EQ(thrown.message, "pool");
  host.offload_status = WAX_E_UNAVAILABLE;
  EXPECT_EQ(ask("offload").status, WAX_E_UNAVAILABLE);
}

TEST_F(Sdk, EveryCallbackRunsOnceAndIsFreed) {
  ask("callbacks");
  host.advance(10);
  EXPECT_EQ(Probe::ran, "gscpreot");
  EXPECT_EQ(live_captures, 0);
}

TEST_F(Sdk, NoCallbackRunsOnceStopWasAnswered) {
  host.run_after_calls = false;  // stop() comes while everything is under way
  ask("callbacks");
  EXPECT_TRUE(session->stop().ok());
  EXPECT_GT(live_captures, 0);
  host.advance(1'000);
  EXPECT_EQ(Probe::ran, "");
  EXPECT_EQ(live_captures, 0);
}

TEST_F(Sdk, CancelledCallbacksAreFreedAndDoNotRun) {
  host.run_after_calls = false;
  ask("callbacks");
  const Answer& pending = ask("offload");
  session->destroy();
  EXPECT_EQ(pending.status, WAX_E_UNAVAILABLE);
  EXPECT_EQ(Probe::ran, "");
  EXPECT_EQ(live_captures, 0);
}

TEST_F(Sdk, ADestroyedEngineHearsNothing) {
  ask("timers");
  session->destroy();
  host.advance(1'000);
  EXPECT_EQ(Probe::ran, "");
}

TEST_F(Sdk, TimersCanBeCancelledReplacedAndScoped) {
  ask("timers");
  host.advance(100);
  EXPECT_EQ(Probe::ran, "ae");
  EXPECT_EQ(host.running_timers(), 0U);
}

TEST_F(Sdk, AnExceptionThatNobodyWaitsForIsLogged) {
  ask("throw later");
  host.advance(0);
  ASSERT_EQ(host.logs.size(), 1U);
  EXPECT_EQ(host.logs[0].message, "plugin.exception");
  EXPECT_EQ(host.logs[0].session, "s");
  EXPECT_THAT(host.logs[0].fields,
              ElementsAre(std::pair<std::string, std::string>("what", "nobody waits")));
}

TEST(SdkOldHost, MissingExtensionsFailTheCallThatNeedsThem) {
  FakeHost::Options options;
  options.without = {WAX_HOST_STORE,   WAX_HOST_BLOB,  WAX_HOST_LOG,
                     WAX_HOST_METRICS, WAX_HOST_PROXY, WAX_HOST_EXECUTOR};
  FakeHost host(wax_module_v1(), options);
  FakeSession& session = host.create("s");
  EXPECT_TRUE(session.start().ok());
  EXPECT_EQ(session.invoke("x-test.any", "callbacks").status, WAX_E_UNSUPPORTED);
  EXPECT_EQ(session.invoke("x-test.any", "timers").status, WAX_E_UNSUPPORTED);
  EXPECT_TRUE(session.stop().ok());
  EXPECT_THAT(host.finish(), IsEmpty());
}

}  // namespace
