// SPDX-License-Identifier: Apache-2.0
// The control interface: tests and people act as phones, as the network and as a server that fails.
#pragma once

#include <functional>

#include "edge.hpp"

namespace waxwing::simulator {

class Server;
class Web;

// Every operation is in the OpenAPI document at /openapi.json; / shows them to people.
[[nodiscard]] OnHttp make_control(Server& server, Web& web);

}  // namespace waxwing::simulator
