// SPDX-License-Identifier: Apache-2.0
// The two forms of ClientPayload.
#include "multidevice/session/payload.hpp"

#include <charconv>
#include <multidevice/proto/client_payload.pb.h>

#include "multidevice/crypto/hash.hpp"

namespace waxwing::multidevice {
namespace {

void set_version(pb::AppVersion& to, const ClientVersion& version) {
  to.set_primary(version.primary);
  to.set_secondary(version.secondary);
  to.set_tertiary(version.tertiary);
}

pb::ClientPayload common(const ClientVersion& version) {
  pb::ClientPayload payload;
  pb::UserAgent& agent = *payload.mutable_user_agent();
  agent.set_platform(pb::UserAgent::WEB);
  agent.set_release_channel(pb::UserAgent::RELEASE);
  set_version(*agent.mutable_app_version(), version);
  agent.set_mcc("000");
  agent.set_mnc("000");
  agent.set_os_version("0.1");
  agent.set_manufacturer("");
  agent.set_device("Desktop");
  agent.set_os_build_number("0.1");
  agent.set_locale_language("en");
  agent.set_locale_country("US");
  payload.mutable_web_info()->set_web_sub_platform(pb::WebInfo::WEB_BROWSER);
  payload.set_connect_type(pb::ClientPayload::WIFI_UNKNOWN);
  payload.set_connect_reason(pb::ClientPayload::USER_ACTIVATED);
  return payload;
}

std::string device_props(const DeviceProfile& profile) {
  pb::DeviceProps props;
  props.set_os(profile.os);
  set_version(*props.mutable_version(), profile.os_version);
  if (pb::DeviceProps::PlatformType_IsValid(static_cast<int>(profile.platform_type))) {
    props.set_platform_type(static_cast<pb::DeviceProps::PlatformType>(profile.platform_type));
  }
  props.set_require_full_sync(profile.full_sync);
  pb::HistorySyncConfig& history = *props.mutable_history_sync_config();
  history.set_storage_quota_mb(10240);
  history.set_inline_initial_payload_in_e2ee_msg(true);
  history.set_support_bot_user_agent_chat_history(true);
  history.set_support_cag_reactions_and_polls(true);
  history.set_support_biz_hosted_msg(true);
  history.set_support_recent_sync_chunk_message_count_tuning(true);
  history.set_support_hosted_group_msg(true);
  history.set_support_fbid_bot_chat_history(true);
  history.set_support_message_association(true);
  history.set_support_group_history(false);
  return props.SerializeAsString();
}

template <class Octets>
std::string text(const Octets& octets) {
  return to_string(ByteView(octets));
}

Bytes serialized(const pb::ClientPayload& payload) {
  return to_bytes(as_bytes(payload.SerializeAsString()));
}

}  // namespace

Bytes registration_payload(const DeviceRecord& record, const ClientVersion& version,
                           const DeviceProfile& profile) {
  pb::ClientPayload payload = common(version);
  payload.set_passive(false);
  payload.set_pull(false);
  pb::DevicePairingData& data = *payload.mutable_device_pairing_data();
  data.set_registration_id(text(to_be<4>(record.registration_id)));
  data.set_key_type(std::string(1, static_cast<char>(kKeyType)));
  data.set_identity(text(record.identity.open));
  data.set_signed_prekey_id(text(to_be<3>(record.signed_prekey.id)));
  data.set_signed_prekey(text(record.signed_prekey.key.open));
  data.set_signed_prekey_signature(text(record.signed_prekey.signature));
  data.set_build_hash(text(md5(as_bytes(version.text()))));
  data.set_device_props(device_props(profile));
  return serialized(payload);
}

Bytes login_payload(const DeviceRecord& record, const ClientVersion& version,
                    const Personality& personality) {
  pb::ClientPayload payload = common(version);
  std::uint64_t number = 0;
  const std::string& user = record.pn.user;
  std::from_chars(user.data(), user.data() + user.size(), number);
  payload.set_username(number);
  payload.set_device(record.pn.device);
  payload.set_passive(personality.passive_login);
  payload.set_pull(true);
  payload.set_lid_db_migrated(personality.lid_migrated);
  if (personality.login_counter != 0) {
    payload.set_login_counter(personality.login_counter);
  }
  return serialized(payload);
}

}  // namespace waxwing::multidevice
