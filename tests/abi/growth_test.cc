// SPDX-License-Identifier: Apache-2.0
// Tables and structs that are shorter or longer than the other side knows.
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <waxwing/plugin.hpp>
#include <waxwing/plugin/testing.hpp>

extern "C" const wax_module* plain_c_module(void);

namespace {

namespace wp = waxwing::plugin;
using namespace waxwing::plugin::testing;
using ::testing::IsEmpty;

class Grower final : public wp::Engine {
 public:
  static constexpr const char* kId = "GROWER";
  static constexpr const char* kName = "Grower";
  static constexpr wax_op kOps[] = {wp::op("x-test.any")};

  using wp::Engine::Engine;

  void start(wp::Call&& call) override {
    after(10, [this] { state(WAX_SESSION_WORKING); });
    presence(true);
    activity(5);
    log(WAX_LOG_INFO, "started");
    call.ok();
  }
  void invoke(const wp::Request& request, wp::Call&& call) override {
    const bool taken = emit({"x", request.json});
    call.ok(taken ? "{}" : "{\"full\":true}");
  }
};

}  // namespace

WAX_ENGINE_MODULE(Grower, "waxwing.test-grower", "1.0.0");

namespace {

// A struct of a later version: what we know, then what we do not.
template <class T>
struct Later {
  T known;
  unsigned char more[24];
};

TEST(Growth, AnEngineOfAnOlderAbiInPlainCIsDriven) {
  FakeHost host(plain_c_module());
  EXPECT_STREQ(host.engine().id, "PLAIN");
  FakeSession& session = host.create("s");
  EXPECT_TRUE(session.start().ok());
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
  EXPECT_EQ(session.invoke("x-c.hello").json, "{\"hello\":true}");
  EXPECT_EQ(session.invoke("x-c.other").status, WAX_E_UNSUPPORTED);
  EXPECT_EQ(session.reconfigure("{}"), WAX_E_STATE);  // an empty slot: a restart then
  EXPECT_TRUE(session.logout().ok());                 // likewise: stop()
  EXPECT_THAT(host.finish(), IsEmpty());
}

TEST(Growth, AnOlderHostsMissingSlotsAreNotCalled) {
  FakeHost::Options options;
  options.table_bytes[WAX_HOST_SESSION] = offsetof(wax_host_session, set_presence);
  options.table_bytes[WAX_HOST_EXECUTOR] = offsetof(wax_host_executor, fd_watch);
  options.table_bytes[WAX_HOST_LOG] = offsetof(wax_host_log, enabled);
  FakeHost host(wax_module_v1(), options);
  FakeSession& session = host.create("s");
  EXPECT_TRUE(session.start().ok());
  host.advance(10);
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
  EXPECT_EQ(session.presence, -1);
  EXPECT_THAT(host.logs, IsEmpty());
  EXPECT_EQ(session.invoke("x-test.any").status, WAX_E_UNSUPPORTED);  // emit() is not there
  EXPECT_TRUE(session.stop().ok());
  EXPECT_THAT(host.finish(), IsEmpty());
}

TEST(Growth, ANewerHostsUnknownSlotsDoNoHarm) {
  FakeHost::Options options;
  options.table_bytes[WAX_HOST_SESSION] = sizeof(wax_host_session) + 64;
  options.table_bytes[WAX_HOST_EXECUTOR] = sizeof(wax_host_executor) + 8;
  options.table_bytes[WAX_HOST_STORE] = sizeof(wax_host_store) + 8;
  FakeHost host(wax_module_v1(), options);
  FakeSession& session = host.create("s");
  EXPECT_TRUE(session.start().ok());
  host.advance(10);
  EXPECT_EQ(session.presence, 1);
  EXPECT_EQ(session.invoke("x-test.any").json, "{}");
  EXPECT_THAT(session.events, ::testing::SizeIs(1));
  EXPECT_THAT(host.finish(), IsEmpty());
}

TEST(Growth, ArraysAreWalkedWithTheWritersStride) {
  std::vector<Later<wax_kv>> rows(3);
  const std::string keys = "abc";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].known = {
        sizeof(Later<wax_kv>), 0, wp::str("space"), wp::bytes({&keys[i], 1}), {}, i, 0};
    std::memset(rows[i].more, 0xAB, sizeof rows[i].more);
  }
  const wp::Rows seen(&rows[0].known, 3);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].key, "a");
  EXPECT_EQ(seen[2].key, "c");
  EXPECT_EQ(seen[2].version, 2U);
}

TEST(Growth, AShorterStructLeavesTheRestEmpty) {
  struct Older {  // wax_me before it had a jid
    std::uint32_t struct_size;
    std::uint32_t flags;
    wax_str id;
  } older = {sizeof(Older), 0, wp::str("1@c.us")};
  const auto me = wp::detail::normalised<wax_me>(&older);
  EXPECT_EQ(wp::view(me.id), "1@c.us");
  EXPECT_EQ(me.push_name.data, nullptr);
  EXPECT_EQ(me.jid.size, 0U);
}

TEST(Growth, TheModuleSaysWhatItNeeds) {
  EXPECT_EQ(wax_module_v1()->abi_major, WAX_ABI_MAJOR);
  EXPECT_EQ(wax_module_v1()->abi_minor_required, WAX_ABI_MINOR);  // while the ABI is 0.x
  EXPECT_EQ(wax_module_v1()->get_factory(nullptr, "wax.unknown-factory/1"), nullptr);
  const auto* factory = static_cast<const wax_engine_factory*>(
      wax_module_v1()->get_factory(nullptr, WAX_ENGINE_FACTORY));
  EXPECT_EQ(factory->probe, nullptr);  // of a class that states none
}

}  // namespace
