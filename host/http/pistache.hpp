// SPDX-License-Identifier: Apache-2.0
// The only include of Pistache.
//
// Used from it: Tcp::Listener (bind, accept thread), Aio::Reactor (worker threads, epoll),
// Tcp::Peer (an accepted socket) and the Tcp::Transport base class. Never used, because version
// 0.0.5 hangs, aborts or answers the wrong client there: Http::Endpoint, Rest::Router,
// ResponseWriter, ResponseStream, serveFile, Peer::send, useSSL, Http::Client.
#pragma once

#include <pistache/listener.h>
#include <pistache/peer.h>
#include <pistache/string_logger.h>
#include <pistache/tcp.h>
#include <pistache/transport.h>

// Macros that Pistache leaves behind and that collide easily.
#undef TRY
#undef TRY_RET
#undef unreachable
