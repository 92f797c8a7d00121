#ifndef SEALED_OUT_H
#define SEALED_OUT_H
/*
 * A sealed value as the verbs of `git vault secret` print it, never its bytes.
 */

#include "safe/inventory.h"

struct gv_ctx;
struct gv_json;

#define GV_SEALED_OUT_ID (2 * GV_DIGEST_BYTES + 1)

/* As many digits of its id as name it alone. */
void gv_sealed_out_id(
    char out[GV_SEALED_OUT_ID], const struct gv_inventory_value *v);

/* All digits of an id. */
void gv_sealed_out_hex(char out[GV_SEALED_OUT_ID], const struct gv_digest *id);

/* The rule by which it was found; "-" where no snapshot says. */
const char *gv_sealed_out_rule(const struct gv_inventory_value *v);

/* Visit the environments that its files belong to, each once, in order. */
void gv_sealed_out_environments(const struct gv_inventory_value *v,
    void (*fn)(void *ctx, const char *environment), void *ctx);

/* The members of a value, into the object that is open. */
void gv_sealed_out_json(struct gv_json *j, const struct gv_inventory *inv,
    const struct gv_inventory_value *v);

/* Say what could not be read; 3 where there is something, else 0. */
int gv_sealed_out_damaged(struct gv_ctx *ctx, const struct gv_inventory *inv);

#endif
