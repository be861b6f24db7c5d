// SPDX-License-Identifier: Apache-2.0
// The states of a session and the moves between them, as one table.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <waxwing/abi/engine.h>

namespace waxwing::session {

// In the order of the ABI's wax_session_state.
enum class State : std::uint8_t {
  Stopped = WAX_SESSION_STOPPED,
  Starting = WAX_SESSION_STARTING,
  ScanQrCode = WAX_SESSION_SCAN_QR_CODE,
  Working = WAX_SESSION_WORKING,
  Failed = WAX_SESSION_FAILED,
  PasskeyRequired = WAX_SESSION_PASSKEY_REQUIRED,
  PasskeyConfirmationRequired = WAX_SESSION_PASSKEY_CONFIRMATION_REQUIRED,
};
inline constexpr int kStateCount = 7;

// "SCAN_QR_CODE": the name on the wire.
[[nodiscard]] std::string_view to_string(State state) noexcept;
// An unknown value counts as Failed, as the ABI says.
[[nodiscard]] State state_from_abi(wax_session_state state) noexcept;
// May an engine move its session so? Stopped is the host's alone, in both directions, and so is
// the way out of Failed. A repeat is legal where it tells something: a new QR code, another reason
// to be reconnecting, new data while working.
[[nodiscard]] bool engine_may_move(State from, State to) noexcept;

}  // namespace waxwing::session
