// SPDX-License-Identifier: Apache-2.0
// Whom a session is with: a device, under one name however its stanzas call it.
#pragma once

#include <string>

#include "multidevice/binary/jid.hpp"

namespace waxwing::multidevice {

// "15550001001.1" of a phone number, "100000000000001_1.1" of a LID, "_128" and "_129" of the
// hosted kinds of both: the form that Signal's rows are keyed by. Only of persons' JIDs.
[[nodiscard]] std::string signal_address(const Jid& device);

}  // namespace waxwing::multidevice
