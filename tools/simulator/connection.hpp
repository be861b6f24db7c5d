// SPDX-License-Identifier: Apache-2.0
// One client: octets to stanzas and back, through header, handshake and sealed frames.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io.hpp"
#include "multidevice/binary/codec.hpp"
#include "multidevice/noise/frame.hpp"
#include "multidevice/noise/responder.hpp"
#include "world.hpp"

namespace waxwing::simulator {

class Server;
struct Registration;

// Owned by its socket's adapter; the core keeps weak pointers. Nothing is sent after close().
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, Socket& socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // From the socket. A message that is not binary is a violation and ends the connection.
  void on_message(md::ByteView message);
  void on_text_message();
  // The socket is gone; the last call.
  void on_closed();

  // Stanzas that are sent before the handshake is over are dropped.
  void send(const md::Node& stanza);
  // At once, or when the client has had time to read the last words.
  void close(std::chrono::milliseconds linger = std::chrono::milliseconds(0));
  static constexpr std::chrono::milliseconds kLinger{100};
  // <stream:error code=… ><conflict type=…/></stream:error>, then the end of the stream.
  void end_stream(std::optional<std::uint32_t> code, std::string_view conflict = {});

  [[nodiscard]] bool is_open() const noexcept { return state_ == State::Open; }
  [[nodiscard]] md::DictionaryVersion dictionary() const noexcept { return version_; }
  [[nodiscard]] const md::PublicKey& noise_key() const noexcept { return noise_key_; }
  // For logs and violations: "#12 15550001001:1", without secrets.
  [[nodiscard]] std::string label() const;

  // Whose connection this is. The account is null until login, and during registration.
  Account* account = nullptr;
  std::uint16_t device_number = 0;
  std::unique_ptr<Registration> registration;
  bool delivered_backlog = false;

  // Null when nobody has logged in, or the device has been removed meanwhile.
  [[nodiscard]] Device* device() const;
  [[nodiscard]] std::string next_id();

 private:
  enum class State { Intro, Hello, Finish, Open, Closed };

  md::Status on_octets(md::ByteView octets);
  md::Status on_frame(md::ByteView frame);
  md::Status on_client(md::Responder::Client client);
  md::Status on_sealed(md::ByteView frame);
  void check_encoding(const md::Node& stanza, md::ByteView plain, const md::DecodeNotes& notes);
  void write(md::Bytes frame);
  void write_now(md::Bytes frame);
  void fail(const md::Status& status);

  Server& server_;
  Socket* socket_;  // Null once it is gone.
  const std::uint64_t number_;
  State state_ = State::Intro;
  md::Bytes intro_;
  md::DictionaryVersion version_ = md::DictionaryVersion::V3;
  md::FrameSplitter splitter_;
  std::optional<md::Responder> responder_;
  std::optional<md::Transport> transport_;
  md::PublicKey noise_key_{};
  md::Bytes merged_;      // Frames that wait for the end of this turn.
  bool holding_ = false;  // Frames wait until a slow client has its keys ready.
  std::vector<md::Bytes> held_;
  std::uint64_t sent_ids_ = 0;
};

}  // namespace waxwing::simulator
