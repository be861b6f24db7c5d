// SPDX-License-Identifier: Apache-2.0
// libsignal-protocol-c with its primitives from our crypto room and its stores in memory.
#include "signal_c.hpp"

#include <cstdlib>

extern "C" {
#include <signal/curve.h>
#include <signal/group_cipher.h>
#include <signal/group_session_builder.h>
#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <signal/session_pre_key.h>
#include <signal/signal_protocol.h>
}

#include "multidevice/crypto/cipher.hpp"
#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {
namespace {

void need(bool works) {
  if (!works) {
    std::abort();
  }
}

// The library counts references; this one ends with its scope.
template <class T>
class Counted {
 public:
  Counted() = default;
  ~Counted() {
    if (object_ != nullptr) {
      signal_type_unref(reinterpret_cast<signal_type_base*>(object_));
    }
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  T** out() { return &object_; }
  T* get() const { return object_; }

 private:
  T* object_ = nullptr;
};
template <class T, void (*kFree)(T*)>
class Owned {
 public:
  Owned() = default;
  ~Owned() {
    if (object_ != nullptr) {
      kFree(object_);
    }
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  T** out() { return &object_; }
  T* get() const { return object_; }

 private:
  T* object_ = nullptr;
};
using Buffer = Owned<signal_buffer, signal_buffer_free>;

Bytes octets_of(signal_buffer* buffer) {
  return to_bytes({signal_buffer_data(buffer), signal_buffer_len(buffer)});
}
signal_buffer* buffer_of(ByteView octets) {
  return signal_buffer_create(octets.data(), octets.size());
}

const char kPeer[] = "peer";
const char kGroup[] = "group";
signal_protocol_address address_of(const char* name) {
  return {name, 4, 1};
}

// Primitives --------------------------------------------------------------------------------------

struct Hashing {
  Bytes key;
  Bytes data;
};

signal_crypto_provider provider() {
  signal_crypto_provider out{};
  out.random_func = [](std::uint8_t* data, std::size_t size, void*) {
    fill_random({data, size});
    return 0;
  };
  out.hmac_sha256_init_func = [](void** context, const std::uint8_t* key, std::size_t size, void*) {
    *context = new Hashing{to_bytes({key, size}), {}};
    return 0;
  };
  out.hmac_sha256_update_func = [](void* context, const std::uint8_t* data, std::size_t size,
                                   void*) {
    append(static_cast<Hashing*>(context)->data, {data, size});
    return 0;
  };
  out.hmac_sha256_final_func = [](void* context, signal_buffer** output, void*) {
    const auto* hashing = static_cast<Hashing*>(context);
    *output = buffer_of(hmac_sha256(hashing->key, {hashing->data}));
    return 0;
  };
  out.hmac_sha256_cleanup_func = [](void* context, void*) {
    delete static_cast<Hashing*>(context);
  };
  out.sha512_digest_init_func = [](void** context, void*) {
    *context = new Hashing;
    return 0;
  };
  out.sha512_digest_update_func = out.hmac_sha256_update_func;
  out.sha512_digest_final_func = [](void* context, signal_buffer** output, void*) {
    auto* hashing = static_cast<Hashing*>(context);
    *output = buffer_of(sha512({hashing->data}));
    hashing->data.clear();
    return 0;
  };
  out.sha512_digest_cleanup_func = out.hmac_sha256_cleanup_func;
  out.encrypt_func = [](signal_buffer** output, int, const std::uint8_t* key, std::size_t key_size,
                        const std::uint8_t* iv, std::size_t iv_size, const std::uint8_t* text,
                        std::size_t size, void*) {
    const Result<Bytes> sealed = aes_cbc_encrypt({key, key_size}, {iv, iv_size}, {text, size});
    *output = sealed ? buffer_of(*sealed) : nullptr;
    return sealed ? 0 : SG_ERR_UNKNOWN;
  };
  out.decrypt_func = [](signal_buffer** output, int, const std::uint8_t* key, std::size_t key_size,
                        const std::uint8_t* iv, std::size_t iv_size, const std::uint8_t* text,
                        std::size_t size, void*) {
    const Result<Bytes> plain = aes_cbc_decrypt({key, key_size}, {iv, iv_size}, {text, size});
    *output = plain ? buffer_of(*plain) : nullptr;
    return plain ? 0 : SG_ERR_UNKNOWN;
  };
  return out;
}

// Stores ------------------------------------------------------------------------------------------

SignalC::Stores& stores_of(void* user) {
  return *static_cast<SignalC::Stores*>(user);
}

int give(const std::map<std::uint32_t, Bytes>& rows, std::uint32_t id, signal_buffer** out) {
  const auto it = rows.find(id);
  if (it == rows.end()) {
    return SG_ERR_INVALID_KEY_ID;
  }
  *out = buffer_of(it->second);
  return SG_SUCCESS;
}

void set_stores(signal_protocol_store_context* store, void* user) {
  signal_protocol_session_store sessions{};
  sessions.load_session_func = [](signal_buffer** record, signal_buffer**,
                                  const signal_protocol_address*, void* data) {
    const auto& session = stores_of(data).session;
    if (!session) {
      return 0;
    }
    *record = buffer_of(*session);
    return 1;
  };
  sessions.store_session_func = [](const signal_protocol_address*, std::uint8_t* record,
                                   std::size_t size, std::uint8_t*, std::size_t, void* data) {
    stores_of(data).session = to_bytes({record, size});
    return 0;
  };
  sessions.contains_session_func = [](const signal_protocol_address*, void* data) {
    return stores_of(data).session ? 1 : 0;
  };
  sessions.user_data = user;
  signal_protocol_store_context_set_session_store(store, &sessions);

  signal_protocol_pre_key_store prekeys{};
  prekeys.load_pre_key = [](signal_buffer** record, std::uint32_t id, void* data) {
    return give(stores_of(data).prekeys, id, record);
  };
  prekeys.contains_pre_key = [](std::uint32_t id, void* data) {
    return static_cast<int>(stores_of(data).prekeys.count(id));
  };
  prekeys.remove_pre_key = [](std::uint32_t id, void* data) {
    stores_of(data).prekeys.erase(id);
    return 0;
  };
  prekeys.user_data = user;
  signal_protocol_store_context_set_pre_key_store(store, &prekeys);

  signal_protocol_signed_pre_key_store signed_prekeys{};
  signed_prekeys.load_signed_pre_key = [](signal_buffer** record, std::uint32_t id, void* data) {
    return give(stores_of(data).signed_prekeys, id, record);
  };
  signed_prekeys.user_data = user;
  signal_protocol_store_context_set_signed_pre_key_store(store, &signed_prekeys);

  signal_protocol_identity_key_store identity{};
  identity.get_identity_key_pair = [](signal_buffer** open, signal_buffer** secret, void* data) {
    const KeyPair& pair = stores_of(data).device.identity;
    *open = buffer_of(with_key_type(pair.open));
    *secret = buffer_of(pair.secret);
    return 0;
  };
  identity.get_local_registration_id = [](void* data, std::uint32_t* id) {
    *id = stores_of(data).device.registration_id;
    return 0;
  };
  identity.save_identity = [](const signal_protocol_address*, std::uint8_t*, std::size_t, void*) {
    return 0;
  };
  identity.is_trusted_identity = [](const signal_protocol_address*, std::uint8_t*, std::size_t,
                                    void*) { return 1; };
  identity.user_data = user;
  signal_protocol_store_context_set_identity_key_store(store, &identity);

  signal_protocol_sender_key_store sender_keys{};
  sender_keys.store_sender_key = [](const signal_protocol_sender_key_name* name,
                                    std::uint8_t* record, std::size_t size, std::uint8_t*,
                                    std::size_t, void* data) {
    stores_of(data).sender_keys[std::string(name->sender.name, name->sender.name_len)] =
        to_bytes({record, size});
    return 0;
  };
  sender_keys.load_sender_key = [](signal_buffer** record, signal_buffer**,
                                   const signal_protocol_sender_key_name* name, void* data) {
    const auto& keys = stores_of(data).sender_keys;
    const auto it = keys.find(std::string(name->sender.name, name->sender.name_len));
    if (it == keys.end()) {
      return 0;
    }
    *record = buffer_of(it->second);
    return 1;
  };
  sender_keys.user_data = user;
  signal_protocol_store_context_set_sender_key_store(store, &sender_keys);
}

void decode_pair(const KeyPair& pair, Counted<ec_key_pair>& out, signal_context* context) {
  Counted<ec_public_key> open;
  Counted<ec_private_key> secret;
  const auto serialized = with_key_type(pair.open);
  need(curve_decode_point(open.out(), serialized.data(), serialized.size(), context) == 0);
  need(curve_decode_private_point(secret.out(), pair.secret.view().data(), 32, context) == 0);
  need(ec_key_pair_create(out.out(), open.get(), secret.get()) == 0);
}

Bytes serialized(ciphertext_message* message) {
  return octets_of(ciphertext_message_get_serialized(message));
}

using Cipher = Owned<session_cipher, session_cipher_free>;
using GroupCipherC = Owned<group_cipher, group_cipher_free>;
using Builder = Owned<session_builder, session_builder_free>;
using GroupBuilder = Owned<group_session_builder, group_session_builder_free>;

signal_protocol_sender_key_name name_of(const char* author) {
  return {kGroup, 5, address_of(author)};
}
const char kSelf[] = "self";

}  // namespace

SignalC::SignalC() {
  need(signal_context_create(&context_, nullptr) == 0);
  const signal_crypto_provider primitives = provider();
  need(signal_context_set_crypto_provider(context_, &primitives) == 0);
  need(signal_protocol_store_context_create(&store_, context_) == 0);
  set_stores(store_, stores_.get());
  Counted<ec_key_pair> pair;
  const SignedPrekey& own = stores_->device.signed_prekey;
  decode_pair(own.key, pair, context_);
  Counted<session_signed_pre_key> key;
  need(session_signed_pre_key_create(key.out(), own.id, 1, pair.get(), own.signature.data(),
                                     own.signature.size()) == 0);
  Buffer record;
  need(session_signed_pre_key_serialize(record.out(), key.get()) == 0);
  stores_->signed_prekeys[own.id] = octets_of(record.get());
}

SignalC::~SignalC() {
  signal_protocol_store_context_destroy(store_);
  signal_context_destroy(context_);
}

PreKeyBundle SignalC::bundle(bool with_prekey) {
  DeviceRecord& device = stores_->device;
  PreKeyBundle out;
  out.registration_id = device.registration_id;
  out.identity = device.identity.open;
  out.signed_prekey_id = device.signed_prekey.id;
  out.signed_prekey = device.signed_prekey.key.open;
  out.signature = device.signed_prekey.signature;
  if (with_prekey) {
    const std::uint32_t id = device.next_prekey_id++;
    const KeyPair key = KeyPair::generate();
    Counted<ec_key_pair> pair;
    decode_pair(key, pair, context_);
    Counted<session_pre_key> prekey;
    need(session_pre_key_create(prekey.out(), id, pair.get()) == 0);
    Buffer record;
    need(session_pre_key_serialize(record.out(), prekey.get()) == 0);
    stores_->prekeys[id] = octets_of(record.get());
    out.one_time = {id, key.open};
  }
  return out;
}

bool SignalC::begin(const PreKeyBundle& bundle) {
  const auto decode = [&](const PublicKey& key, Counted<ec_public_key>& out) {
    const auto octets = with_key_type(key);
    need(curve_decode_point(out.out(), octets.data(), octets.size(), context_) == 0);
  };
  Counted<ec_public_key> identity;
  Counted<ec_public_key> signed_prekey;
  Counted<ec_public_key> prekey;
  decode(bundle.identity, identity);
  decode(bundle.signed_prekey, signed_prekey);
  if (bundle.one_time) {
    decode(bundle.one_time->key, prekey);
  }
  Counted<session_pre_key_bundle> raw;
  need(session_pre_key_bundle_create(
           raw.out(), bundle.registration_id, 1, bundle.one_time ? bundle.one_time->id : 0,
           prekey.get(), bundle.signed_prekey_id, signed_prekey.get(), bundle.signature.data(),
           bundle.signature.size(), identity.get()) == 0);
  const signal_protocol_address peer = address_of(kPeer);
  Builder builder;
  need(session_builder_create(builder.out(), store_, &peer, context_) == 0);
  return session_builder_process_pre_key_bundle(builder.get(), raw.get()) == 0;
}

Ciphertext SignalC::encrypt(ByteView plain) {
  const signal_protocol_address peer = address_of(kPeer);
  Cipher cipher;
  need(session_cipher_create(cipher.out(), store_, &peer, context_) == 0);
  Counted<ciphertext_message> message;
  need(session_cipher_encrypt(cipher.get(), plain.data(), plain.size(), message.out()) == 0);
  const bool first = ciphertext_message_get_type(message.get()) == CIPHERTEXT_PREKEY_TYPE;
  return {first ? CiphertextType::PreKey : CiphertextType::Message, serialized(message.get())};
}

std::optional<Bytes> SignalC::decrypt(const Ciphertext& message) {
  const signal_protocol_address peer = address_of(kPeer);
  Cipher cipher;
  need(session_cipher_create(cipher.out(), store_, &peer, context_) == 0);
  Buffer plain;
  const Bytes& octets = message.octets;
  int result = SG_ERR_UNKNOWN;
  if (message.type == CiphertextType::PreKey) {
    Counted<pre_key_signal_message> parsed;
    result =
        pre_key_signal_message_deserialize(parsed.out(), octets.data(), octets.size(), context_);
    if (result == 0) {
      result = session_cipher_decrypt_pre_key_signal_message(cipher.get(), parsed.get(), nullptr,
                                                             plain.out());
    }
  } else {
    Counted<signal_message> parsed;
    result = signal_message_deserialize(parsed.out(), octets.data(), octets.size(), context_);
    if (result == 0) {
      result =
          session_cipher_decrypt_signal_message(cipher.get(), parsed.get(), nullptr, plain.out());
    }
  }
  return result == 0 ? std::optional(octets_of(plain.get())) : std::nullopt;
}

Bytes SignalC::distribution() {
  GroupBuilder builder;
  need(group_session_builder_create(builder.out(), store_, context_) == 0);
  const signal_protocol_sender_key_name name = name_of(kSelf);
  Counted<sender_key_distribution_message> message;
  need(group_session_builder_create_session(builder.get(), message.out(), &name) == 0);
  return serialized(reinterpret_cast<ciphertext_message*>(message.get()));
}

Bytes SignalC::encrypt_group(ByteView plain) {
  const signal_protocol_sender_key_name name = name_of(kSelf);
  GroupCipherC cipher;
  need(group_cipher_create(cipher.out(), store_, &name, context_) == 0);
  Counted<ciphertext_message> message;
  need(group_cipher_encrypt(cipher.get(), plain.data(), plain.size(), message.out()) == 0);
  return serialized(message.get());
}

bool SignalC::process(ByteView distribution) {
  GroupBuilder builder;
  need(group_session_builder_create(builder.out(), store_, context_) == 0);
  const signal_protocol_sender_key_name name = name_of(kPeer);
  Counted<sender_key_distribution_message> message;
  return sender_key_distribution_message_deserialize(message.out(), distribution.data(),
                                                     distribution.size(), context_) == 0 &&
         group_session_builder_process_session(builder.get(), &name, message.get()) == 0;
}

std::optional<Bytes> SignalC::decrypt_group(ByteView octets) {
  const signal_protocol_sender_key_name name = name_of(kPeer);
  GroupCipherC cipher;
  need(group_cipher_create(cipher.out(), store_, &name, context_) == 0);
  Counted<sender_key_message> message;
  Buffer plain;
  if (sender_key_message_deserialize(message.out(), octets.data(), octets.size(), context_) != 0 ||
      group_cipher_decrypt(cipher.get(), message.get(), nullptr, plain.out()) != 0) {
    return std::nullopt;
  }
  return octets_of(plain.get());
}

}  // namespace waxwing::multidevice
