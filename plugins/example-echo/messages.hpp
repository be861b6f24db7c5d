// SPDX-License-Identifier: Apache-2.0
// Requests that are read and messages that are written, as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace echo {

// The pretended account.
struct Account {
  std::string phone;
  std::string push_name;
  std::string id;   // "15551234567@c.us"
  std::string lid;  // "123@lid"
  std::string jid;  // "15551234567:1@s.whatsapp.net"
};
[[nodiscard]] Account make_account(std::string_view phone, std::string_view push_name);
[[nodiscard]] std::string to_json(const Account& account);
// Throws waxwing::plugin::Error when the text is not what to_json() writes.
[[nodiscard]] Account parse_account(std::string_view json);

// The parsers throw waxwing::plugin::Error(WAX_E_INVALID) with the field's name.
struct SendRequest {
  std::string chat_id;  // with its domain: a bare phone number has become "…@c.us"
  std::string text;
  std::string more;      // what is no text, as members of the payload: {"location": …}; or empty
  std::string reply_to;  // the id of a message, or empty
  std::string message_id;  // chosen by the caller, or empty
};
[[nodiscard]] SendRequest parse_text_request(std::string_view json);
[[nodiscard]] SendRequest parse_location_request(std::string_view json);
[[nodiscard]] SendRequest parse_contacts_request(std::string_view json);
// A reaction, edit, deletion or forward: what, about which message.
struct ChangeRequest {
  std::string chat_id;  // of the message itself for a reaction, else as given
  std::string message_id;
  std::string text;  // the emoji, the new text, or empty
};
[[nodiscard]] ChangeRequest parse_change_request(std::string_view json, const char* text_key);
struct SeenRequest {
  std::string chat_id;
  std::vector<std::string> message_ids;  // none: whatever was not read yet
};
[[nodiscard]] SeenRequest parse_seen_request(std::string_view json);
[[nodiscard]] std::string parse_chat(std::string_view json);         // its chatId
[[nodiscard]] std::string parse_code_phone(std::string_view json);   // auth.requestCode
[[nodiscard]] std::string parse_check_phone(std::string_view json);  // contacts.checkExists

struct Message {
  std::string id;  // "true_15551234567@c.us_3EB0…"
  std::string chat_id;
  std::string body;
  std::string more;  // as of SendRequest
  std::string reply_to;
  std::string echo_of;  // the message this one answers, or empty
  bool from_me = false;
  bool seen = false;
  std::int64_t timestamp_s = 0;
};
// The last part of a message's id but for a group's sender; a bare id is one already.
[[nodiscard]] std::string bare_id(std::string_view message_id);
// `bare_id` is the last part of the id; in a group the sender stands behind it.
[[nodiscard]] std::string message_id(bool from_me, std::string_view chat_id,
                                     std::string_view bare_id, std::string_view sender);
// As in the payload of `message` and `message.any`.
[[nodiscard]] std::string to_json(const Message& message, const Account& account);

// Payloads of what happens to a message: message.ack (read), .reaction, .edited and .revoked.
[[nodiscard]] std::string read_json(const Message& message, const Account& account);
[[nodiscard]] std::string reaction_json(const Message& message, const Account& account,
                                        const ChangeRequest& change);
[[nodiscard]] std::string edited_json(const Message& message, const Account& account,
                                      const ChangeRequest& change);
// `before` is null where the deleted message is not remembered.
[[nodiscard]] std::string revoked_json(const Message& message, const Account& account,
                                       const ChangeRequest& change, const Message* before);

[[nodiscard]] std::string id_json(std::string_view id);
[[nodiscard]] std::string ids_json(const std::vector<std::string>& ids);
[[nodiscard]] std::string result_json();
// Of everybody who is asked about: here they are always online.
[[nodiscard]] std::string presence_json(std::string_view chat_id);
[[nodiscard]] std::string code_json(std::string_view code);
[[nodiscard]] std::string check_json(bool exists, std::string_view phone);
[[nodiscard]] std::string engine_info_json(std::string_view proxy_url);

}  // namespace echo
