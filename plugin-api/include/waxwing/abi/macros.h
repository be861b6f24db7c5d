/* SPDX-License-Identifier: Apache-2.0 */
/* Export, noexcept and slot-probing macros shared by every ABI header. */
#ifndef WAX_ABI_MACROS_H
#define WAX_ABI_MACROS_H

#if !defined(WAX_EXPORT)
#if defined(__GNUC__) || defined(__clang__)
#define WAX_EXPORT __attribute__((visibility("default")))
#else
#define WAX_EXPORT
#endif
#endif

/* A C++17 compiler makes noexcept part of the function type, so a plugin that
 * forgets it fails to compile instead of unwinding through foreign frames. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define WAX_NOEXCEPT noexcept
#else
#define WAX_NOEXCEPT
#endif

/* True when `p` (whose first member is struct_size) is long enough to hold
 * `member` and the member is set. Use it before every optional slot. */
#define WAX_HAS(p, type, member) \
  ((p) != 0 && (p)->struct_size >= offsetof(type, member) + sizeof((p)->member) && (p)->member != 0)

#endif /* WAX_ABI_MACROS_H */
