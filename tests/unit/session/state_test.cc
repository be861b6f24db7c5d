// SPDX-License-Identifier: Apache-2.0
// Every cell of the table of moves, and the names on the wire.
#include "session/state.hpp"

#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace waxwing::session {
namespace {

using enum State;

// Written the other way round than the table: by sentences.
bool expected(State from, State to) {
  if (from == Stopped || from == Failed || to == Stopped) {
    return false;  // the host's alone
  }
  if (to == Starting || to == Failed || to == Working) {
    return true;  // lost, broken or logged in: possible while it runs
  }
  if (from == Working) {
    return false;  // an account that is logged in does not pair
  }
  if (to == ScanQrCode) {
    return from == Starting || from == ScanQrCode;  // a passkey comes after the code
  }
  return true;  // to one of the passkey states
}

TEST(SessionState, AllowsExactlyTheMovesOfTheTable) {
  for (int from = 0; from < kStateCount; ++from) {
    for (int to = 0; to < kStateCount; ++to) {
      const auto a = static_cast<State>(from);
      const auto b = static_cast<State>(to);
      EXPECT_EQ(engine_may_move(a, b), expected(a, b)) << to_string(a) << " -> " << to_string(b);
    }
  }
}

TEST(SessionState, HasTheNamesOfTheApi) {
  EXPECT_EQ(to_string(Stopped), "STOPPED");
  EXPECT_EQ(to_string(Starting), "STARTING");
  EXPECT_EQ(to_string(ScanQrCode), "SCAN_QR_CODE");
  EXPECT_EQ(to_string(Working), "WORKING");
  EXPECT_EQ(to_string(Failed), "FAILED");
  EXPECT_EQ(to_string(PasskeyRequired), "PASSKEY_REQUIRED");
  EXPECT_EQ(to_string(PasskeyConfirmationRequired), "PASSKEY_CONFIRMATION_REQUIRED");
}

TEST(SessionState, TakesUnknownValuesForFailed) {
  for (int value = 0; value < kStateCount; ++value) {
    EXPECT_EQ(static_cast<int>(state_from_abi(value)), value);
  }
  EXPECT_EQ(state_from_abi(-1), Failed);
  EXPECT_EQ(state_from_abi(kStateCount), Failed);
  EXPECT_EQ(state_from_abi(1'000'000), Failed);
}

}  // namespace
}  // namespace waxwing::session
