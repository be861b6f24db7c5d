// SPDX-License-Identifier: Apache-2.0
// The little of WebAuthn that linking with a passkey needs: challenge, authenticator, check.
#pragma once

#include <string>
#include <string_view>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "world.hpp"

namespace waxwing::simulator {

// PublicKeyCredentialRequestOptions as JSON, for the account's one passkey.
[[nodiscard]] std::string passkey_options(const Account& account, md::ByteView challenge);
// What the account's authenticator makes of a challenge (base64url), as the browser's toJSON()
// gives it. The signature is the account key's own, of the octets that WebAuthn wants signed.
[[nodiscard]] std::string passkey_assertion(const Account& account, std::string_view challenge);
// Whether an assertion answers that challenge. `credential` is what was said beside it.
[[nodiscard]] md::Status check_passkey_assertion(const Account& account, md::ByteView challenge,
                                                 md::ByteView credential,
                                                 std::string_view assertion);

}  // namespace waxwing::simulator
