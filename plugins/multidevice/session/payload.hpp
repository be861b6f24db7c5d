// SPDX-License-Identifier: Apache-2.0
// ClientPayload: what a client says of itself in the handshake.
#pragma once

#include "multidevice/base/bytes.hpp"
#include "multidevice/session/personality.hpp"
#include "multidevice/store/device_record.hpp"

namespace waxwing::multidevice {

// Of a device that wants to be paired.
[[nodiscard]] Bytes registration_payload(const DeviceRecord& record, const ClientVersion& version,
                                         const DeviceProfile& profile);
// Of a paired one.
[[nodiscard]] Bytes login_payload(const DeviceRecord& record, const ClientVersion& version,
                                  const Personality& personality);

}  // namespace waxwing::multidevice
