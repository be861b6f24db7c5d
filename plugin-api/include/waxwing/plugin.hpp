// SPDX-License-Identifier: Apache-2.0
// The C++ SDK for engines: include this, derive from waxwing::plugin::Engine, WAX_ENGINE_MODULE.
#pragma once

#include "plugin/engine.hpp"
