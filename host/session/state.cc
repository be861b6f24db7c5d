// SPDX-License-Identifier: Apache-2.0
// The table of moves that an engine may make.
#include "session/state.hpp"

namespace waxwing::session {
namespace {

constexpr bool x = true;
constexpr bool o = false;

// Row: from, column: to, both in the order of State.
constexpr bool kEngineMoves[kStateCount][kStateCount] = {
    //                STOPPED STARTING SCAN_QR WORKING FAILED PASSKEY CONFIRM
    /* STOPPED  */ {o, o, o, o, o, o, o},
    /* STARTING */ {o, x, x, x, x, x, x},
    /* SCAN_QR  */ {o, x, x, x, x, x, x},
    /* WORKING  */ {o, x, o, x, x, o, o},
    /* FAILED   */ {o, o, o, o, o, o, o},
    /* PASSKEY  */ {o, x, o, x, x, x, x},
    /* CONFIRM  */ {o, x, o, x, x, x, x},
};

}  // namespace

std::string_view to_string(State state) noexcept {
  switch (state) {
    case State::Stopped:
      return "STOPPED";
    case State::Starting:
      return "STARTING";
    case State::ScanQrCode:
      return "SCAN_QR_CODE";
    case State::Working:
      return "WORKING";
    case State::Failed:
      return "FAILED";
    case State::PasskeyRequired:
      return "PASSKEY_REQUIRED";
    case State::PasskeyConfirmationRequired:
      return "PASSKEY_CONFIRMATION_REQUIRED";
  }
  return "FAILED";
}

State state_from_abi(wax_session_state state) noexcept {
  return state < 0 || state >= kStateCount ? State::Failed : static_cast<State>(state);
}

bool engine_may_move(State from, State to) noexcept {
  return kEngineMoves[static_cast<int>(from)][static_cast<int>(to)];
}

}  // namespace waxwing::session
