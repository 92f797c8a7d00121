#ifndef GV_SAFE_PLACEHOLDER_H
#define GV_SAFE_PLACEHOLDER_H
/*
 * A placeholder GITVAULT[RULE:ID] in a text that anybody may have written, such
 * as a layer of a configuration. Whoever can push puts any of them into any
 * file, so a value is opened only of the scope that the text's environment has,
 * or of the one that all share: that of prod does not come out of a file of
 * dev.
 *
 *	for (at = 0; gv_safe_placeholder_next(&p, text, len, at);
 *	     at = p.at + p.len)
 *		r = gv_safe_placeholder_open(reader, &secret, &scope, env,
 *		    &p.id);
 */

#include <stdbool.h>
#include <stddef.h>

#include "crypto/digest.h"
#include "crypto/secret.h"

struct gv_safe_reader;

struct gv_safe_placeholder {
	size_t at, len;
	struct gv_digest id;
};

/* The next one from a byte on. */
bool gv_safe_placeholder_next(
    struct gv_safe_placeholder *out, const char *text, size_t len, size_t from);

/* Append the value, and name its scope, which is `env` or GV_KEYRING_SHARED. 0;
 * as gv_safe_read(), and then nothing was appended: GV_ENOTFOUND where neither
 * scope has it, GV_ENOKEY where one has it and no key here opens it. `env` may
 * be NULL. */
int
gv_safe_placeholder_open(struct gv_safe_reader *reader, struct gv_secret *out,
    const char **scope, const char *env, const struct gv_digest *id);

#endif
