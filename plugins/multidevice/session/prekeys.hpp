// SPDX-License-Identifier: Apache-2.0
// One-time prekeys: making them, telling the server of them, and checking what it holds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multidevice/binary/node.hpp"
#include "multidevice/store/device_record.hpp"

namespace waxwing::multidevice {

struct Prekey {
  std::uint32_t id = 0;
  KeyPair key;
};

// Takes `count` new ids from the record (which starts over at 1 behind the last of 2^24) and puts
// the record and the private halves into the batch. Upload them only once that is durable.
[[nodiscard]] std::vector<Prekey> make_prekeys(DeviceRecord& record, std::uint32_t count,
                                               StoreBatch& batch);

// Children of the <iq xmlns="encrypt" type="set"> that uploads them.
[[nodiscard]] Node::Children upload_children(const DeviceRecord& record,
                                             std::span<const Prekey> prekeys);
[[nodiscard]] Node signed_prekey_node(const SignedPrekey& prekey);

// Whether a <digest> of the server names our registration, identity and signed prekey.
[[nodiscard]] bool digest_matches(const Node& digest, const DeviceRecord& record);

}  // namespace waxwing::multidevice
