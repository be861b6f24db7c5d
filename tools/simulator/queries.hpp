// SPDX-License-Identifier: Apache-2.0
// <iq/>: which query gets which answer.
#pragma once

#include <optional>

#include "world.hpp"

namespace waxwing::simulator {

class Server;

// What a query comes with. The device is logged in.
struct Query {
  Server& server;
  Connection* connection;  // null: from a device that is played here, about groups only
  const md::Node& iq;
  Account& account;
  Device& device;
};
// The answer, or nothing when the handler has sent all there is to send.
using Answer = std::optional<md::Node>;

void on_query(Server& server, Connection& connection, const md::Node& iq);
// Of a device that is played here, about groups.
[[nodiscard]] md::Node ask_of_groups(Server& server, Account& account, Device& device,
                                     const md::Node& iq);

// Of xmlns "encrypt": a device's keys, and those of others.
[[nodiscard]] Answer count_prekeys(const Query& query);
[[nodiscard]] Answer upload_prekeys(const Query& query);
[[nodiscard]] Answer rotate_signed_prekey(const Query& query);
[[nodiscard]] Answer digest_keys(const Query& query);
[[nodiscard]] Answer fetch_bundles(const Query& query);
// Of xmlns "w:g2": groups.
[[nodiscard]] Answer ask_group(const Query& query);
[[nodiscard]] Answer ask_own_groups(const Query& query);
[[nodiscard]] Answer create_group(const Query& query);
[[nodiscard]] Answer leave_group(const Query& query);
[[nodiscard]] Answer set_group_subject(const Query& query);
[[nodiscard]] Answer set_group_description(const Query& query);
[[nodiscard]] Answer set_group_timer(const Query& query);
[[nodiscard]] Answer add_members(const Query& query);
[[nodiscard]] Answer remove_members(const Query& query);
[[nodiscard]] Answer promote_members(const Query& query);
[[nodiscard]] Answer demote_members(const Query& query);
// Of xmlns "usync": who has which devices.
[[nodiscard]] Answer usync(const Query& query);

}  // namespace waxwing::simulator
