#ifndef SEALED_OPEN_H
#define SEALED_OPEN_H
/*
 * What the verbs of `git vault secret` do before they give a value out: open
 * the safe by the keys of --identity, and tell the audit chain.
 */

#include <stddef.h>

#include "crypto/digest.h"

struct gv_audit_event;
struct gv_ctx;
struct gv_safe;

/* The ids of values and their scopes, for an event. */
struct gv_sealed_ids {
	struct gv_digest *ids;
	const char **scopes; /* borrowed, each once */
	size_t n, cap, n_scopes, cap_scopes;
};

/* Add one. 0 or GV_ENOMEM. */
int gv_sealed_ids_add(
    struct gv_sealed_ids *all, const struct gv_digest *id, const char *scope);

/* Free; NULL-safe, zeroed ok. */
void gv_sealed_ids_release(struct gv_sealed_ids *all);

/* Open the safe. As gv_safe_open(). */
int gv_sealed_open(struct gv_safe **out, struct gv_ctx *ctx);

/* Add an event of these values to the audit chain, with the reason of --reason,
 * signed where the safe (it may be NULL) has a key for that. As gv_audit_add().
 */
int gv_sealed_tell(struct gv_ctx *ctx, struct gv_safe *safe,
    struct gv_audit_event *event, const struct gv_sealed_ids *of);

#endif
