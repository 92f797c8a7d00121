#ifndef GV_LAYER_PROFILE_H
#define GV_LAYER_PROFILE_H

#include <stddef.h>

/* Whether an expression of Spring over names of profiles ("prod & !eu", "dev |
 * test") holds where `profile` alone is active. 1 or 0; -1 where
 * it cannot be read. */
int gv_layer_profile_accepts(const char *text, size_t len, const char *profile);

#endif
