// SPDX-License-Identifier: Apache-2.0
// wax.host.net of a FakeHost. Included by testing.hpp.
#pragma once

#include "../testing.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace testing {

// From the queue, or from a timer of the fake clock; `run` gets WAX_E_CANCELLED when the session
// ends before.
inline void FakeHost::post_later(FakeSession* session, std::int64_t delay_ms,
                                 std::function<void(wax_status)> run) {
  if (delay_ms <= 0) {
    post(session, std::move(run));
    return;
  }
  using Run = std::function<void(wax_status)>;
  timers_.push_back({now_ms_ + delay_ms, ++last_id_, session,
                     [](void* user, wax_status how) noexcept {
                       const std::unique_ptr<Run> fn(static_cast<Run*>(user));
                       (*fn)(how);
                     },
                     new Run(std::move(run)), true});
}

inline FakeSocket* FakeHost::socket(wax_ws* handle) {
  const auto id = reinterpret_cast<std::uint64_t>(handle);
  for (const auto& candidate : net.sockets) {
    if (candidate->id_ == id) {
      return candidate.get();
    }
  }
  problem("a WebSocket that never was");
  return nullptr;
}

inline void FakeSocket::accept(const Headers& headers) {
  host_.post_later(&owner_, host_.net.latency_ms, [this, headers](wax_status how) {
    if (how == WAX_OK && !over_ && !open_) {
      open_ = true;
      const std::vector<wax_header> raw = detail::raw_headers(headers);
      events_.opened(user_, raw.data(), static_cast<std::uint32_t>(raw.size()));
    }
  });
}

inline void FakeSocket::refuse(const std::string& reason, const std::string& text,
                               std::int32_t http_code) {
  fail(reason, text, http_code);
}

inline void FakeSocket::split(const std::string& octets, std::size_t piece) {
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    send(octets.substr(at, piece));
  }
}

inline void FakeSocket::deliver(const std::string& data, bool is_text) {
  host_.post_later(&owner_, host_.net.latency_ms, [this, data, is_text](wax_status how) {
    if (how != WAX_OK) {
      return;
    }
    held_.push_back([this, data, is_text] {
      // On the heap and of the exact size, so that reading beyond its end is found.
      const std::vector<std::uint8_t> copy(data.begin(), data.end());
      if (is_open()) {
        events_.message(user_, {copy.data(), copy.size()}, is_text ? 1 : 0);
      }
    });
    flush_held();
  });
}

inline void FakeSocket::flush_held() {
  while (!paused_ && !held_.empty()) {
    const std::function<void()> next = std::move(held_.front());
    held_.pop_front();
    next();
  }
}

inline void FakeSocket::make_room(std::size_t octets) {
  room += octets;
  if (std::exchange(refused_, false)) {
    host_.post(&owner_, [this](wax_status how) {
      if (how == WAX_OK && is_open() && events_.writable != nullptr) {
        events_.writable(user_);
      }
    });
  }
}

inline void FakeSocket::close(std::int32_t code, const std::string& reason) {
  host_.post_later(&owner_, host_.net.latency_ms, [this, code, reason](wax_status how) {
    if (how == WAX_OK) {
      held_.push_back([this, code, reason] { end(WAX_OK, code, 0, "", reason); });
      flush_held();
    }
  });
}

inline void FakeSocket::fail(const std::string& reason, const std::string& text,
                             std::int32_t http_code) {
  host_.post_later(&owner_, host_.net.latency_ms, [this, reason, text, http_code](wax_status how) {
    if (how == WAX_OK) {
      const wax_status status = reason == "timeout" ? WAX_E_TIMEOUT : WAX_E_UNAVAILABLE;
      end(status, open_ ? 1006 : 0, http_code, reason, text);
    }
  });
}

inline void FakeSocket::end(wax_status status, std::int32_t code, std::int32_t http_code,
                            const std::string& reason, const std::string& text) {
  over_ = true;
  open_ = false;
  held_.clear();
  if (std::exchange(told_, true)) {
    return;
  }
  wax_net_end raw{};
  raw.struct_size = sizeof raw;
  raw.status = status;
  raw.close_code = code;
  raw.http_code = http_code;
  raw.reason = str(reason);
  raw.text = str(text);
  events_.closed(user_, &raw);
}

inline void FakeHost::answer_http(FakeSession* session, const HttpReply& reply, wax_http_fn answer,
                                  void* user, const HttpCallRecord& call) {
  post_later(session, reply.delay_ms + net.latency_ms,
             [this, reply, answer, user, &call](wax_status how) {
               wax_net_end end{};
               end.struct_size = sizeof end;
               const bool cancelled = how != WAX_OK || call.cancelled;
               const std::string reason = cancelled ? "cancelled" : reply.failure;
               end.status = cancelled ? WAX_E_CANCELLED
                            : reply.failure.empty()
                                ? WAX_OK
                                : (reason == "timeout" ? WAX_E_TIMEOUT : WAX_E_UNAVAILABLE);
               end.reason = str(reason);
               if (end.status != WAX_OK) {
                 answer(user, &end, nullptr);
                 return;
               }
               const std::vector<wax_header> headers = detail::raw_headers(reply.headers);
               wax_http_response response{};
               response.struct_size = sizeof response;
               response.http_code = reply.code;
               response.headers = headers.data();
               response.headers_count = static_cast<std::uint32_t>(headers.size());
               response.body = reply.body.empty() ? nullptr : add_blob(reply.body);
               answer(user, &end, &response);
               if (response.body != nullptr) {
                 blob_table_.release(&host_, response.body);
               }
             });
}

inline void FakeHost::make_net_table() {
  wax_host_net& t = net_table_;
  t.struct_size = sizeof t;
  t.ws_open = [](const wax_host* h, wax_session* token, const wax_ws_options* raw,
                 const wax_ws_events* events, void* user) noexcept -> wax_ws* {
    FakeHost& self = of(h);
    FakeSession* s = self.find_running(token, "ws_open");
    if (s == nullptr) {
      return nullptr;
    }
    const auto o = detail::normalised<wax_ws_options>(raw);
    const std::uint64_t id = ++self.last_id_;
    self.net.sockets.emplace_back(new FakeSocket(self, *s, id));
    FakeSocket& far = self.net.last();
    far.session = s->name_;
    far.options.url = view(o.url);
    far.options.headers = detail::copy_headers(o.headers, o.headers_count);
    far.options.connect_timeout_ms = o.connect_timeout_ms;
    far.options.max_message_bytes = o.max_message_bytes;
    far.options.ping_interval_ms = o.ping_interval_ms;
    far.options.ca_pem = view(o.ca_pem);
    far.options.no_proxy = (o.flags & WAX_NET_NO_PROXY) != 0;
    far.events_ = detail::normalised<wax_ws_events>(events);
    far.user_ = user;
    self.post(s, [&self, &far](wax_status how) {
      if (how == WAX_OK && !far.over_ && self.net.on_open) {
        self.net.on_open(far);
      }
    });
    return reinterpret_cast<wax_ws*>(id);
  };
  t.ws_send = [](const wax_host* h, wax_ws* handle, wax_bytes data,
                 std::int32_t is_text) noexcept -> wax_status {
    FakeHost& self = of(h);
    FakeSocket* far = self.socket(handle);
    if (far == nullptr || !far->is_open()) {
      return WAX_E_STATE;
    }
    if (data.size > far->room) {
      far->refused_ = true;
      return WAX_E_UNAVAILABLE;
    }
    far->room -= static_cast<std::size_t>(data.size);
    far->sent.push_back({std::string(view(data)), is_text != 0});
    self.post(&far->owner_, [&self, far, copy = far->sent.back()](wax_status how) {
      if (how == WAX_OK && self.net.on_message) {
        self.net.on_message(*far, copy.data, copy.is_text);
      }
    });
    return WAX_OK;
  };
  t.ws_pause = [](const wax_host* h, wax_ws* handle, std::int32_t paused) noexcept {
    if (FakeSocket* far = of(h).socket(handle)) {
      far->paused_ = paused != 0;
      of(h).post(&far->owner_, [far](wax_status how) {
        if (how == WAX_OK) {
          far->flush_held();
        }
      });
    }
  };
  t.ws_close = [](const wax_host* h, wax_ws* handle, std::int32_t code, wax_str reason) noexcept {
    FakeHost& self = of(h);
    FakeSocket* far = self.socket(handle);
    if (far == nullptr || far->over_) {
      return;
    }
    far->over_ = true;
    far->close_code = code;
    far->close_reason = view(reason);
    self.post(&far->owner_, [&self, far, code](wax_status how) {
      far->end(how == WAX_OK ? WAX_OK : WAX_E_CANCELLED, code, 0, "", "");
      if (how == WAX_OK && self.net.on_close) {
        self.net.on_close(*far);
      }
    });
  };
  t.http = [](const wax_host* h, wax_session* token, const wax_http_request* raw,
              wax_http_fn answer, void* user) noexcept -> wax_http* {
    FakeHost& self = of(h);
    FakeSession* s = self.find_running(token, "http");
    if (s == nullptr) {
      return nullptr;
    }
    const auto r = detail::normalised<wax_http_request>(raw);
    self.net.calls.emplace_back();
    HttpCallRecord& call = self.net.calls.back();
    call.session = s->name_;
    call.request.url = view(r.url);
    call.request.method = view(r.method);
    call.request.headers = detail::copy_headers(r.headers, r.headers_count);
    call.request.deadline_ms = r.deadline_ms;
    call.request.max_response_bytes = r.max_response_bytes;
    call.request.ca_pem = view(r.ca_pem);
    call.request.no_proxy = (r.flags & WAX_NET_NO_PROXY) != 0;
    if (const StoredBlob* body = r.body ? self.blob(r.body, "http") : nullptr) {
      call.body = body->content;
      if (!body->sealed) {
        self.problem(*s, "a request's body is not sealed");
      }
    }
    self.post(s, [&self, s, answer, user, &call](wax_status how) {
      HttpReply reply;
      if (how == WAX_OK && !call.cancelled && self.net.on_http) {
        reply = self.net.on_http(call);
      }
      reply.delay_ms = call.cancelled ? 0 : reply.delay_ms;
      if (how == WAX_OK) {
        self.answer_http(s, reply, answer, user, call);
      } else {
        wax_net_end end{};
        end.struct_size = sizeof end;
        end.status = WAX_E_CANCELLED;
        answer(user, &end, nullptr);
      }
    });
    return reinterpret_cast<wax_http*>(&call);
  };
  t.http_cancel = [](const wax_host* h, wax_http* handle) noexcept {
    for (HttpCallRecord& call : of(h).net.calls) {
      call.cancelled = call.cancelled || reinterpret_cast<wax_http*>(&call) == handle;
    }
  };
}

// Called when a session ends: what is open is closed before the engine goes.
inline void FakeHost::end_sockets(FakeSession& session) {
  for (std::size_t i = 0; i < net.sockets.size(); ++i) {  // closed() may open another one
    FakeSocket* const far = net.sockets[i].get();
    if (&far->owner_ == &session && !far->told_) {
      far->end(WAX_E_CANCELLED, far->open_ ? 1006 : 0, 0, "cancelled", "the session is stopping");
    }
  }
}

}  // namespace testing
}  // namespace v1
}  // namespace waxwing::plugin
