// SPDX-License-Identifier: Apache-2.0
// RouteRecord: what makes the next connection quicker. Losing it costs a round trip, no more.
#pragma once

#include <optional>

#include "multidevice/base/bytes.hpp"
#include "multidevice/noise/certificate.hpp"
#include "multidevice/store/batch.hpp"
#include "multidevice/store/client_version.hpp"

namespace waxwing::multidevice {

struct RouteRecord {
  Bytes routing_info;                    // goes in front of the next intro
  std::optional<VerifiedServer> server;  // to resume with
  std::optional<ClientVersion> version;  // of the last login

  [[nodiscard]] Bytes encode() const;
  // What cannot be read is left out.
  [[nodiscard]] static RouteRecord decode(ByteView octets);
  void put_into(StoreBatch& batch) const;
};

}  // namespace waxwing::multidevice
