// SPDX-License-Identifier: Apache-2.0
// The edge's protocol: header, Noise responder, sealed frames.
#include "connection.hpp"

#include <utility>

#include "multidevice/noise/intro.hpp"
#include "registration.hpp"
#include "server.hpp"

namespace waxwing::simulator {
namespace {

// Clients of dictionary 2 derive their keys in the background and lose what comes earlier.
constexpr std::chrono::milliseconds kOldClientPause{100};
// Clients give up after 20 s; the header is far smaller than this.
constexpr std::size_t kMaxIntroBytes = 1U << 16U;

}  // namespace

Connection::Connection(Server& server, Socket& socket)
    : server_(server), socket_(&socket), number_(server.next_connection_number()) {}

Connection::~Connection() = default;

Device* Connection::device() const {
  return account == nullptr ? nullptr : account->device(device_number);
}

std::string Connection::next_id() {
  return std::to_string(number_) + "." + std::to_string(++sent_ids_);
}

std::string Connection::label() const {
  std::string text = "#" + std::to_string(number_);
  if (account != nullptr) {
    text += " " + account->phone + ":" + std::to_string(device_number);
  }
  return text;
}

void Connection::on_message(md::ByteView message) {
  if (state_ == State::Closed) {
    return;
  }
  if (const md::Status status = on_octets(message); !status) {
    fail(status);
  }
}

void Connection::on_text_message() {
  server_.violate(*this, "transport.text_message", "a WebSocket message is not binary");
  close();
}

void Connection::on_closed() {
  socket_ = nullptr;
  state_ = State::Closed;
  server_.on_gone(*this);
}

void Connection::fail(const md::Status& status) {
  server_.violate(*this, "transport." + std::string(md::to_string(status.fault())),
                  status.message());
  close();
}

md::Status Connection::on_octets(md::ByteView octets) {
  if (state_ != State::Intro) {
    return splitter_.feed(octets, [this](md::ByteView frame) { return on_frame(frame); });
  }
  md::append(intro_, octets);
  if (intro_.size() > kMaxIntroBytes) {
    return md::malformed("the header is too long");
  }
  md::Reader reader(intro_);
  WAX_MD_TRY(const std::optional<md::Intro> intro, md::take_intro(reader));
  if (!intro) {
    return {};
  }
  const std::uint8_t dictionary = intro->header[3];
  if (dictionary != 2 && dictionary != 3) {
    return md::malformed("dictionary " + std::to_string(dictionary) + " is unknown");
  }
  version_ = dictionary == 2 ? md::DictionaryVersion::V2 : md::DictionaryVersion::V3;
  if (!intro->routing_info.empty() && !server_.is_routing_info(intro->routing_info)) {
    server_.violate(*this, "transport.routing_info", "the routing information is not ours");
  }
  responder_.emplace(server_.responder(intro->header));
  state_ = State::Hello;
  const md::Bytes rest = md::to_bytes(reader.rest());
  intro_ = {};
  return splitter_.feed(rest, [this](md::ByteView frame) { return on_frame(frame); });
}

md::Status Connection::on_frame(md::ByteView frame) {
  if (!server_.passes()) {
    return {};
  }
  switch (state_) {
    case State::Hello: {
      WAX_MD_TRY(md::Responder::Answer answer, responder_->on_client_hello(frame));
      WAX_MD_TRY(md::Bytes hello, md::encode_frame(answer.hello));
      write(std::move(hello));
      state_ = State::Finish;
      return answer.client ? on_client(std::move(*answer.client)) : md::Status::ok();
    }
    case State::Finish: {
      WAX_MD_TRY(md::Responder::Client client, responder_->on_client_finish(frame));
      return on_client(std::move(client));
    }
    case State::Open:
      return on_sealed(frame);
    default:
      return {};
  }
}

md::Status Connection::on_client(md::Responder::Client client) {
  noise_key_ = client.static_key;
  transport_.emplace(std::move(client.transport));
  responder_.reset();
  state_ = State::Open;
  if (version_ == md::DictionaryVersion::V2) {
    holding_ = true;
    server_.clock().after(kOldClientPause, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->holding_ = false;
        for (md::Bytes& frame : std::exchange(self->held_, {})) {
          self->write(std::move(frame));
        }
      }
    });
  }
  server_.on_client(*this, client.payload);
  return {};
}

md::Status Connection::on_sealed(md::ByteView frame) {
  WAX_MD_TRY(const md::Bytes plain, transport_->open(frame));
  md::DecodeNotes notes;
  WAX_MD_TRY(const md::Node stanza, md::decode(plain, version_, {}, &notes));
  check_encoding(stanza, plain, notes);
  server_.on_stanza(*this, stanza);
  return {};
}

void Connection::check_encoding(const md::Node& stanza, md::ByteView plain,
                                const md::DecodeNotes& notes) {
  if (notes.trailing_bytes != 0) {
    server_.violate(*this, "encoding.trailing", "octets behind the node");
  }
  if (notes.compressed) {
    server_.violate(*this, "encoding.compressed", "clients do not compress");
  }
  const md::Result<md::Bytes> again = md::encode(stanza, version_);
  if (!again || !std::equal(again->begin(), again->end(), plain.begin(), plain.end())) {
    server_.note_other_encoding(*this, stanza);
  }
}

void Connection::send(const md::Node& stanza) {
  if (state_ != State::Open) {
    return;
  }
  md::Result<md::Bytes> plain = md::encode(stanza, version_);
  if (plain && server_.faults().compress_nodes) {
    plain = md::compress(*plain);
  }
  if (!plain) {
    return fail(plain.error());
  }
  server_.record(*this, false, stanza);
  md::Result<md::Bytes> frame = transport_->seal(*plain);
  if (!frame) {
    return fail(frame.error());
  }
  if (holding_) {
    held_.push_back(std::move(*frame));
  } else {
    write(std::move(*frame));
  }
}

void Connection::write(md::Bytes frame) {
  if (!server_.passes()) {
    return;
  }
  const Faults& faults = server_.faults();
  if (faults.delay_ms != 0) {
    const std::chrono::milliseconds delay(faults.delay_ms);
    server_.clock().after(delay, [weak = weak_from_this(), frame = std::move(frame)]() mutable {
      if (const auto self = weak.lock()) {
        self->write_now(std::move(frame));
      }
    });
    return;
  }
  write_now(std::move(frame));
}

void Connection::write_now(md::Bytes frame) {
  if (socket_ == nullptr) {
    return;
  }
  const Faults& faults = server_.faults();
  if (faults.split_frames && frame.size() > 1) {
    // The first cut goes through the length, later ones through the middle.
    const auto cut = static_cast<std::ptrdiff_t>(frame.size() % 2 == 0 ? 2 : frame.size() / 2);
    socket_->send(md::Bytes(frame.begin(), frame.begin() + cut));
    socket_->send(md::Bytes(frame.begin() + cut, frame.end()));
    return;
  }
  if (!faults.merge_frames) {
    socket_->send(std::move(frame));
    return;
  }
  md::append(merged_, frame);
  if (merged_.size() == frame.size()) {
    server_.clock().after(std::chrono::milliseconds(0), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->socket_ != nullptr && !self->merged_.empty()) {
        self->socket_->send(std::exchange(self->merged_, {}));
      }
    });
  }
}

void Connection::close(std::chrono::milliseconds linger) {
  if (state_ == State::Closed) {
    return;
  }
  state_ = State::Closed;
  // Behind whatever still waits: pauses, delays, merged frames.
  const std::chrono::milliseconds pause =
      (holding_ ? kOldClientPause : std::chrono::milliseconds(0)) +
      std::chrono::milliseconds(server_.faults().delay_ms) + linger;
  server_.clock().after(pause, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->socket_ != nullptr) {
      for (md::Bytes& frame : std::exchange(self->held_, {})) {
        self->socket_->send(std::move(frame));
      }
      if (!self->merged_.empty()) {
        self->socket_->send(std::exchange(self->merged_, {}));
      }
      self->socket_->close();
    }
  });
}

void Connection::end_stream(std::optional<std::uint32_t> code, std::string_view conflict) {
  md::Node error("stream:error");
  error.set_if("code", code ? std::optional<std::uint64_t>(*code) : std::nullopt);
  if (!conflict.empty()) {
    error.add(md::Node("conflict").set("type", conflict));
  }
  send(error);
  send(md::Node("xmlstreamend"));
  close(kLinger);
}

}  // namespace waxwing::simulator
