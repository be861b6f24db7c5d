// SPDX-License-Identifier: Apache-2.0
// From the first connection to a linked device, by QR and by code, and every way in which it fails.
#include <gtest/gtest.h>

#include "multidevice/pair/link_code.hpp"
#include "multidevice/pair/qr.hpp"
#include "unit/multidevice/session/world.hpp"

namespace waxwing::multidevice {
namespace {

class Pairing : public ::testing::Test {
 protected:
  void begin() {
    world.boot().start();
    world.accept();
    world.run_work();
    world.offer_refs();
  }
  void expect_failed(std::string_view reason) {
    EXPECT_EQ(world.client().state(), ClientState::Failed);
    EXPECT_EQ(world.states.back().reason, reason);
    EXPECT_FALSE(world.connection_open);
    world.advance(3'600'000);
    EXPECT_EQ(world.connections, 1) << "it must not come back by itself";
    EXPECT_TRUE(world.disk.empty());
  }
  World world;
};

TEST_F(Pairing, ShowsSixCodesAndGivesUp) {
  begin();
  const Node reply = world.heard();
  EXPECT_EQ(reply.text("type"), "result");
  ASSERT_EQ(world.qrs.size(), 1U);
  EXPECT_EQ(world.client().state(), ClientState::Pairing);
  EXPECT_EQ(parse_qr(world.qrs[0].first)->ref, "ref-0");
  EXPECT_EQ(world.qrs[0].second, 60'000U);

  for (int second = 1; second <= 160; ++second) {
    world.advance(1'000);
    if (world.connection_open) {
      world.serve(Node("presence"));  // so that the connection is not taken for dead
    }
    const std::size_t expected = second < 60 ? 1 : static_cast<std::size_t>((second - 60) / 20 + 2);
    EXPECT_EQ(world.qrs.size(), std::min<std::size_t>(6, expected)) << second;
  }
  EXPECT_EQ(world.qrs.back().second, 20'000U);
  expect_failed("qr_expired");
}

TEST_F(Pairing, StoresBeforeItAnswersThePhone) {
  begin();
  (void)world.heard();
  world.serve(world.scanned());
  EXPECT_TRUE(world.silent());
  EXPECT_TRUE(world.disk.empty());
  world.settle();
  const Node sign = world.heard("pair-device-sign");
  const Node* identity = sign.child("pair-device-sign")->child("device-identity");
  ASSERT_NE(identity, nullptr);
  EXPECT_EQ(identity->text("key-index"), "1");
  const auto code = parse_qr(world.qrs.back().first);
  EXPECT_TRUE(check_countersignature(identity->octets(), world.account.open, code->identity_key));
  EXPECT_EQ(world.account_jid, "15550001001:1@s.whatsapp.net");
  EXPECT_EQ(world.rows_in(rows::kDevice), 1U);
}

TEST_F(Pairing, LogsInAfterTheRestart) {
  world.pair_and_log_in();
  EXPECT_EQ(world.client().state(), ClientState::Working);
  EXPECT_TRUE(world.link);
  EXPECT_EQ(world.connections, 2);
  EXPECT_EQ(world.rows_in(rows::kPrekeys), 812U);
  EXPECT_EQ(world.client().counters().prekeys_uploaded, 812U);
  EXPECT_EQ(world.client_static, world.client().record()->noise_key.open);
}

TEST_F(Pairing, ComesBackWhenTheServerJustHangsUp) {
  begin();
  world.serve(world.scanned());
  world.settle();
  world.lose();
  world.advance(1);
  EXPECT_EQ(world.connections, 2);
}

TEST_F(Pairing, FailsWhenThePhonesAnswerLies) {
  begin();
  (void)world.heard();
  world.serve(world.scanned({true, false, false}));
  const Node error = world.heard();
  EXPECT_EQ(error.text("type"), "error");
  EXPECT_EQ(error.child("error")->text("text"), "hmac-mismatch");
  expect_failed("pairing_hmac_mismatch");
}

TEST_F(Pairing, FailsWhenThePhonesSignatureLies) {
  for (const GrantFaults& faults :
       {GrantFaults{false, true, false}, GrantFaults{false, false, true}}) {
    world.kill();
    world.connections = 0;
    begin();
    (void)world.heard();
    world.serve(world.scanned(faults));
    EXPECT_EQ(world.heard().child("error")->text("text"), "signature-mismatch");
    expect_failed("pairing_signature_mismatch");
  }
}

TEST_F(Pairing, FailsWithoutADevice) {
  begin();
  Node success("pair-success");
  success.add(Node("device-identity").set_octets(Bytes(10)));
  world.serve(Node("iq").set("type", "set").set("id", "1").add(std::move(success)));
  expect_failed("pairing_malformed");
}

TEST_F(Pairing, FailsWhenNothingCanBeStored) {
  begin();
  (void)world.heard();
  world.serve(world.scanned());
  world.settle(false);
  EXPECT_EQ(world.heard().child("error")->text("code"), "500");
  expect_failed("storage_unavailable");
}

TEST_F(Pairing, FailsAtAServerThatCannotProveItself) {
  world.signs_badly = true;
  world.boot().start();
  world.accept();
  world.run_work();
  expect_failed("untrusted_server");
}

// Killed before the credentials were durable: the phone never heard of them.
TEST_F(Pairing, StartsAnewWhenKilledBeforeStoring) {
  begin();
  world.serve(world.scanned());
  world.kill();
  world.boot().start();
  world.accept();
  world.run_work();
  world.offer_refs();
  EXPECT_EQ(world.client().state(), ClientState::Pairing);
}

// Killed when they were durable, at whatever point: no new code.
TEST_F(Pairing, LogsInWhenKilledAfterStoring) {
  begin();
  world.serve(world.scanned());
  world.settle();
  world.kill();
  world.boot().start();
  world.accept();
  world.run_work();
  world.log_in();
  EXPECT_EQ(world.client().state(), ClientState::Working);
  EXPECT_EQ(world.qrs.size(), 1U);
}

// …unless the server never got to know: then a new code is all that helps.
TEST_F(Pairing, StartsAnewWhenTheServerNeverKnewTheDevice) {
  begin();
  world.serve(world.scanned());
  world.settle();
  world.kill();
  world.boot().start();
  world.accept();
  world.run_work();
  world.serve(Node("failure").set("reason", "401"));
  world.settle();
  EXPECT_EQ(world.client().state(), ClientState::Starting);
  EXPECT_TRUE(world.disk.empty());
  world.accept();
  world.run_work();
  world.offer_refs();
  EXPECT_EQ(world.client().state(), ClientState::Pairing);
}

TEST_F(Pairing, GoesOnWhenTheConnectionBreaksWhileStoring) {
  begin();
  world.serve(world.scanned());
  world.lose();
  world.settle();
  world.advance(5'000);
  world.accept();
  world.run_work();
  world.log_in();
  EXPECT_EQ(world.client().state(), ClientState::Working);
}

TEST_F(Pairing, GetsNewCodesAfterALostConnection) {
  begin();
  world.lose("connection_reset");
  EXPECT_EQ(world.client().state(), ClientState::Starting);
  EXPECT_EQ(world.states.back().reason, "connection_reset");
  world.advance(2'000);
  world.accept();
  world.run_work();
  world.offer_refs();
  EXPECT_EQ(world.client().state(), ClientState::Pairing);
  EXPECT_NE(parse_qr(world.qrs[0].first)->adv_secret, parse_qr(world.qrs[1].first)->adv_secret);
}

// By code -----------------------------------------------------------------------------------------

class CodePairing : public Pairing {
 protected:
  // Asks for a code and lets the server accept it.
  std::string ask() {
    std::string text;
    world.client().request_code("15550001001", [&](Result<std::string> code) {
      text = code ? *code : "failed: " + code.error().message();
    });
    world.run_work();
    hello_ = world.heard("link_code_companion_reg");
    if (hello_.text("type") == "set") {
      world.answer(hello_,
                   {Node("link_code_companion_reg")
                        .set("stage", "companion_hello")
                        .add(Node("link_code_pairing_ref").set_octets(as_bytes("code-ref")))});
    }
    return text;
  }
  // What the phone does when somebody types that code.
  void type(std::string_view typed) {
    const std::string code = normalise_link_code(typed).value_or("");
    const ByteView wrapped = hello_.child("link_code_companion_reg")
                                 ->child("link_code_pairing_wrapped_companion_ephemeral_pub")
                                 ->octets();
    companion_ephemeral_ = *unwrap_key(derive_code_key(code, *wrapped_salt(wrapped)), wrapped);
    const Bytes salt(kLinkCodeSaltBytes, 5);
    world.serve(
        Node("notification")
            .set("from", server_jid())
            .set("type", "link_code_companion_reg")
            .set("id", "n1")
            .add(Node("link_code_companion_reg")
                     .set("stage", "primary_hello")
                     .add(Node("link_code_pairing_wrapped_primary_ephemeral_pub")
                              .set_octets(
                                  wrap_key(derive_code_key(code, salt), salt, ephemeral_.open)))
                     .add(Node("primary_identity_pub").set_octets(to_bytes(world.account.open)))
                     .add(Node("link_code_pairing_ref").set_octets(as_bytes("code-ref")))));
    world.run_work();
  }
  // The phone reads the bundle; then the account's grant, as pair-success.
  Result<Node> phone_finishes() {
    const Node finish = world.heard("link_code_companion_reg");
    const Node& registration = *finish.child("link_code_companion_reg");
    EXPECT_EQ(registration.text("stage"), "companion_finish");
    const auto identity = to_array<32>(registration.child("companion_identity_public")->octets());
    WAX_MD_TRY(
        const AdvSecret secret,
        finish_as_primary(ephemeral_, world.account, companion_ephemeral_, *identity,
                          registration.child("link_code_pairing_wrapped_key_bundle")->octets()));
    Node success = world.scanned();
    const Bytes container = grant_device({1, 2, 1, *identity}, world.account, secret);
    Node pair("pair-success");
    pair.add(Node("device-identity").set_octets(to_bytes(container)));
    pair.add(*success.child("pair-success")->child("device"));
    return Node("iq").set("type", "set").set("id", "s9").add(std::move(pair));
  }
  Node hello_;
  KeyPair ephemeral_ = KeyPair::generate();
  PublicKey companion_ephemeral_{};
};

TEST_F(CodePairing, LinksByACode) {
  begin();
  const std::string code = ask();
  ASSERT_EQ(code.size(), 9U) << code;
  EXPECT_EQ(code[4], '-');
  const Node& hello = *hello_.child("link_code_companion_reg");
  EXPECT_EQ(hello.text("stage"), "companion_hello");
  EXPECT_EQ(hello.jid("jid")->to_string(), "15550001001@s.whatsapp.net");
  EXPECT_EQ(hello.child("companion_server_auth_key_pub")->octets().size(), 32U);
  type(code);
  const auto success = phone_finishes();
  ASSERT_TRUE(success) << success.error().message();
  world.serve(*success);
  world.settle();
  (void)world.heard("pair-device-sign");
  EXPECT_EQ(world.account_jid, "15550001001:1@s.whatsapp.net");
}

TEST_F(CodePairing, KeepsTheCodeWhileCodesRotate) {
  begin();
  const std::string code = ask();
  for (int i = 0; i < 7; ++i) {
    world.advance(10'000);
    world.serve(Node("presence"));
  }
  EXPECT_EQ(world.qrs.size(), 2U);
  type(code);
  EXPECT_TRUE(phone_finishes());
}

TEST_F(CodePairing, LeavesTheQrUsableAfterAWrongCode) {
  begin();
  (void)ask();
  type("WRNG-WRNG");
  EXPECT_FALSE(phone_finishes());
  world.serve(world.scanned());
  world.settle();
  (void)world.heard("pair-device-sign");
  EXPECT_EQ(world.account_jid, "15550001001:1@s.whatsapp.net");
}

TEST_F(CodePairing, TellsWhenTheServerRefusesTheNumber) {
  begin();
  (void)world.heard();
  std::string text;
  world.client().request_code(
      "1", [&](Result<std::string> code) { text = code ? *code : code.error().message(); });
  world.run_work();
  const Node hello = world.heard();
  Node error("iq");
  error.set("type", "error").set("id", hello.text("id"));
  world.serve(error.add(Node("error").set("code", "400")));
  EXPECT_NE(text.find("400"), std::string::npos) << text;
  EXPECT_EQ(world.client().state(), ClientState::Pairing);
}

TEST_F(CodePairing, IsRefusedWhereNobodyWaitsForAPhone) {
  world.boot().start();
  bool failed = false;
  world.client().request_code("15550001001",
                              [&](const Result<std::string>& code) { failed = !code; });
  EXPECT_TRUE(failed);
}

TEST_F(CodePairing, OutlivesTheLastQr) {
  begin();
  const std::string code = ask();
  // Keep the connection alive for 170 s: all six codes have run out by then.
  for (int i = 0; i < 17; ++i) {
    world.advance(10'000);
    world.serve(Node("presence"));
  }
  EXPECT_EQ(world.qrs.size(), 6U);
  EXPECT_EQ(world.client().state(), ClientState::Pairing);
  for (int i = 0; i < 2 && world.connection_open; ++i) {
    world.advance(10'000);
    if (world.connection_open) {
      world.serve(Node("presence"));
    }
  }
  expect_failed("qr_expired");
}

}  // namespace
}  // namespace waxwing::multidevice
