// SPDX-License-Identifier: Apache-2.0
// Keys: counted, uploaded, rotated, digested and handed out.
#include <algorithm>

#include "connection.hpp"
#include "multidevice/crypto/hash.hpp"
#include "queries.hpp"
#include "server.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {
namespace {

std::optional<std::uint32_t> id_of(const md::Node& key) {
  const md::Node* id = key.child("id");
  if (id == nullptr || id->octets().size() != 3) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(md::from_be(id->octets()));
}

std::optional<md::PublicKey> value_of(const md::Node& key) {
  const md::Node* value = key.child("value");
  return value == nullptr ? std::nullopt : md::to_array<32>(value->octets());
}

// Right only when the device's own identity has signed it.
std::optional<SignedPrekey> signed_prekey_of(const md::Node* node, const md::PublicKey& identity) {
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto id = id_of(*node);
  const auto key = value_of(*node);
  const md::Node* signature_node = node->child("signature");
  const auto signature =
      signature_node == nullptr ? std::nullopt : md::to_array<64>(signature_node->octets());
  if (!id || !key || !signature || !md::verify(identity, {md::with_key_type(*key)}, *signature)) {
    return std::nullopt;
  }
  return SignedPrekey{*id, *key, *signature};
}

md::Node octets_node(std::string_view tag, md::ByteView octets) {
  return md::Node(tag).set_octets(octets);
}

md::Node prekey_node(const Prekey& key) {
  return md::Node("key")
      .add(octets_node("id", prekey_id_octets(key.id)))
      .add(octets_node("value", key.key));
}

md::Node signed_prekey_node(const SignedPrekey& key) {
  return md::Node("skey")
      .add(octets_node("id", prekey_id_octets(key.id)))
      .add(octets_node("value", key.key))
      .add(octets_node("signature", key.signature));
}

// What stands first wherever a device's keys are named.
void add_identity(md::Node& to, const Device& device) {
  static constexpr std::uint8_t kType[] = {md::kKeyType};
  to.add(octets_node("registration", md::to_be<4>(device.registration_id)));
  to.add(octets_node("type", kType));
  to.add(octets_node("identity", device.identity));
}

// A device that has that few left is told so.
constexpr std::size_t kFewPrekeys = 5;

void tell_count(Server& server, Device& device) {
  server.router().deliver(
      device, server.router().next_id(),
      md::Node("notification")
          .set("from", md::server_jid())
          .set("type", "encrypt")
          .set("t", server.clock().now_s())
          .add(md::Node("count").set("value", std::uint64_t{device.prekeys.size()})));
}

Answer refuse(const Query& query, std::string_view rule, std::string_view detail) {
  query.server.violate(*query.connection, rule, detail);
  return error_of(query.iq, 406, "not-acceptable");
}

}  // namespace

Answer count_prekeys(const Query& query) {
  return result_of(query.iq).add(
      md::Node("count").set("value", std::uint64_t{query.device.prekeys.size()}));
}

Answer upload_prekeys(const Query& query) {
  const md::Node& iq = query.iq;
  Device& device = query.device;
  const auto octets = [&](std::string_view tag) {
    const md::Node* child = iq.child(tag);
    return child == nullptr ? md::ByteView{} : child->octets();
  };
  const md::ByteView registration = octets("registration");
  if (registration.size() != 4 || md::from_be(registration) != device.registration_id) {
    return refuse(query, "upload.registration", "it is not the registered one");
  }
  if (const md::ByteView type = octets("type"); type.size() != 1 || type[0] != md::kKeyType) {
    return refuse(query, "upload.type", "the key type is not 05");
  }
  if (md::to_array<32>(octets("identity")) != device.identity) {
    return refuse(query, "upload.identity", "it is not the registered one");
  }
  const auto signed_prekey = signed_prekey_of(iq.child("skey"), device.identity);
  if (!signed_prekey) {
    return refuse(query, "upload.skey", "the signed prekey is malformed or its signature wrong");
  }
  std::vector<Prekey> keys;
  for (const md::Node& node : iq.child("list")->children()) {
    const auto id = id_of(node);
    const auto value = value_of(node);
    if (node.tag() != "key" || !id || !value) {
      return refuse(query, "upload.key", "a prekey is malformed");
    }
    keys.push_back({*id, *value});
  }
  if (keys.empty()) {
    return refuse(query, "upload.key", "there is no prekey");
  }
  // A client may send the same keys again when it did not hear of the result.
  for (const Prekey& key : keys) {
    const auto known =
        std::find_if(device.prekeys.begin(), device.prekeys.end(),
                     [&](const Prekey& candidate) { return candidate.id == key.id; });
    if (known != device.prekeys.end()) {
      if (known->key != key.key) {
        query.server.violate(*query.connection, "prekey.changed", std::to_string(key.id));
      }
      continue;
    }
    if (!device.prekey_ids.insert(key.id)) {
      query.server.violate(*query.connection, "prekey.reused", std::to_string(key.id));
    }
    device.prekeys.push_back(key);
  }
  device.prekeys.shrink_to_fit();
  device.signed_prekey = *signed_prekey;
  return result_of(iq);
}

Answer rotate_signed_prekey(const Query& query) {
  const auto key = signed_prekey_of(query.iq.child("rotate")->child("skey"), query.device.identity);
  if (!key) {
    return refuse(query, "rotate.skey", "the signed prekey is malformed or its signature wrong");
  }
  query.device.signed_prekey = *key;
  return result_of(query.iq);
}

Answer digest_keys(const Query& query) {
  const Device& device = query.device;
  if (device.prekeys.empty()) {
    return error_of(query.iq, 404, "item-not-found");
  }
  md::Node digest("digest");
  add_identity(digest, device);
  digest.add(signed_prekey_node(device.signed_prekey));
  md::Node list("list");
  md::Bytes all =
      md::concat({device.identity, device.signed_prekey.key, device.signed_prekey.signature});
  for (const Prekey& key : device.prekeys) {
    list.add(octets_node("id", prekey_id_octets(key.id)));
    md::append(all, key.key);
  }
  digest.add(std::move(list));
  digest.add(octets_node("hash", md::sha1({all})));
  return result_of(query.iq).add(std::move(digest));
}

Answer fetch_bundles(const Query& query) {
  md::Node list("list");
  for (const md::Node& asked : query.iq.child("key")->children()) {
    const std::optional<md::Jid> jid = asked.jid("jid");
    if (!jid) {
      query.server.violate(*query.connection, "bundle.jid", md::to_text(asked));
      continue;
    }
    md::Node user("user");
    user.set("jid", *jid);
    Account* account = query.server.world().find(*jid);
    Device* device = account == nullptr ? nullptr : account->device(jid->device);
    if (device == nullptr) {
      user.add(md::Node("error").set("code", "404").set("text", "item-not-found"));
      list.add(std::move(user));
      continue;
    }
    user.set("t", query.server.clock().now_s());
    add_identity(user, *device);
    user.add(signed_prekey_node(device->signed_prekey));
    if (!device->prekeys.empty()) {
      user.add(prekey_node(device->prekeys.front()));
      device->prekeys.pop_front();
      if (device->prekeys.size() + 1 == kFewPrekeys || device->prekeys.empty()) {
        tell_count(query.server, *device);
      }
    }
    if (!device->device_identity.empty()) {
      user.add(octets_node("device-identity", device->device_identity));
    }
    list.add(std::move(user));
  }
  return result_of(query.iq).add(std::move(list));
}

}  // namespace waxwing::simulator
