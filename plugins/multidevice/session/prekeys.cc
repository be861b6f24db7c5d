// SPDX-License-Identifier: Apache-2.0
// Prekeys as rows and as nodes.
#include "multidevice/session/prekeys.hpp"

namespace waxwing::multidevice {
namespace {

Node with_octets(std::string_view tag, ByteView octets) {
  return Node(tag).set_octets(to_bytes(octets));
}

bool child_is(const Node& parent, std::string_view tag, ByteView expected) {
  const Node* child = parent.child(tag);
  return child != nullptr && equal_secret(child->octets(), expected);
}

}  // namespace

std::vector<Prekey> make_prekeys(DeviceRecord& record, std::uint32_t count, StoreBatch& batch) {
  std::vector<Prekey> prekeys;
  prekeys.reserve(count);
  for (KeyPair& pair : KeyPair::generate_many(count)) {
    const std::uint32_t id = record.next_prekey_id;
    record.next_prekey_id = id >= kMaxPrekeyId ? 1 : id + 1;
    batch.put(rows::kPrekeys, prekey_row(id), SecretBytes(pair.secret.view()));
    prekeys.push_back({id, std::move(pair)});
  }
  record.put_into(batch);
  return prekeys;
}

Node signed_prekey_node(const SignedPrekey& prekey) {
  return Node("skey")
      .add(with_octets("id", to_be<3>(prekey.id)))
      .add(with_octets("value", prekey.key.open))
      .add(with_octets("signature", prekey.signature));
}

Node::Children upload_children(const DeviceRecord& record, std::span<const Prekey> prekeys) {
  Node::Children keys;
  keys.reserve(prekeys.size());
  for (const Prekey& prekey : prekeys) {
    keys.push_back(Node("key")
                       .add(with_octets("id", to_be<3>(prekey.id)))
                       .add(with_octets("value", prekey.key.open)));
  }
  Node::Children children;
  children.push_back(with_octets("registration", to_be<4>(record.registration_id)));
  children.push_back(with_octets("type", ByteView(&kKeyType, 1)));
  children.push_back(with_octets("identity", record.identity.open));
  children.push_back(Node("list").set_children(std::move(keys)));
  children.push_back(signed_prekey_node(record.signed_prekey));
  return children;
}

bool digest_matches(const Node& digest, const DeviceRecord& record) {
  const Node* skey = digest.child("skey");
  return skey != nullptr && child_is(digest, "registration", to_be<4>(record.registration_id)) &&
         child_is(digest, "identity", record.identity.open) &&
         child_is(*skey, "id", to_be<3>(record.signed_prekey.id)) &&
         child_is(*skey, "value", record.signed_prekey.key.open);
}

}  // namespace waxwing::multidevice
