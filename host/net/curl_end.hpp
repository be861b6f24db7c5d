// SPDX-License-Identifier: Apache-2.0
// libcurl's failures as our reasons; inside of host/net only.
#pragma once

#include <curl/curl.h>

#include "net/end.hpp"

namespace waxwing::net {

// Of a transfer that is over. `proxied`: it went through a proxy.
[[nodiscard]] End end_of_transfer(CURL* easy, CURLcode code, bool proxied);

}  // namespace waxwing::net
