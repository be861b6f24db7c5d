/* SPDX-License-Identifier: Apache-2.0 */
/* Umbrella of the plugin ABI's C headers. */
#ifndef WAX_ABI_H
#define WAX_ABI_H

#include "abi/engine.h"
#include "abi/entry.h"
#include "abi/event.h"
#include "abi/ext/blob.h"
#include "abi/ext/executor.h"
#include "abi/ext/log.h"
#include "abi/ext/metrics.h"
#include "abi/ext/net.h"
#include "abi/ext/paths.h"
#include "abi/ext/session.h"
#include "abi/proxy.h"
#include "abi/storage.h"

#endif
