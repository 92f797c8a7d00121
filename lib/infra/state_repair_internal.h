#ifndef GV_STATE_REPAIR_INTERNAL_H
#define GV_STATE_REPAIR_INTERNAL_H
/* What planning a repair and giving its bytes share. */

#include "infra/state_internal.h"
#include "infra/state_repair.h"

enum { GV_STATE_FROM_OURS, GV_STATE_FROM_THEIRS, GV_STATE_FROM_GOOD };
#define GV_STATE_SOURCES 3

struct gv_state_composed;

/* Nothing yet, of these sources. 0 or GV_ENOMEM. */
int gv_state_composed_new(
    struct gv_state_composed **out, const struct gv_state_repair_what *what);

/* Append bytes of a source, or of our own, which must last. 0 or GV_ENOMEM. */
int gv_state_composed_slice(
    struct gv_state_composed *c, unsigned source, uint64_t at, uint64_t len);
int gv_state_composed_text(struct gv_state_composed *c, const char *text);

/* NULL-safe; wipes. */
void gv_state_composed_free(struct gv_state_composed *c);

#endif
