#ifndef SEALED_OPEN_H
#define SEALED_OPEN_H
/*
 * What the verbs of `git vault secret` do before they give a value out: open
 * the safe by the keys of --identity, and tell the audit chain.
 */

#include <stddef.h>

#include "safe/inventory.h"

struct gv_audit_event;
struct gv_ctx;
struct gv_safe;
struct gv_secret;

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

/* Append the bytes of a value. As gv_safe_get(), with the id in the message. */
int gv_sealed_get(struct gv_secret *out, struct gv_safe *safe,
    const struct gv_inventory_value *v);

/* Append what a file holds; "-" is stdin. 0; GV_EREFUSED where it is larger
 * than any value; GV_ERROR; GV_ENOMEM. */
int gv_sealed_read(struct gv_secret *out, const char *path);

/* Write bytes to a new file that only its owner can read, or, where `path` is
 * NULL or "-", to stdout and through no buffer. 0; GV_EEXISTS; GV_ERROR. */
int gv_sealed_write(
    struct gv_ctx *ctx, const char *path, const struct gv_secret *s);

#endif
