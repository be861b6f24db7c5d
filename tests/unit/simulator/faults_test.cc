// SPDX-License-Identifier: Apache-2.0
// The faults do what they say, and the control interface takes only those there are.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control_json.hpp"
#include "scene.hpp"

namespace waxwing::simulator {
namespace {

using nlohmann::json;

TEST(SimulatorFaults, EveryBadCertificateIsRefusedByACarefulClient) {
  for (const BadCertificate fault :
       {BadCertificate::WrongRoot, BadCertificate::WrongSignature, BadCertificate::WrongKey,
        BadCertificate::IntermediateIssuer, BadCertificate::LeafIssuer, BadCertificate::Expired,
        BadCertificate::NotYetValid, BadCertificate::NoValidity}) {
    Scene scene;
    const Identity identity;
    scene.server.faults().certificate = fault;
    EXPECT_FALSE(scene.client()->connect(identity, identity.registration()))
        << static_cast<int>(fault);
    scene.server.faults().certificate = BadCertificate::None;
    EXPECT_TRUE(scene.client()->connect(identity, identity.registration()));
  }
}

TEST(SimulatorFaults, FramesAreSplitAndMerged) {
  Scene scene;
  Identity identity;
  scene.server.faults().split_frames = true;
  ASSERT_NE(scene.linked(identity, scene.alice), nullptr);
  scene.server.faults() = {};
  scene.server.faults().merge_frames = true;
  const auto client = scene.client();
  // The answer to hello waits for the end of the turn.
  EXPECT_FALSE(client->connect(identity, identity.login(15550001001, 1)));
  scene.clock.advance(std::chrono::milliseconds(0));
  EXPECT_EQ(client->messages, 1U);
}

TEST(SimulatorFaults, LoginsFailAsAsked) {
  Scene scene;
  Identity identity;
  ASSERT_NE(scene.linked(identity, scene.alice), nullptr);
  scene.server.faults().login_failure = LoginFailure{402, 101, 3600};
  auto client = scene.client();
  ASSERT_TRUE(client->connect(identity, identity.login(15550001001, 1)));
  const md::Node failure = client->hear();
  EXPECT_EQ(failure.tag(), "failure");
  EXPECT_EQ(failure.text("reason"), "402");
  EXPECT_EQ(failure.text("code"), "101");
  EXPECT_EQ(failure.text("expire"), "3600");

  scene.server.faults() = {};
  scene.server.faults().minimum_version = 1045649368;
  client = scene.client();
  ASSERT_TRUE(client->connect(identity, identity.login(15550001001, 1)));
  EXPECT_EQ(client->hear().text("reason"), "405");
  EXPECT_EQ(scene.server.violations().total(), 0U) << "these are the server's faults";
}

TEST(SimulatorFaults, JsonGoesBothWays) {
  Faults faults;
  const json body = {{"outage", true},
                     {"delay_ms", 20},
                     {"certificate", "wrong_key"},
                     {"login_failure", {{"reason", 402}, {"code", 101}, {"expire_s", 60}}}};
  EXPECT_EQ(read_faults(body, faults), "");
  EXPECT_TRUE(faults.outage);
  EXPECT_EQ(faults.delay_ms, 20U);
  EXPECT_EQ(faults.certificate, BadCertificate::WrongKey);
  EXPECT_EQ(faults.login_failure->expire_s, 60U);
  Faults again;
  EXPECT_EQ(read_faults(to_json(faults), again), "");
  EXPECT_EQ(to_json(again), to_json(faults));
}

TEST(SimulatorFaults, ProblemsNameTheField) {
  const std::pair<json, const char*> cases[] = {
      {{{"outrage", true}}, "outrage: there is no such fault"},
      {{{"outage", 1}}, "outage: true or false"},
      {{{"delay_ms", -1}}, "delay_ms: a number"},
      {{{"certificate", "bad"}}, "certificate: unknown kind"},
      {{{"login_failure", {{"code", 1}}}}, "login_failure: an object with a number as reason"},
      {{{"http_status", 200}}, "http_status: 400 to 599"},
  };
  for (const auto& [body, problem] : cases) {
    Faults faults;
    EXPECT_EQ(read_faults(body, faults), problem);
  }
}

}  // namespace
}  // namespace waxwing::simulator
